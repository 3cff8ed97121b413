//! What the issuer remembers.

use std::collections::{HashMap, HashSet, VecDeque};

use jsonwebtoken::Algorithm;

use crate::keys::KeyRing;
use crate::oauth::{Code, Document, Question, RefreshToken, Registered};
use crate::record::Log;
use crate::settings::{Approval, User};
use crate::values::Secret;

/// One approval by a user, and everything issued from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct GrantId(u64);

#[derive(Debug)]
pub(crate) struct State {
    pub(crate) user: User,
    pub(crate) keys: KeyRing,
    pub(crate) clients: HashMap<String, Registered>,
    pub(crate) codes: HashMap<Secret, Code>,
    pub(crate) refresh_tokens: HashMap<Secret, RefreshToken>,
    /// Grants by the `jti` of the access tokens issued from them.
    pub(crate) issued: HashMap<String, GrantId>,
    /// How the next authorization requests end.
    pub(crate) approvals: VecDeque<Approval>,
    /// Authorization requests that wait for their user, by the tickets of their pages.
    pub(crate) questions: HashMap<Secret, Question>,
    /// Client metadata documents by their URLs.
    pub(crate) documents: HashMap<String, Document>,
    /// What tests have put at the URLs of such documents, instead of anybody's web server.
    pub(crate) published: HashMap<String, Vec<u8>>,
    pub(crate) log: Log,
    revoked: HashSet<GrantId>,
    /// Access tokens that were revoked one by one, by their `jti`.
    revoked_tokens: HashSet<String>,
    /// Assertions that were exchanged, by their `jti`.
    pub(crate) assertions: HashSet<String>,
    grants: u64,
}

impl State {
    pub(crate) fn new(user: User, algorithm: Algorithm) -> Self {
        Self {
            user,
            keys: KeyRing::new(algorithm),
            clients: HashMap::new(),
            codes: HashMap::new(),
            refresh_tokens: HashMap::new(),
            issued: HashMap::new(),
            approvals: VecDeque::new(),
            questions: HashMap::new(),
            documents: HashMap::new(),
            published: HashMap::new(),
            log: Log::default(),
            revoked: HashSet::new(),
            revoked_tokens: HashSet::new(),
            assertions: HashSet::new(),
            grants: 0,
        }
    }

    pub(crate) fn new_grant(&mut self) -> GrantId {
        self.grants += 1;
        GrantId(self.grants)
    }

    pub(crate) fn revoke(&mut self, grant: GrantId) {
        self.revoked.insert(grant);
    }

    pub(crate) fn is_revoked(&self, grant: GrantId) -> bool {
        self.revoked.contains(&grant)
    }

    pub(crate) fn revoke_token(&mut self, jti: &str) {
        self.revoked_tokens.insert(jti.to_owned());
    }

    /// Whether the access token with this `jti` was revoked, by itself or with its grant.
    pub(crate) fn is_token_revoked(&self, jti: &str) -> bool {
        let grant = self.issued.get(jti);
        self.revoked_tokens.contains(jti) || grant.is_some_and(|grant| self.is_revoked(*grant))
    }

    /// A client that is registered, or whose document was fetched.
    ///
    /// # Errors
    ///
    /// What is wrong with the document; nothing when there is none.
    pub(crate) fn client(&self, id: &str) -> Result<Registered, Option<String>> {
        if let Some(client) = self.clients.get(id) {
            return Ok(client.clone());
        }
        match self.documents.get(id) {
            Some(document) => document.client.clone().map_err(Some),
            None => Err(None),
        }
    }
}

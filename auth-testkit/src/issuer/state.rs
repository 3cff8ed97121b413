//! What the issuer remembers.

use std::collections::{HashMap, HashSet, VecDeque};

use jsonwebtoken::Algorithm;

use crate::keys::KeyRing;
use crate::oauth::{Code, RefreshToken, Registered};
use crate::record::RecordedRequest;
use crate::secret::Secret;
use crate::settings::User;

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
    /// Errors that the next authorization requests get.
    pub(crate) denials: VecDeque<String>,
    pub(crate) recorded: Vec<RecordedRequest>,
    revoked: HashSet<GrantId>,
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
            denials: VecDeque::new(),
            recorded: Vec::new(),
            revoked: HashSet::new(),
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
}

//! The state that the endpoints share: clients, codes, tokens and what was revoked.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::Arc;
use std::time::SystemTime;

use http::Request;
use url::Url;

use super::auth_method::AuthMethod;
use super::authorization_request::PendingConsent;
use super::byoa::LoginRequests;
use super::client::{self, RegisteredClient};
use super::client_metadata_document::{FetchedMetadata, vet_id};
use super::code::Code;
use super::grant::{Grant, GrantId};
use super::params::Params;
use super::rate_window::RateWindow;
use super::refresh::RefreshToken;
use super::user_consents::UserConsents;
use crate::api_key::ApiKeys;
use crate::auth_log::AuthLog;
use crate::event::{EventType, Events, Facts};
use crate::keys::SharedKeyRing;
use crate::scim::ScimDirectories;
use crate::session::{Login, Sessions};
use crate::settings::{Approval, Organization, Settings, User};
use crate::values::Secret;

/// What the issuer remembers between two requests.
#[derive(Debug)]
pub(crate) struct State {
    pub(crate) user: User,
    pub(crate) keys: SharedKeyRing,
    pub(crate) clients: HashMap<String, RegisteredClient>,
    pub(crate) codes: HashMap<Secret, Code>,
    pub(crate) refresh_tokens: HashMap<Secret, RefreshToken>,
    pub(crate) sessions: Sessions,
    pub(crate) events: Events,
    pub(crate) api_keys: ApiKeys,
    pub(crate) auth_log: AuthLog,
    /// The directories of organizations.
    pub(crate) scim: ScimDirectories,
    pub(crate) consents: UserConsents,
    /// The calls of the management API.
    pub(crate) management_calls: RateWindow,
    /// Grants by the `jti` of the access tokens issued from them.
    pub(crate) issued: HashMap<String, Arc<Grant>>,
    /// How the next authorization requests end.
    pub(crate) approvals: VecDeque<Approval>,
    /// Clients that may log in no more.
    pub(crate) forgotten: HashSet<String>,
    /// How clients must authenticate, by their ids; one that is not here may choose.
    pub(crate) auth_methods: HashMap<String, AuthMethod>,
    /// Authorization requests that wait for their user, by the tickets of their pages.
    pub(crate) pending_consents: HashMap<Secret, PendingConsent>,
    /// Authorization requests whose users are at the login page.
    pub(crate) login_requests: LoginRequests,
    /// Client metadata documents by their URLs.
    pub(crate) documents: HashMap<String, FetchedMetadata>,
    /// The documents that tests have published at such URLs: these are not fetched.
    pub(crate) published: HashMap<String, Vec<u8>>,
    revoked: HashSet<GrantId>,
    /// Access tokens that were revoked one by one, by their `jti`.
    revoked_tokens: HashSet<String>,
    /// Assertions that were exchanged, by their `jti`.
    pub(crate) assertions: HashSet<String>,
    grants: u64,
}

/// A client of the MCP server.
pub(crate) struct StoredClient {
    /// As it names itself.
    pub(crate) id: String,
    /// As the management API names it.
    pub(crate) issued_id: String,
    pub(crate) registered: RegisteredClient,
    /// Whether its metadata document describes it.
    pub(crate) is_document: bool,
}

impl StoredClient {
    /// Whether it has registered itself.
    pub(crate) fn is_dynamic(&self) -> bool {
        self.registered.registered_itself
    }
}

impl State {
    pub(crate) fn new(
        settings: &Settings,
        user: User,
        keys: SharedKeyRing,
        events: Events,
    ) -> Self {
        Self {
            user,
            keys,
            clients: HashMap::new(),
            codes: HashMap::new(),
            refresh_tokens: HashMap::new(),
            sessions: Sessions::default(),
            events,
            api_keys: ApiKeys::default(),
            auth_log: AuthLog::default(),
            scim: ScimDirectories::new(settings.directory.scim.clone()),
            consents: UserConsents::default(),
            management_calls: RateWindow::default(),
            issued: HashMap::new(),
            approvals: VecDeque::new(),
            forgotten: HashSet::new(),
            auth_methods: HashMap::new(),
            pending_consents: HashMap::new(),
            login_requests: LoginRequests::default(),
            documents: HashMap::new(),
            published: HashMap::new(),
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
        self.revoked_tokens.contains(jti) || grant.is_some_and(|grant| self.is_revoked(grant.id))
    }

    /// Opens the session of a login, and returns its id.
    pub(crate) fn log_in(
        &mut self,
        settings: &Settings,
        login: &Login<'_>,
        now: SystemTime,
    ) -> String {
        let id = self.sessions.open(login, now);
        self.note_session(settings, EventType::UserLogin, &id, now);
        id
    }

    /// Revokes a session, if it is active: its codes and refresh tokens are refused from now on, and its access tokens
    /// stay valid until they expire. Returns whether it was active.
    pub(crate) fn revoke_session(
        &mut self,
        settings: &Settings,
        id: &str,
        now: SystemTime,
    ) -> bool {
        let was_active = self.sessions.revoke(id, now).is_some();
        if was_active && settings.logout_event_of_revocation {
            self.note_session(settings, EventType::UserLogout, id, now);
        }
        was_active
    }

    /// The user of a session signs out; otherwise as [`revoke_session`](Self::revoke_session).
    pub(crate) fn end_session(&mut self, settings: &Settings, id: &str, now: SystemTime) -> bool {
        let was_active = self.sessions.log_out(id, now).is_some();
        if was_active {
            self.note_session(settings, EventType::UserLogout, id, now);
        }
        was_active
    }

    /// Notes what has happened to a session.
    fn note_session(&mut self, settings: &Settings, kind: EventType, id: &str, now: SystemTime) {
        let Some(session) = self.sessions.get(id) else {
            return;
        };
        let organization = session.organization.as_ref().map(Organization::of_id);
        let organization = organization.map(|named| settings.directory.described(&named));
        let facts = Facts {
            now,
            environment_id: &settings.environment_id(),
            organization: organization.as_ref(),
            user: &session.user,
            session: Some(session),
            name: None,
            active: true,
        };
        self.events.add(kind, &facts);
    }

    /// Removes a client with its codes and refresh tokens, and returns whether it was registered.
    pub(crate) fn delete_client(&mut self, client_id: &str) -> bool {
        let was_registered = self.clients.remove(client_id).is_some();
        self.auth_methods.remove(client_id);
        self.consents.remove_of_client(client_id);
        self.codes
            .retain(|_, code| code.grant.client_id != client_id);
        self.refresh_tokens
            .retain(|_, token| token.grant.client_id != client_id);
        was_registered
    }

    /// Deletes the consent of a user for a client, and the refresh tokens that come from the user's approvals.
    pub(crate) fn delete_consent(&mut self, sub: &str, client_id: &str) {
        self.consents.remove(sub, client_id);
        self.refresh_tokens
            .retain(|_, token| token.grant.user.sub != sub || token.grant.client_id != client_id);
    }

    /// The client metadata document that an authorization request needs and that is not here, or not fresh.
    pub(crate) fn missing_document(
        &self,
        settings: &Settings,
        request: &Request<Vec<u8>>,
        now: SystemTime,
    ) -> Option<Url> {
        if !settings.client_metadata_documents {
            return None;
        }
        let params = Params::of_query(request);
        let id = params
            .get("client_id")
            .filter(|_| !params.repeats("client_id"))?;
        let is_known = self.clients.contains_key(id);
        let fetched = self.documents.get(id);
        let is_fresh = fetched.is_some_and(|fetched| fetched.is_fresh(now));
        match is_known || is_fresh {
            true => None,
            false => vet_id(settings, id).ok(),
        }
    }

    /// Stores a client metadata document that was fetched, or why it could not be.
    pub(crate) fn store_document(
        &mut self,
        settings: &Settings,
        url: &Url,
        fetched: Result<Vec<u8>, String>,
        now: SystemTime,
    ) {
        let fetched = FetchedMetadata::new(settings, url.as_str(), fetched, now);
        self.documents.insert(url.as_str().to_owned(), fetched);
    }

    /// The clients of the MCP server: those that are registered, and those whose documents were fetched, by id.
    pub(crate) fn clients_of_resource(&self) -> Vec<StoredClient> {
        let stored = |id: &String, registered: &RegisteredClient| StoredClient {
            id: id.clone(),
            issued_id: client::issued_id(id),
            registered: registered.clone(),
            is_document: false,
        };
        let registered = self.clients.iter().map(|(id, client)| stored(id, client));
        let documents = self.documents.iter().filter_map(|(id, document)| {
            let client = document.client.as_ref().ok()?;
            Some(StoredClient {
                is_document: true,
                ..stored(id, client)
            })
        });
        let of_others = |id: &str| id.starts_with("skc_") || id.starts_with("m2morg_");
        let all = registered.chain(documents);
        let mut found: Vec<_> = all.filter(|client| !of_others(&client.id)).collect();
        found.sort_by(|one, other| one.id.cmp(&other.id));
        found
    }

    /// A client that is registered, or whose document was fetched.
    ///
    /// # Errors
    ///
    /// What is wrong with the document; nothing when there is none.
    pub(crate) fn client(&self, id: &str) -> Result<RegisteredClient, Option<String>> {
        if let Some(client) = self.clients.get(id) {
            return Ok(client.clone());
        }
        match self.documents.get(id) {
            Some(document) => document.client.clone().map_err(Some),
            None => Err(None),
        }
    }
}

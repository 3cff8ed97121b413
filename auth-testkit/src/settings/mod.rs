//! The settings of an issuer, fixed when it starts.

mod advertised_resource;
mod approval;
mod authorization_server;
mod changes;
mod directory;
mod environment;
mod event_order;
mod leniency;
mod login_page;
mod management_rate_limit;
mod misbehaviour;
mod refresh_tokens;
mod token_issuer;
mod trusted_issuer;
mod user;

use std::time::Duration;

use jsonwebtoken::Algorithm;

pub use approval::Approval;
pub(crate) use authorization_server::AuthorizationServer;
pub(crate) use changes::{Changes, Member};
pub(crate) use directory::{Access, MachineClient, Organization};
pub use directory::{Directory, DirectoryError, DirectoryFormat};
pub use event_order::EventOrder;
pub use leniency::Leniency;
pub(crate) use login_page::LoginPage;
pub use management_rate_limit::ManagementRateLimit;
pub use misbehaviour::{Misbehaviour, Reaction};
pub use refresh_tokens::RefreshTokens;
pub use token_issuer::TokenIssuer;
pub(crate) use trusted_issuer::TrustedIssuer;
pub(crate) use user::Membership;
pub use user::User;

use crate::values::id;

/// Scopes that belong to the sign-in itself; Scalekit allows them on every resource.
const IDENTITY_SCOPES: [&str; 4] = ["openid", "profile", "email", "offline_access"];

#[derive(Debug, Clone)]
pub(crate) struct Settings {
    /// Scheme, host and port; no path and no slash at the end.
    pub(crate) environment_url: String,
    pub(crate) resource_id: String,
    pub(crate) resource_url: Option<String>,
    pub(crate) scopes: Vec<String>,
    pub(crate) token_issuer: TokenIssuer,
    pub(crate) signing_algorithm: Algorithm,
    pub(crate) access_token_lifetime: Duration,
    pub(crate) refresh_tokens: RefreshTokens,
    /// For how long a refresh token that was exchanged may be exchanged again.
    pub(crate) refresh_grace: Duration,
    /// Whether a user's permissions limit the scopes.
    pub(crate) scopes_within_permissions: bool,
    /// Who there is; its users can be named by `login_hint`, beside the one who approves anyway.
    pub(crate) directory: Directory,
    /// What an administrator has changed since the start.
    pub(crate) changes: Changes,
    /// Where users log in, if it is a page of the customer's.
    pub(crate) login_page: Option<LoginPage>,
    pub(crate) leniencies: Vec<Leniency>,
    pub(crate) misbehaviours: Vec<Misbehaviour>,
    /// Whether a page asks the user.
    pub(crate) consent_page: bool,
    /// Whether client metadata documents are fetched.
    pub(crate) client_metadata_documents: bool,
    /// Whether the resource's metadata names the revocation endpoint.
    pub(crate) resource_revocation: bool,
    /// Identity providers whose assertions are exchanged for tokens.
    pub(crate) trusted: Vec<TrustedIssuer>,
    /// Whether `user.logout` is sent when a session is revoked by the API.
    pub(crate) logout_event_of_revocation: bool,
    pub(crate) event_order: EventOrder,
    /// None: any number of calls.
    pub(crate) management_rate_limit: Option<ManagementRateLimit>,
    pub(crate) dynamic_registration: bool,
    /// Whether redirect URIs may have a private-use scheme.
    pub(crate) private_use_redirects: bool,
    pub(crate) path_inserted_metadata: bool,
    /// Whether the mock is the MCP server, too.
    pub(crate) mcp_server: bool,
}

impl Settings {
    /// The user of this `sub` or e-mail address: one of the directory, or `usual`, who approves by default and stands for
    /// the directory's of the same `sub`.
    pub(crate) fn user<'a>(&'a self, usual: &'a User, name: &str) -> Option<&'a User> {
        let mut others = self.other_users(usual);
        let other = others.find(|user| user.sub == name || user.email == name);
        let is_usual = usual.sub == name || usual.email == name;
        other.or_else(|| is_usual.then_some(usual))
    }

    /// What a user may do now in one of the user's organizations, or in none.
    pub(crate) fn access(&self, user: &User, organization: Option<&str>) -> Access {
        self.directory.access(user, organization, &self.changes)
    }

    /// Whether a user is a member of an organization now.
    pub(crate) fn is_member(&self, user: &User, organization: &str) -> bool {
        match self.changes.member(user, organization) {
            _ if self.changes.is_deleted(organization) => false,
            Some(member) => matches!(member, Member::Active(_)),
            None => user.membership(organization).is_some(),
        }
    }

    /// Whether a user who had an organization has none any more.
    pub(crate) fn is_expelled(&self, user: &User) -> bool {
        !user.memberships.is_empty() && self.changes.applied(user).memberships.is_empty()
    }

    /// Whether a user is a member of an organization, be it an inactive one.
    pub(crate) fn is_listed(&self, user: &User, organization: &str) -> bool {
        match self.changes.member(user, organization) {
            Some(member) => member != Member::Removed && !self.changes.is_deleted(organization),
            None => self.is_member(user, organization),
        }
    }

    /// What is known of the first organization of a user.
    pub(crate) fn home_of(&self, user: &User) -> Option<Organization> {
        let user = self.changes.applied(user);
        let first = user.memberships.first();
        first.map(|membership| self.directory.described(&membership.organization))
    }

    /// The users of the directory beside this one.
    pub(crate) fn other_users(&self, usual: &User) -> impl Iterator<Item = &User> {
        let users = self.directory.users.iter();
        users.filter(|user| user.sub != usual.sub)
    }

    pub(crate) fn tolerates(&self, leniency: Leniency) -> bool {
        self.leniencies.contains(&leniency)
    }

    pub(crate) fn misbehaves(&self, misbehaviour: Misbehaviour) -> bool {
        self.misbehaviours.contains(&misbehaviour)
    }

    /// # Errors
    ///
    /// Names a misbehaviour of the MCP server when that is off.
    pub(crate) fn check_misbehaviours(&self) -> Result<(), String> {
        let mut misbehaviours = self.misbehaviours.iter();
        match misbehaviours.find(|one| one.needs_mcp_server() && !self.mcp_server) {
            None => Ok(()),
            Some(one) => Err(format!("misbehave: {one} needs mcp_server, which is off")),
        }
    }

    /// The authorization server that MCP servers advertise.
    pub(crate) fn issuer(&self) -> String {
        format!("{}/resources/{}", self.environment_url, self.resource_id)
    }

    /// The issuer identifier of an authorization server, as its metadata names it.
    pub(crate) fn issuer_of(&self, server: AuthorizationServer) -> String {
        match server {
            AuthorizationServer::Resource => self.issuer(),
            AuthorizationServer::Environment => self.environment_url.clone(),
        }
    }

    /// The `iss` of access tokens.
    pub(crate) fn token_iss(&self) -> String {
        match self.token_issuer {
            TokenIssuer::Environment => self.environment_url.clone(),
            TokenIssuer::Resource => self.issuer(),
        }
    }

    /// The id of the environment: `env_` and digits.
    pub(crate) fn environment_id(&self) -> String {
        id::derived("env", &self.environment_url)
    }

    pub(crate) fn keys_url(&self) -> String {
        format!("{}/keys", self.environment_url)
    }

    /// The URL of the mock's MCP server.
    pub(crate) fn mcp_url(&self) -> String {
        format!("{}/mcp", self.environment_url)
    }

    /// Where the metadata of the mock's MCP server is (RFC 9728 section 3.1).
    pub(crate) fn resource_metadata_url(&self) -> String {
        let well_known = "/.well-known/oauth-protected-resource";
        format!("{}{well_known}/mcp", self.environment_url)
    }

    pub(crate) fn consent_url(&self) -> String {
        format!("{}/oauth/consent", self.issuer())
    }

    pub(crate) fn token_endpoint(&self) -> String {
        format!("{}/oauth/token", self.issuer())
    }

    pub(crate) fn revocation_endpoint(&self) -> String {
        format!("{}/revoke", self.environment_url)
    }

    /// The `aud` of access tokens: the server URL when one is configured, and always the resource id.
    pub(crate) fn audience(&self) -> Vec<String> {
        let url = self.resource_url.iter().cloned();
        url.chain([self.resource_id.clone()]).collect()
    }

    pub(crate) fn is_resource_scope(&self, scope: &str) -> bool {
        self.scopes.iter().any(|known| known == scope)
    }
}

pub(crate) fn is_identity_scope(scope: &str) -> bool {
    IDENTITY_SCOPES.contains(&scope)
}

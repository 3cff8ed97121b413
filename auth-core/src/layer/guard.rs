//! [`Guard`]: what all requests of a layer share.

use std::sync::Arc;

use super::host::AllowedHosts;
use super::origin::AllowedOrigins;
use super::public::PublicRoutes;
use super::scope_strategy::ScopeStrategy;
use super::stream_rules::StreamRules;
use crate::audit::Recorder;
use crate::directory::Directory;
use crate::operation::BodyBudget;
use crate::policy::Authorizer;
use crate::policy::OperationPolicy;
use crate::policy::{AllOf, Policy, RequireScopes};
use crate::proof::ProofVerifier;
use crate::provider::PublicUrl;
use crate::provider::{AuthProvider, DocumentSource, PublicDocument};
use crate::revocation::{LiveSessions, Revocations};
use crate::session::SessionBinding;
use crate::support::Clock;
use crate::token::ScopeHierarchy;
use crate::verifier::VerifiedTokens;
use crate::wire::ChallengeWriter;

pub(crate) struct Guard {
    pub(super) provider: Arc<dyn AuthProvider>,
    pub(super) metadata_paths: Vec<String>,
    pub(super) metadata: PublicDocument,
    pub(super) documents: Vec<Arc<dyn DocumentSource>>,
    pub(super) challenges: ChallengeWriter,
    pub(super) hosts: AllowedHosts,
    pub(super) origins: AllowedOrigins,
    pub(super) public_routes: PublicRoutes,
    pub(super) anonymous: bool,
    pub(super) required: RequireScopes,
    pub(super) policies: AllOf<Box<dyn Policy>>,
    pub(super) operations: Option<OperationPolicy>,
    /// The memory for bodies of all requests without a token.
    pub(super) anonymous_bodies: Arc<BodyBudget>,
    pub(super) authorizers: Vec<Arc<dyn Authorizer>>,
    pub(super) hierarchy: ScopeHierarchy,
    pub(super) strategy: ScopeStrategy,
    pub(super) sessions: Option<SessionBinding>,
    /// `None` lets streams stay open after their token has expired.
    pub(super) streams: Option<StreamRules>,
    pub(super) passes_token_on: bool,
    pub(super) recorder: Recorder,
    pub(super) verified: Option<VerifiedTokens>,
    pub(super) proofs: Option<Box<dyn ProofVerifier>>,
    pub(super) revocations: Option<Arc<dyn Revocations>>,
    pub(super) live_sessions: Option<Box<dyn LiveSessions>>,
    /// Whether every request needs a live session, whichever operation it is about.
    pub(super) always_live: bool,
    pub(super) directory: Option<Box<dyn Directory>>,
    /// Whether every request needs the member that the caller is.
    pub(super) always_member: bool,
    pub(super) clock: Arc<dyn Clock>,
}

impl Guard {
    pub(super) fn resource(&self) -> &PublicUrl {
        &self.provider.metadata().resource
    }
}

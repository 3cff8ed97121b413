//! [`Cedar`]: the authorizer.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use cedar_policy::Authorizer as Engine;

use super::builder::CedarBuilder;
use super::decide::{Answer, Decider};
use super::policies::Policies;
use super::question::{Question, Template};
use super::schema::ServerSchema;
use super::tools::LeftOut;
use crate::policy::{AuthorizationRequest, Authorizer, Denied, NotAuthorized, PolicyRequest};
use crate::support::reload::{FileError, Reload, Reloaded};
use crate::token::VerifiedToken;

/// Decides by policies in the [Cedar](https://docs.cedarpolicy.com/) language. See the
/// [module](super) for what they can name.
///
/// Cheap to clone; clones share the policies.
#[derive(Clone)]
pub struct Cedar {
    shared: Arc<Shared>,
    policies: InForce,
}

/// What stays as it was at start.
struct Shared {
    engine: Engine,
    schema: Arc<ServerSchema>,
    templates: Vec<Template>,
    issuers: Issuers,
    sees_arguments: bool,
}

/// The issuers that policies are about.
pub(super) struct Issuers(pub(super) Vec<Arc<str>>);

/// The policies in force.
#[derive(Clone)]
pub(super) enum InForce {
    Fixed(Arc<Policies>),
    File(Reloaded<Policies>),
}

impl Cedar {
    /// Settings without tools and policies.
    pub fn builder() -> CedarBuilder {
        CedarBuilder::new()
    }

    pub(super) fn new(
        schema: Arc<ServerSchema>,
        templates: Vec<Template>,
        issuers: Issuers,
        policies: InForce,
        sees_arguments: bool,
    ) -> Self {
        let shared = Shared {
            engine: Engine::new(),
            schema,
            templates,
            issuers,
            sees_arguments,
        };
        Self {
            shared: Arc::new(shared),
            policies,
        }
    }

    /// The arguments of tools that policies cannot see.
    #[must_use]
    pub fn left_out(&self) -> &[LeftOut] {
        &self.shared.schema.left_out
    }

    /// The schema that policies are validated against, for editors and for `cedar validate`.
    #[must_use]
    pub fn schema(&self) -> &str {
        &self.shared.schema.text
    }

    /// The name of the version of the [file](CedarBuilder::policy_file) that is in force: the first
    /// twelve digits that `sha256sum` prints for it. `None` for policies that were set as text.
    #[must_use]
    pub fn version(&self) -> Option<String> {
        self.policies.file().map(Reloaded::version)
    }

    /// Reads the file after each [interval](CedarBuilder::poll_every), until all clones are dropped. What
    /// it finds is logged: a faulty new file leaves the old one in force. For policies that were set as
    /// text it ends at once. Call this, and spawn it, on a tokio runtime.
    pub fn watch(&self) -> impl Future<Output = ()> + Send + use<> {
        let watched = self.policies.file().map(Reloaded::watch);
        async {
            if let Some(watched) = watched {
                watched.await;
            }
        }
    }

    /// Reads the file now, for the handler of a signal, on a thread for blocking work. Call this on a
    /// tokio runtime.
    ///
    /// # Errors
    ///
    /// [`FileError`] if the file cannot be used; then the old version stays in force.
    pub async fn reload_now(&self) -> Result<Reload, FileError> {
        match self.policies.file() {
            Some(file) => file.reload_now().await,
            None => Ok(Reload::Unchanged),
        }
    }

    /// The answer about a request.
    ///
    /// # Errors
    ///
    /// Why Cedar cannot be asked about it.
    fn answer(&self, request: &PolicyRequest<'_>) -> Result<Answer, String> {
        let policies = self.policies.current();
        self.with_decider(request, &policies, |decider| decider.decide())
    }

    fn with_decider<T>(
        &self,
        request: &PolicyRequest<'_>,
        policies: &Policies,
        ask: impl FnOnce(Decider<'_>) -> Result<T, String>,
    ) -> Result<T, String> {
        let shared = &*self.shared;
        let id = shared.issuers.id_of(request.token())?;
        let question = Question::new(&shared.schema, &shared.templates, request, &id, policies)?;
        ask(Decider {
            engine: &shared.engine,
            question: &question,
            granted: request.token().scopes(),
            hierarchy: request.hierarchy(),
        })
    }
}

impl InForce {
    /// The version that decides the whole of a request.
    fn current(&self) -> Arc<Policies> {
        match self {
            Self::Fixed(policies) => Arc::clone(policies),
            Self::File(file) => file.current(),
        }
    }

    fn file(&self) -> Option<&Reloaded<Policies>> {
        match self {
            Self::Fixed(_) => None,
            Self::File(file) => Some(file),
        }
    }
}

impl Issuers {
    /// The id of a caller.
    fn id_of(&self, token: &VerifiedToken) -> Result<String, String> {
        let issuer = token.canonical_issuer();
        match &self.0[..] {
            [only] if **only == *issuer => Ok(token.subject().to_owned()),
            [_, _, ..] if self.0.iter().any(|known| **known == *issuer) => {
                Ok(format!("{issuer}|{}", token.subject()))
            }
            _ => Err("the policies are not about the issuer of the token".to_owned()),
        }
    }
}

#[async_trait]
impl Authorizer for Cedar {
    fn needs_arguments(&self) -> bool {
        self.shared.sees_arguments
    }

    async fn authorize(&self, request: AuthorizationRequest<'_>) -> Result<(), NotAuthorized> {
        // What cannot be asked is refused.
        let answer = self
            .answer(&request)
            .map_err(|why| Denied::Forbidden(why.into()))?;
        for policy in &answer.policies {
            request.record_policy(policy.as_ref());
        }
        answer.result.map_err(NotAuthorized::from)
    }

    fn snapshot(&self) -> Option<Arc<dyn Authorizer>> {
        let file = self.policies.file()?;
        Some(Arc::new(Self {
            policies: InForce::Fixed(file.current()),
            ..self.clone()
        }))
    }

    fn shows(&self, request: &PolicyRequest<'_>) -> bool {
        let policies = self.policies.current();
        let shown = self.with_decider(request, &policies, |decider| decider.shows());
        shown.unwrap_or(false)
    }
}

impl fmt::Debug for Cedar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cedar")
            .field("schema", &self.shared.schema)
            .finish_non_exhaustive()
    }
}

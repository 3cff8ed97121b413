//! Readiness: whether a server has what it needs to verify tokens. A running process is alive; it
//! is ready once it has the keys of its issuers.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::AuthLayer;
use crate::error::ErrorChain;
use crate::revocation::Revocations;
use crate::support::{BoxFuture, join_all};
use crate::verifier::TokenVerifier;
use crate::verifier::Unavailable;

/// The readiness of all endpoints of a server, for its one `/ready` route.
///
/// Ready means that every endpoint can verify tokens now. The process is alive as soon as it
/// responds, and a restart does not help if an issuer is unavailable. Therefore `/health`
/// (liveness) responds with 200 without checking anything, and `/ready` checks this.
///
/// # Example
///
/// ```
/// use auth_core::layer::AuthLayer;
/// use auth_core::layer::Readiness;
/// use http::StatusCode;
///
/// # fn layers() -> Vec<AuthLayer> { Vec::new() }
/// # async fn demo() {
/// let readiness = Readiness::new().endpoints(&layers());
/// // In the handler of GET /ready, which may be called every second:
/// let status = match readiness.check().await {
///     Ok(()) => StatusCode::OK,
///     Err(_) => StatusCode::SERVICE_UNAVAILABLE,
/// };
/// # let _ = status; }
/// ```
#[derive(Debug, Clone, Default)]
pub struct Readiness(Vec<Part>);

/// An endpoint that is checked.
#[derive(Debug, Clone)]
struct Part {
    name: String,
    verifier: Arc<dyn TokenVerifier>,
    revocations: Option<Arc<dyn Revocations>>,
}

impl Part {
    fn ready(&self) -> BoxFuture<'_, Result<(), Unavailable>> {
        Box::pin(async {
            if let Some(revocations) = &self.revocations {
                revocations.ready()?;
            }
            self.verifier.ready().await
        })
    }
}

impl Readiness {
    /// Without endpoints, which is ready.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds the provider and the revocations of a layer, under the name of its resource.
    #[must_use]
    pub fn endpoint(mut self, layer: &AuthLayer) -> Self {
        let provider = layer.provider();
        self.0.push(Part {
            name: provider.metadata().resource.to_string(),
            verifier: provider,
            revocations: layer.revocations(),
        });
        self
    }

    /// Adds the provider of each of these layers.
    #[must_use]
    pub fn endpoints<'a>(self, layers: impl IntoIterator<Item = &'a AuthLayer>) -> Self {
        layers.into_iter().fold(self, Self::endpoint)
    }

    /// Adds a verifier that is behind no layer of this process, under a name for logs.
    #[must_use]
    pub fn verifier(mut self, name: impl Into<String>, verifier: impl TokenVerifier) -> Self {
        self.0.push(Part {
            name: name.into(),
            verifier: Arc::new(verifier),
            revocations: None,
        });
        self
    }

    /// Checks all endpoints concurrently; see [`TokenVerifier::ready`] for the cost.
    ///
    /// # Errors
    ///
    /// [`NotReady`] with every endpoint that is not. Its `Display` is for logs: it may contain
    /// internal addresses.
    pub async fn check(&self) -> Result<(), NotReady> {
        let asked = self.0.iter().map(Part::ready);
        let answers = join_all(asked.collect()).await;
        let parts = self.0.iter().zip(answers);
        let unready: Vec<_> = parts
            .filter_map(|(part, answer)| Some((part.name.clone(), answer.err()?)))
            .collect();
        if unready.is_empty() {
            Ok(())
        } else {
            Err(NotReady(unready))
        }
    }
}

/// The endpoints that cannot verify tokens now; `Display` has one per line.
#[derive(Clone)]
pub struct NotReady(Vec<(String, Unavailable)>);

impl NotReady {
    /// Each endpoint, with the cause.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Unavailable)> {
        self.0.iter().map(|(name, why)| (name.as_str(), why))
    }

    /// When to check again: the longest `retry_after` of these endpoints.
    #[must_use]
    pub fn retry_after(&self) -> Duration {
        let waits = self.iter().map(|(_, why)| why.retry_after());
        waits.max().unwrap_or_default()
    }
}

impl fmt::Display for NotReady {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, (name, why)) in self.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            write!(f, "{name} is not ready: {}", ErrorChain(why))?;
        }
        Ok(())
    }
}

/// As `Display`: Rust prints an error that `main` returns by its `Debug`.
impl fmt::Debug for NotReady {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for NotReady {}

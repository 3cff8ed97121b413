//! One issuer, one provider for it, one clock.

use std::sync::Arc;
use std::time::Duration;

use auth_core::{AccessToken, AuthProvider, BearerToken, Clock, VerifyError, VerifyRequest};
use tokio::task::JoinHandle;

use crate::{MockScalekit, TestClock, TokenBuilder};

/// How long a provider may take to answer, in real time.
const PATIENCE: Duration = Duration::from_secs(10);

pub(super) struct Stand<P> {
    pub(super) scalekit: MockScalekit,
    pub(super) clock: TestClock,
    pub(super) provider: Arc<P>,
}

/// What a provider said of a token.
#[derive(Debug)]
pub(super) enum Verdict {
    Accepted(Box<AccessToken>),
    Refused(VerifyError),
    /// It panicked, or took too long: never right.
    Failed(&'static str),
}

impl<P: AuthProvider> Stand<P> {
    pub(super) async fn start(provider: &impl AsyncFn(&MockScalekit) -> P) -> Self {
        let clock = TestClock::new();
        let scalekit = MockScalekit::builder()
            .resource_url("http://127.0.0.1:8000/mcp")
            .clock(clock.clone())
            .start()
            .await;
        let provider = Arc::new(provider(&scalekit).await);
        Self {
            scalekit,
            clock,
            provider,
        }
    }

    /// A good token.
    pub(super) fn good(&self) -> TokenBuilder {
        self.scalekit.token()
    }

    /// Asks the provider, in a task of its own.
    pub(super) fn ask(&self, token: String) -> JoinHandle<Verdict> {
        let (provider, now) = (Arc::clone(&self.provider), self.clock.now());
        tokio::spawn(async move {
            let Some(bearer) = BearerToken::new(&token) else {
                // What no header can carry never gets to a provider.
                return Verdict::Refused(auth_core::InvalidReason::Other.into());
            };
            let verified = provider.verify(VerifyRequest::new(bearer, now));
            match tokio::time::timeout(PATIENCE, verified).await {
                Err(_) => Verdict::Failed("took more than ten seconds"),
                Ok(Ok(token)) => Verdict::Accepted(Box::new(token)),
                Ok(Err(error)) => Verdict::Refused(error),
            }
        })
    }

    pub(super) async fn verdict(&self, token: impl Into<String>) -> Verdict {
        let asked = self.ask(token.into()).await;
        asked.unwrap_or(Verdict::Failed("made the provider panic"))
    }

    /// # Errors
    ///
    /// What was seen when the token is not accepted.
    pub(super) async fn accept(&self, what: &str, token: String) -> Result<AccessToken, String> {
        match self.verdict(token).await {
            Verdict::Accepted(token) => Ok(*token),
            other => Err(format!("{what} {}", other.told())),
        }
    }

    /// # Errors
    ///
    /// What was seen when the token is accepted, or the provider fails.
    pub(super) async fn refuse(&self, what: &str, token: String) -> Result<VerifyError, String> {
        match self.verdict(token).await {
            Verdict::Refused(error) => Ok(error),
            other => Err(format!("{what} {}", other.told())),
        }
    }

    /// The control: a good token, before anything is done to the issuer.
    pub(super) async fn accept_control(&self) -> Result<AccessToken, String> {
        self.accept("a good token", self.good().sign()).await
    }
}

impl Verdict {
    pub(super) fn told(&self) -> &'static str {
        match self {
            Self::Accepted(_) => "was accepted",
            Self::Refused(VerifyError::Invalid(_)) => "was refused as invalid",
            Self::Refused(VerifyError::Unavailable(_)) => "was met with unavailable",
            Self::Failed(how) => how,
        }
    }
}

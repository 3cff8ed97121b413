//! What a rule is checked with: one issuer, one provider for it, one clock.

use std::sync::Arc;
use std::time::Duration;

use auth_core::provider::AuthProvider;
use auth_core::support::Clock;
use auth_core::token::{BearerToken, VerifiedToken};
use auth_core::verifier::{RequestHead, TokenVerifier, VerifyError, VerifyRequest};
use http::request::Parts;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::setup;
use super::verdict::{Refused, Verdict};
use crate::fault::Gate;
use crate::settings::TokenIssuer;
use crate::{ApiKey, ApiKeyDraft, Endpoint, KeyDefect, MockScalekit, TestClock, TokenBuilder};

/// How long a provider may take to be built, and to answer, in real time.
const PATIENCE: Duration = Duration::from_secs(10);

/// After this time without a fetch, keys that a provider has must be of no use any more.
const STALE: Duration = Duration::from_secs(7200);

pub(super) struct Harness<P> {
    pub(super) scalekit: MockScalekit,
    pub(super) clock: TestClock,
    pub(super) provider: Arc<P>,
}

impl<P: AuthProvider> Harness<P> {
    /// # Errors
    ///
    /// When the provider is not built in time.
    pub(super) async fn start(provider: &impl AsyncFn(&MockScalekit) -> P) -> Result<Self, String> {
        let clock = TestClock::new();
        let scalekit = setup::issuer(&clock).await;
        let Ok(provider) = timeout(PATIENCE, provider(&scalekit)).await else {
            return Err("building the provider took more than ten seconds".to_owned());
        };
        Ok(Self {
            scalekit,
            clock,
            provider: Arc::new(provider),
        })
    }

    /// A valid token.
    pub(super) fn good(&self) -> TokenBuilder {
        self.scalekit.token()
    }

    /// Creates an API key.
    pub(super) fn create(&self, draft: ApiKeyDraft) -> ApiKey {
        self.scalekit.admin().create_api_key(draft)
    }

    /// A valid API key, which is new.
    pub(super) fn key(&self) -> ApiKey {
        self.create(setup::key())
    }

    /// A string that is no valid API key.
    pub(super) fn defective(&self, defect: KeyDefect) -> String {
        defect.string_of(&self.scalekit, setup::key())
    }

    /// Verifies a credential with the provider, in a separate task.
    pub(super) fn ask(&self, token: String) -> JoinHandle<Verdict> {
        self.ask_of(Arc::clone(&self.provider), token)
    }

    /// Asks another verifier in the same way.
    pub(super) fn ask_of<V: TokenVerifier>(
        &self,
        verifier: Arc<V>,
        token: String,
    ) -> JoinHandle<Verdict> {
        let head = http::Request::new(()).into_parts().0;
        self.ask_with_head(verifier, token, head)
    }

    /// The same about a request with this head.
    pub(super) fn ask_with_head<V: TokenVerifier>(
        &self,
        verifier: Arc<V>,
        token: String,
        head: Parts,
    ) -> JoinHandle<Verdict> {
        let now = self.clock.now();
        tokio::spawn(async move {
            let Some(bearer) = BearerToken::new(&token) else {
                // What no header can carry never gets to a provider.
                let reason = auth_core::verifier::InvalidReason::Other;
                return Verdict::Refused(Refused::new(reason.into(), &token));
            };
            let request = VerifyRequest::new(bearer, now).with_head(RequestHead::of(&head));
            let verified = verifier.verify(request);
            match timeout(PATIENCE, verified).await {
                Err(_) => Verdict::TooLate,
                Ok(Ok(token)) => Verdict::Accepted(Box::new(token)),
                Ok(Err(error)) => Verdict::Refused(Refused::new(error, &token)),
            }
        })
    }

    pub(super) async fn verdict(&self, token: impl Into<String>) -> Verdict {
        let asked = self.ask(token.into()).await;
        asked.unwrap_or(Verdict::Panicked)
    }

    /// # Errors
    ///
    /// What was seen when the credential is not accepted.
    pub(super) async fn accept(&self, what: &str, token: String) -> Result<VerifiedToken, String> {
        match self.verdict(token).await {
            Verdict::Accepted(token) => Ok(*token),
            other => Err(format!("{what} {}", other.described())),
        }
    }

    /// # Errors
    ///
    /// What was seen when the credential is accepted, or the provider fails.
    pub(super) async fn refuse(&self, what: &str, token: String) -> Result<VerifyError, String> {
        match self.verdict(token).await {
            Verdict::Refused(refused) => Ok(refused.error),
            other => Err(format!("{what} {}", other.described())),
        }
    }

    /// The control: a valid token, before anything is done to the issuer.
    ///
    /// # Errors
    ///
    /// Why it is not accepted, and what to change where that is known.
    pub(super) async fn accept_control(&self) -> Result<VerifiedToken, String> {
        match self.verdict(self.good().sign()).await {
            Verdict::Accepted(token) => Ok(*token),
            other => Err(format!(
                "a valid token {}{}",
                other.described(),
                self.hint().await
            )),
        }
    }

    /// The control of providers of API keys.
    ///
    /// # Errors
    ///
    /// Why the key is not accepted, and what the provider must be built with.
    pub(super) async fn accept_control_key(&self) -> Result<VerifiedToken, String> {
        let verdict = self.verdict(self.key().expose()).await;
        let Verdict::Accepted(token) = verdict else {
            return Err(format!(
                "a valid key {}; build the provider with what conformance::api_keys has: the client {}, and the \
                 organization {}",
                verdict.described(),
                setup::CLIENT_ID,
                setup::ORGANIZATION
            ));
        };
        Ok(*token)
    }

    /// What to change in a provider that refuses valid tokens, if it accepts those of the other issuer.
    async fn hint(&self) -> String {
        let other = self.good().issuer_form(TokenIssuer::Resource);
        match self.verdict(other.sign()).await {
            Verdict::Accepted(_) => format!(
                "; it accepts tokens of issuer() ({}), and tokens name environment_url() ({}): build the \
                 provider with environment_url(), or with both",
                self.scalekit.issuer(),
                self.scalekit.environment_url()
            ),
            _ => String::new(),
        }
    }

    /// The verdict of the provider on a valid token while keys are unavailable. If it has fetched keys ahead, time
    /// is advanced until they are too old.
    pub(super) async fn without_keys(&self) -> Verdict {
        match self.verdict(self.good().sign()).await {
            Verdict::Accepted(_) => {
                self.clock.advance(STALE);
                self.verdict(self.good().sign()).await
            }
            other => other,
        }
    }

    /// Asks with all these tokens at once, and returns when the provider fetches its keys, which are
    /// held back until the gate is released. Keys that it has fetched ahead are too old first.
    ///
    /// # Errors
    ///
    /// What was seen when the provider answers without a request for keys.
    pub(super) async fn fetching(
        &self,
        tokens: impl Fn() -> Vec<String>,
    ) -> Result<Fetching, String> {
        let mut before = self.scalekit.key_fetches();
        let gate = self.scalekit.hold(Endpoint::Keys);
        let mut asked = self.ask_all(tokens());
        let mut answered = first_answer(&gate, &mut asked).await;
        if let Some(Verdict::Accepted(_)) = answered {
            asked.iter().for_each(JoinHandle::abort);
            before = self.scalekit.key_fetches();
            self.clock.advance(STALE);
            asked = self.ask_all(tokens());
            answered = first_answer(&gate, &mut asked).await;
        }
        match answered {
            None => Ok(Fetching {
                before,
                gate,
                asked,
            }),
            Some(verdict) => {
                asked.iter().for_each(JoinHandle::abort);
                let described = verdict.described();
                Err(format!(
                    "a valid token {described}, and the provider has not asked for keys"
                ))
            }
        }
    }

    fn ask_all(&self, tokens: Vec<String>) -> Vec<JoinHandle<Verdict>> {
        tokens.into_iter().map(|token| self.ask(token)).collect()
    }
}

/// Callers who wait while keys are being fetched.
pub(super) struct Fetching {
    /// The number of fetches before.
    pub(super) before: usize,
    pub(super) gate: Gate,
    pub(super) asked: Vec<JoinHandle<Verdict>>,
}

/// The answer to the first of the callers, if that comes before the gate is reached. Answers are bounded in
/// time, so this is.
pub(super) async fn first_answer(
    gate: &Gate,
    asked: &mut [JoinHandle<Verdict>],
) -> Option<Verdict> {
    let first = async {
        match asked.first_mut() {
            Some(first) => first.await.unwrap_or(Verdict::Panicked),
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        () = gate.reached_by(1) => None,
        verdict = first => Some(verdict),
    }
}

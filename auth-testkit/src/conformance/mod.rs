//! The rules that every [`AuthProvider`] must keep, whichever issuer's tokens it verifies, and those for providers of
//! [API keys](api_keys).
//!
//! ```
//! # async fn example<P: auth_core::provider::AuthProvider>(
//! #     build: impl Fn(&str, &str, &str, std::sync::Arc<dyn auth_core::support::Clock>) -> P,
//! # ) {
//! use auth_testkit::conformance;
//!
//! conformance::run(async |scalekit| {
//!     // A provider for this issuer, resource and key set, on the issuer's clock.
//!     build(
//!         scalekit.environment_url(),
//!         scalekit.resource_id(),
//!         scalekit.keys_url(),
//!         scalekit.clock(),
//!     )
//! })
//! .await;
//! # }
//! ```
//!
//! Tokens name [`environment_url()`](MockScalekit::environment_url) as their issuer, as live ones do, and
//! not [`issuer()`](MockScalekit::issuer), which the metadata names; `aud` holds
//! [`resource_id()`](MockScalekit::resource_id) and `http://127.0.0.1:8000/mcp`. A provider that refuses a
//! valid token is reported at once, with the provider's reason, and no rule is tried. Each rule runs with a
//! new issuer and a new provider, which may have fetched its keys ahead.
//! A JWT need not name its key (`kid` is optional, RFC 7515 section 4.1.4), and a provider may accept one
//! without while the issuer has one key. The suite treats that as a defect: it is one as soon as the issuer has
//! two keys. Such a provider needs the exception [`Suite::expect_accepted`]`(Defect::WithoutKid)`, and one that
//! requires a `kid` needs none.
//!
//! A rule that cannot be tried with the credentials of the provider is reported as not applicable, with the reason.
//!
//! Use tokio's real time. Building a provider and each of its answers may take ten seconds, a rule two
//! minutes in all: whatever a provider does, the suite ends, unless it blocks the thread. Most of the time is spent
//! waiting until the provider gives up on keys that never arrive.

mod access_tokens;
pub mod api_keys;
mod availability;
mod credential;
mod harness;
mod heads;
mod keys;
mod report;
mod reuse;
mod rule;
mod setup;
mod tokens;
mod verdict;

use std::time::Duration;

use auth_core::provider::AuthProvider;

use crate::{Defect, MockScalekit};
use credential::Credential;
use harness::Harness;
use report::Finding;
pub use report::Report;
pub use rule::Rule;

/// How long a rule may take in all, in real time.
const LIMIT: Duration = Duration::from_secs(120);

/// Checks a provider of access tokens against all rules.
///
/// # Panics
/// When the provider breaks rules: the message names them and what was observed. When it refuses a valid token: the
/// message has the provider's reason and, where known, what to change.
pub async fn run<P: AuthProvider>(provider: impl AsyncFn(&MockScalekit) -> P) {
    Suite::new().run(provider).await;
}

/// The rules to check, and the known exceptions of a provider.
#[derive(Debug, Clone, Default)]
pub struct Suite {
    credential: Credential,
    accepted: Vec<Defect>,
    broken: Vec<Rule>,
    /// None: all.
    only: Option<Vec<Rule>>,
}

impl Suite {
    /// All rules for providers of access tokens, without exceptions.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// All rules for providers of API keys, without exceptions. [`api_keys`] has what to build the provider with. One that
    /// takes access tokens too is checked with both suites.
    #[must_use]
    pub fn for_api_keys() -> Self {
        Self {
            credential: Credential::ApiKey,
            ..Self::default()
        }
    }

    /// The provider accepts tokens with this defect on purpose. If it refuses them, that is
    /// reported: the exception is no longer needed.
    #[must_use]
    pub fn expect_accepted(mut self, defect: Defect) -> Self {
        self.accepted.push(defect);
        self
    }

    /// The provider is known to break this rule. If it keeps the rule, that is reported.
    #[must_use]
    pub fn expect_broken(mut self, rule: Rule) -> Self {
        self.broken.push(rule);
        self
    }

    /// Checks these rules alone.
    #[must_use]
    pub fn only(mut self, rules: impl IntoIterator<Item = Rule>) -> Self {
        self.only = Some(rules.into_iter().collect());
        self
    }

    /// Checks a provider against the rules.
    ///
    /// # Panics
    ///
    /// When a result is not the expected one: the message names the rules and what was seen.
    pub async fn run<P: AuthProvider>(self, provider: impl AsyncFn(&MockScalekit) -> P) {
        let broken = self.broken.clone();
        let report = self.report(provider).await;
        let unexpected = report.unexpected(&broken);
        assert!(unexpected.is_empty(), "{unexpected}");
    }

    /// Checks a provider against the rules and returns a report, without an assertion.
    pub async fn report<P: AuthProvider>(
        self,
        provider: impl AsyncFn(&MockScalekit) -> P,
    ) -> Report {
        let chosen = |rule: &Rule| self.only.as_ref().is_none_or(|only| only.contains(rule));
        let chosen = Rule::all().iter().copied().filter(chosen);
        if let Err(why) = self.control(&provider).await {
            return Report::control_refused(chosen, &why);
        }
        let mut report = Report::default();
        for rule in chosen {
            report.add(rule, self.check(rule, &provider).await);
        }
        report
    }

    async fn check<P: AuthProvider>(
        &self,
        rule: Rule,
        provider: &impl AsyncFn(&MockScalekit) -> P,
    ) -> Finding {
        let checked = async {
            match self.credential {
                Credential::Jwt => access_tokens::check(rule, &self.accepted, provider).await,
                Credential::ApiKey => api_keys::check(rule, provider).await,
            }
        };
        match tokio::time::timeout(LIMIT, checked).await {
            Ok(Ok(found)) => found,
            Ok(Err(not_built)) => Finding::Broken(not_built),
            Err(_) => {
                let limit = LIMIT.as_secs();
                Finding::Broken(format!("it was not done after {limit} seconds"))
            }
        }
    }

    /// # Errors
    ///
    /// Why a provider does not accept a valid credential.
    async fn control<P: AuthProvider>(
        &self,
        provider: &impl AsyncFn(&MockScalekit) -> P,
    ) -> Result<(), String> {
        let harness = Harness::start(provider).await?;
        match self.credential {
            Credential::Jwt => harness.accept_control().await.map(drop),
            Credential::ApiKey => harness.accept_control_key().await.map(drop),
        }
    }
}

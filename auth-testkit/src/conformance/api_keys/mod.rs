//! The rules for providers of Scalekit's API keys, and what such a provider is built with.
//!
//! ```
//! # async fn example<P: auth_core::provider::AuthProvider>(
//! #     build: impl Fn(&str, &str, &str, &str, std::sync::Arc<dyn auth_core::support::Clock>) -> P,
//! # ) {
//! use auth_testkit::conformance::{Suite, api_keys};
//!
//! Suite::for_api_keys()
//!     .run(async |scalekit| {
//!         // A provider for the keys of one organization, whose scopes are in a custom claim
//!         // (`api_keys::SCOPES_CLAIM`), on the issuer's clock.
//!         build(
//!             scalekit.environment_url(),
//!             api_keys::CLIENT_ID,
//!             api_keys::CLIENT_SECRET,
//!             api_keys::ORGANIZATION,
//!             scalekit.clock(),
//!         )
//!     })
//!     .await;
//! # }
//! ```
//!
//! | file | rules about |
//! |---|---|
//! | `callers` | who the caller is, and what the key permits |
//! | `invalid_keys` | strings that are no valid key |
//! | `lifetime` | keys that expire or are invalidated |
//! | `calls` | how often the API is called |
//! | `availability` | an API that is unavailable |

mod availability;
mod callers;
mod calls;
mod invalid_keys;
mod lifetime;

use auth_core::provider::AuthProvider;

use super::Rule;
use super::harness::Harness;
use super::report::Finding;
pub use super::setup::{CLIENT_ID, CLIENT_SECRET, ORGANIZATION, SCOPES_CLAIM};
use super::{heads, tokens};
use crate::MockScalekit;

/// Why rules about key sets cannot be tried.
const SIGNED: &str = "an API key is not signed: no key set is needed to verify it";

/// Why an outage is no occasion for cached keys.
const ANSWERED: &str =
    "an answer about an API key is kept by the layer alone, and for a minute at most";

/// # Errors
///
/// When the provider is not built in time.
pub(super) async fn check<P: AuthProvider>(
    rule: Rule,
    provider: &impl AsyncFn(&MockScalekit) -> P,
) -> Result<Finding, String> {
    let harness = &Harness::start(provider).await?;
    let checked = match rule {
        Rule::IdentifiesTheCaller => callers::identifies_the_caller(harness).await,
        Rule::KeepsCallersApart => callers::keeps_callers_apart(harness).await,
        Rule::LeavesScopesToTheLayer => callers::leaves_scopes_to_the_layer(harness).await,
        Rule::GrantsMappedScopesAlone => callers::grants_mapped_scopes_alone(harness).await,
        Rule::RefusesKeysForOthers => callers::refuses_keys_for_others(harness).await,
        Rule::LeaksNoToken => callers::leaks_no_key(harness).await,
        Rule::DeclaresDependence => {
            heads::declares_dependence(harness, harness.key().expose()).await
        }
        Rule::DescribesItsResource => tokens::describes_its_resource(harness),
        Rule::RefusesEveryDefect => invalid_keys::refuses_every_defect(harness).await,
        Rule::DistinguishesInvalidTokensFromOutages => {
            invalid_keys::distinguishes_invalid_keys_from_outages(harness).await
        }
        Rule::RefusesOtherIssuers => invalid_keys::refuses_other_issuers(harness).await,
        Rule::RefusesKeyIds => invalid_keys::refuses_key_ids(harness).await,
        Rule::HonoursExpiry => lifetime::honours_expiry(harness).await,
        Rule::EndsReuse => lifetime::ends_reuse(harness).await,
        Rule::RefusesInvalidatedKeys => lifetime::refuses_invalidated_keys(harness).await,
        Rule::FetchesOnceForMany => calls::calls_once_for_many(harness).await,
        Rule::BoundsForcedFetches => calls::bounds_forced_calls(harness).await,
        Rule::FetchesNothingForGarbage => calls::calls_nothing_for_garbage(harness).await,
        Rule::SurvivesCancelledCallers => calls::survives_cancelled_callers(harness).await,
        Rule::IsUnavailableWithoutTheApi => {
            availability::is_unavailable_without_the_api(harness, provider).await
        }
        Rule::IsUnavailableWithRefusedCredentials => {
            availability::is_unavailable_with_refused_credentials(harness, provider).await
        }
        Rule::RecoversAfterAnOutage => availability::recovers_after_an_outage(harness).await,
        Rule::FollowsNoRedirect => availability::follows_no_redirect(harness, provider).await,
        Rule::FollowsRotation
        | Rule::DropsWithdrawnKeys
        | Rule::FollowsReplacedKeys
        | Rule::RejectsInvalidKeySets
        | Rule::ToleratesUnusualKeySets
        | Rule::IsUnavailableWithoutKeys => return Ok(Finding::NotApplicable(SIGNED)),
        Rule::UsesCachedKeysDuringOutage => return Ok(Finding::NotApplicable(ANSWERED)),
    };
    Ok(checked.into())
}

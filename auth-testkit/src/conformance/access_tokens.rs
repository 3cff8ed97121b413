//! Which check belongs to which rule, for providers of access tokens.

use auth_core::provider::AuthProvider;

use super::Rule;
use super::harness::Harness;
use super::report::Finding;
use super::{availability, heads, keys, reuse, tokens};
use crate::{Defect, MockScalekit};

/// Why rules about API keys cannot be tried.
const OF_KEYS: &str = "the suite is run with access tokens: Suite::for_api_keys() has this rule";

/// # Errors
///
/// When the provider is not built in time.
pub(super) async fn check<P: AuthProvider>(
    rule: Rule,
    accepted: &[Defect],
    provider: &impl AsyncFn(&MockScalekit) -> P,
) -> Result<Finding, String> {
    let harness = &Harness::start(provider).await?;
    let checked = match rule {
        Rule::IdentifiesTheCaller => tokens::identifies_the_caller(harness).await,
        Rule::KeepsCallersApart => tokens::keeps_callers_apart(harness).await,
        Rule::LeavesScopesToTheLayer => tokens::leaves_scopes_to_the_layer(harness).await,
        Rule::RefusesEveryDefect => tokens::refuses_every_defect(harness, accepted).await,
        Rule::DistinguishesInvalidTokensFromOutages => {
            tokens::distinguishes_invalid_tokens_from_outages(harness).await
        }
        Rule::RefusesOtherIssuers => tokens::refuses_other_issuers(harness).await,
        Rule::HonoursExpiry => tokens::honours_expiry(harness).await,
        Rule::LeaksNoToken => tokens::leaks_no_token(harness).await,
        Rule::DescribesItsResource => tokens::describes_its_resource(harness),
        Rule::FollowsRotation => keys::follows_rotation(harness).await,
        Rule::DropsWithdrawnKeys => keys::drops_withdrawn_keys(harness).await,
        Rule::EndsReuse => reuse::ends_reuse(harness).await,
        Rule::DeclaresDependence => {
            heads::declares_dependence(harness, &harness.good().sign()).await
        }
        Rule::FollowsReplacedKeys => keys::follows_replaced_keys(harness).await,
        Rule::RejectsInvalidKeySets => keys::unusual_key_sets(harness, provider, false).await,
        Rule::ToleratesUnusualKeySets => keys::unusual_key_sets(harness, provider, true).await,
        Rule::FetchesOnceForMany => keys::fetches_once_for_many(harness).await,
        Rule::BoundsForcedFetches => keys::bounds_forced_fetches(harness).await,
        Rule::FetchesNothingForGarbage => keys::fetches_nothing_for_garbage(harness).await,
        Rule::IsUnavailableWithoutKeys => {
            availability::is_unavailable_without_keys(harness, provider).await
        }
        Rule::RecoversAfterAnOutage => availability::recovers_after_an_outage(harness).await,
        Rule::UsesCachedKeysDuringOutage => {
            availability::uses_cached_keys_during_outage(harness).await
        }
        Rule::FollowsNoRedirect => availability::follows_no_redirect(harness, provider).await,
        Rule::SurvivesCancelledCallers => availability::survives_cancelled_callers(harness).await,
        Rule::RefusesKeyIds
        | Rule::RefusesInvalidatedKeys
        | Rule::RefusesKeysForOthers
        | Rule::GrantsMappedScopesAlone
        | Rule::IsUnavailableWithoutTheApi
        | Rule::IsUnavailableWithRefusedCredentials => {
            return Ok(Finding::NotApplicable(OF_KEYS));
        }
    };
    Ok(checked.into())
}

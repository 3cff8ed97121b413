//! The rules.

use crate::values::catalog_enum;

catalog_enum! {
    /// A rule that every provider must keep. What is written of tokens holds for API keys too, where the rule
    /// [applies](super::Report::not_applicable) to them; a call of the API that validates a key is then a fetch.
    "rule" Rule {
        /// A valid token is accepted, and its verified form has the claims of the token.
        IdentifiesTheCaller = "identifies-the-caller",
        /// Many callers at once are never taken for each other.
        KeepsCallersApart = "keeps-callers-apart",
        /// A token without scopes is a valid token: the layer decides what it permits, and answers 403.
        LeavesScopesToTheLayer = "leaves-scopes-to-the-layer",
        /// No token of the catalogue of defects is accepted, and none makes the provider panic.
        RefusesEveryDefect = "refuses-every-defect",
        /// An invalid token is `Invalid` and not `Unavailable`: the caller must get a new one, and not wait.
        DistinguishesInvalidTokensFromOutages = "distinguishes-invalid-tokens-from-outages",
        /// A valid token of another issuer is refused.
        RefusesOtherIssuers = "refuses-other-issuers",
        /// A token is accepted until it expires and no longer than five minutes after that, cached or not.
        HonoursExpiry = "honours-expiry",
        /// No part of a token appears in an error, in the `Debug` of the provider or of the verified token.
        LeaksNoToken = "leaks-no-token",
        /// The metadata names the issuer, accepts tokens in the header alone, and does not offer
        /// `offline_access`, which clients request from the issuer.
        DescribesItsResource = "describes-its-resource",
        /// A token of a new key is accepted at once, and those of the old one stay valid.
        FollowsRotation = "follows-rotation",
        /// A token of a key that was withdrawn two hours ago is refused.
        DropsWithdrawnKeys = "drops-withdrawn-keys",
        /// A token that the provider allows to be reused is no longer reused once the provider itself would refuse it,
        /// because it has expired or its key was withdrawn.
        EndsReuse = "ends-reuse",
        /// Requests with the same token and the same [`vary`](auth_core::verifier::TokenVerifier::vary) value get the same
        /// verdict, whatever else their heads contain.
        DeclaresDependence = "declares-dependence",
        /// A token of a key that has taken the place of another under its `kid` is accepted.
        FollowsReplacedKeys = "follows-replaced-keys",
        /// Keys that forbid their use, and documents that are not key sets, make no token valid.
        RejectsInvalidKeySets = "rejects-invalid-key-sets",
        /// Unknown members, key types and entries do not affect the other keys of the set.
        ToleratesUnusualKeySets = "tolerates-unusual-key-sets",
        /// Fifty callers before the first fetch has completed cause one fetch; with API keys, fifty callers with the same key.
        FetchesOnceForMany = "fetches-once-for-many",
        /// Two hundred tokens of unknown keys cause at most three fetches. Five hundred unknown API keys in a minute cause at
        /// most half as many, and one that was accepted before is still accepted.
        BoundsForcedFetches = "bounds-forced-fetches",
        /// Garbage, and tokens that are refused for their claims, cause no fetch once keys are cached.
        FetchesNothingForGarbage = "fetches-nothing-for-garbage",
        /// While keys are unavailable, a valid token is `Unavailable` and not `Invalid`, within ten
        /// seconds, whatever is wrong with the answer.
        IsUnavailableWithoutKeys = "is-unavailable-without-keys",
        /// When keys are available again, tokens are accepted again.
        RecoversAfterAnOutage = "recovers-after-an-outage",
        /// While the issuer is unreachable for ten minutes, the cached keys are still used.
        UsesCachedKeysDuringOutage = "uses-cached-keys-during-outage",
        /// A redirect of the key set's URL is not followed: a party that can place one must not choose keys.
        FollowsNoRedirect = "follows-no-redirect",
        /// A caller that is cancelled during a fetch does not affect the other callers.
        SurvivesCancelledCallers = "survives-cancelled-callers",
        /// The id of an API key (`apit_`), which lists and logs show, is refused without a call: the API takes it for the key.
        RefusesKeyIds = "refuses-key-ids",
        /// An API key that was invalidated a minute ago is refused, cached or not.
        RefusesInvalidatedKeys = "refuses-invalidated-keys",
        /// An API key of an organization that the provider is not for is refused: a key has no audience.
        RefusesKeysForOthers = "refuses-keys-for-others",
        /// An API key has the scopes of the claim that the provider names for them, and no others.
        GrantsMappedScopesAlone = "grants-mapped-scopes-alone",
        /// While the API that validates keys is unavailable, a valid key is `Unavailable` and not `Invalid`, within ten
        /// seconds, whatever is wrong with the answer.
        IsUnavailableWithoutTheApi = "is-unavailable-without-the-api",
        /// When the API refuses the provider's own credentials, or they lack the permission, a valid key is `Unavailable`
        /// and not `Invalid`.
        IsUnavailableWithRefusedCredentials = "is-unavailable-with-refused-credentials",
    }
}

//! The rules.

use crate::values::catalog_enum;

catalog_enum! {
    /// A rule that every provider must keep.
    "rule" Rule {
        /// A good token is accepted, and its verified form has the claims of the token.
        IdentifiesTheCaller = "identifies-the-caller",
        /// Many callers at once are never taken for each other.
        KeepsCallersApart = "keeps-callers-apart",
        /// A token without scopes is a good token: the layer decides what it permits, and answers 403.
        LeavesScopesToTheLayer = "leaves-scopes-to-the-layer",
        /// No token of the catalogue of defects is accepted, and none makes the provider panic.
        RefusesEveryDefect = "refuses-every-defect",
        /// A bad token is `Invalid` and not `Unavailable`: the caller must get a new one, and not wait.
        DistinguishesInvalidTokensFromOutages = "distinguishes-invalid-tokens-from-outages",
        /// A good token of another issuer is refused.
        RefusesOtherIssuers = "refuses-other-issuers",
        /// A token is good until it expires and no longer than five minutes after that, cached or not.
        HonoursExpiry = "honours-expiry",
        /// No part of a token is in an error, in the `Debug` of the provider or of the verified token.
        LeaksNoToken = "leaks-no-token",
        /// The metadata names the issuer, asks for tokens in the header alone, and does not offer
        /// `offline_access`, which is between client and issuer.
        DescribesItsResource = "describes-its-resource",
        /// A token of a new key is accepted at once, and those of the old one stay good.
        FollowsRotation = "follows-rotation",
        /// A token of a key that was withdrawn two hours ago is refused.
        DropsWithdrawnKeys = "drops-withdrawn-keys",
        /// A token that the provider lets be reused is not reused when the provider itself refuses it since
        /// it has expired or its key is gone.
        EndsReuse = "ends-reuse",
        /// Requests of which the provider says that its verdict depends on the same
        /// ([`TokenVerifier::vary`](auth_core::verifier::TokenVerifier::vary)) get the same verdict on the same token,
        /// whatever else is in their heads.
        DeclaresDependence = "declares-dependence",
        /// A token of a key that has taken the place of another under its `kid` is accepted.
        FollowsReplacedKeys = "follows-replaced-keys",
        /// Keys that forbid their use, and documents that are no key sets, make no token good.
        RejectsInvalidKeySets = "rejects-invalid-key-sets",
        /// Unknown members, types and entries do not spoil the keys beside them.
        ToleratesUnusualKeySets = "tolerates-unusual-key-sets",
        /// Fifty callers who come before there are keys cause one fetch.
        FetchesOnceForMany = "fetches-once-for-many",
        /// Two hundred tokens of unknown keys cause three fetches at the most.
        BoundsForcedFetches = "bounds-forced-fetches",
        /// Garbage, and tokens that are refused for what they say, cause no fetch once there are keys.
        FetchesNothingForGarbage = "fetches-nothing-for-garbage",
        /// While keys are unavailable, a good token is `Unavailable` and not `Invalid`, within ten
        /// seconds, whatever is wrong with the answer.
        IsUnavailableWithoutKeys = "is-unavailable-without-keys",
        /// When keys are available again, tokens are accepted again.
        RecoversAfterAnOutage = "recovers-after-an-outage",
        /// While the issuer is unreachable for ten minutes, the cached keys are still used.
        UsesCachedKeysDuringOutage = "uses-cached-keys-during-outage",
        /// A redirect of the key set's URL is not followed: a party that can place one must not choose keys.
        FollowsNoRedirect = "follows-no-redirect",
        /// A caller that goes away in the middle of a fetch takes nothing with it.
        SurvivesCancelledCallers = "survives-cancelled-callers",
    }
}

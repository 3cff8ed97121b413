//! The catalogue of defects, for tests that try them all.

use jsonwebtoken::Algorithm;

use super::TokenBuilder;

macro_rules! catalogue {
    ($($variant:ident $name:literal $doc:literal $apply:expr;)*) => {
        /// One thing that can be wrong with a token; [`TokenBuilder::with`] makes it wrong.
        ///
        /// A verifier for Scalekit should refuse every one. The RFCs leave it a choice in two: it may
        /// try the only key for a token [`WithoutKid`](Self::WithoutKid), and need not look at `iat`
        /// ([`IssuedInTheFuture`](Self::IssuedInTheFuture)).
        ///
        /// A token without scopes ([`TokenBuilder::without_scope_claims`]) is not in the catalogue:
        /// that one is good and permits nothing.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Defect {
            $(#[doc = $doc] $variant,)*
        }

        impl Defect {
            /// Every defect.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// A short name in kebab case, for messages and command lines.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            fn apply(self, token: TokenBuilder) -> TokenBuilder {
                match self { $(Self::$variant => ($apply)(token),)* }
            }
        }
    };
}

catalogue! {
    Expired "expired" "[`TokenBuilder::expired`]" TokenBuilder::expired;
    NotYetValid "not-yet-valid" "[`TokenBuilder::not_yet_valid`]" TokenBuilder::not_yet_valid;
    IssuedInTheFuture "issued-in-the-future" "[`TokenBuilder::issued_in_the_future`]" TokenBuilder::issued_in_the_future;
    WithoutExp "without-exp" "[`TokenBuilder::without_exp`]" TokenBuilder::without_exp;
    ExpAsString "exp-as-string" "[`TokenBuilder::exp_as_string`]" TokenBuilder::exp_as_string;
    WrongIssuer "wrong-issuer" "[`TokenBuilder::wrong_issuer`]" TokenBuilder::wrong_issuer;
    IssuerWithSlash "issuer-with-slash" "[`TokenBuilder::issuer_with_slash`]" TokenBuilder::issuer_with_slash;
    IssuerAsArray "issuer-as-array" "[`TokenBuilder::issuer_as_array`]" TokenBuilder::issuer_as_array;
    WithoutIssuer "without-issuer" "[`TokenBuilder::without_issuer`]" TokenBuilder::without_issuer;
    WrongAudience "wrong-audience" "[`TokenBuilder::wrong_audience`]" TokenBuilder::wrong_audience;
    AudienceIsOnlyTheUrl "audience-is-only-the-url" "[`TokenBuilder::audience_is_only_the_url`]" TokenBuilder::audience_is_only_the_url;
    WithoutAudience "without-audience" "[`TokenBuilder::without_audience`]" TokenBuilder::without_audience;
    WithoutSubject "without-subject" "[`TokenBuilder::without_subject`]" TokenBuilder::without_subject;
    AlgNone "alg-none" "[`TokenBuilder::alg_none`]" TokenBuilder::alg_none;
    Hs256WithPublicKey "hs256-with-public-key" "[`TokenBuilder::hs256_with_public_key`]" TokenBuilder::hs256_with_public_key;
    WrongAlgorithm "wrong-algorithm" "[`TokenBuilder::wrong_algorithm`] with RS384" |token: TokenBuilder| token.wrong_algorithm(Algorithm::RS384);
    WrongKey "wrong-key" "[`TokenBuilder::wrong_key`]" TokenBuilder::wrong_key;
    UnknownKid "unknown-kid" "[`TokenBuilder::unknown_kid`]" TokenBuilder::unknown_kid;
    WithoutKid "without-kid" "[`TokenBuilder::without_kid`]" TokenBuilder::without_kid;
    EmbeddedJwk "embedded-jwk" "[`TokenBuilder::embedded_jwk`]" TokenBuilder::embedded_jwk;
    CorruptSignature "corrupt-signature" "[`TokenBuilder::corrupt_signature`]" TokenBuilder::corrupt_signature;
    EmptySignature "empty-signature" "[`TokenBuilder::empty_signature`]" TokenBuilder::empty_signature;
    WrongType "wrong-type" "[`TokenBuilder::wrong_type`] with `logout+jwt`" |token: TokenBuilder| token.wrong_type("logout+jwt");
    CritHeader "crit-header" "[`TokenBuilder::crit_header`]" TokenBuilder::crit_header;
    DuplicateClaim "duplicate-claim" "[`TokenBuilder::duplicate_claim`] of `sub`, another user's" |token: TokenBuilder| token.duplicate_claim("sub", "usr_9000000009");
    DuplicateHeader "duplicate-header" "[`TokenBuilder::duplicate_header`] of `alg`, the same value" |token: TokenBuilder| token.duplicate_header("alg", "RS256");
    ClaimsInArray "claims-in-array" "[`TokenBuilder::claims_in_array`]" TokenBuilder::claims_in_array;
    Truncated "truncated" "[`TokenBuilder::truncated`]" TokenBuilder::truncated;
    ExtraPart "extra-part" "[`TokenBuilder::extra_part`]" TokenBuilder::extra_part;
    PaddedSignature "padded-signature" "[`TokenBuilder::padded_signature`]" TokenBuilder::padded_signature;
}

impl TokenBuilder {
    /// Makes this one thing wrong.
    #[must_use]
    pub fn with(self, defect: Defect) -> Self {
        defect.apply(self)
    }
}

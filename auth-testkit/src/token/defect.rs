//! The catalogue of defects, for tests that try them all.

use super::TokenBuilder;
use crate::values::catalog_enum;

macro_rules! catalogue {
    ($($variant:ident $name:literal $rule:literal $doc:literal $apply:expr;)*) => {
        catalog_enum! {
            /// One thing that can be wrong with a token; [`TokenBuilder::with`] makes it wrong.
            ///
            /// A verifier for Scalekit should refuse every one. The RFCs leave it a choice in some: it
            /// may try the only key for a token [`WithoutKid`](Self::WithoutKid), and need not look at
            /// `iat` ([`IssuedInTheFuture`](Self::IssuedInTheFuture),
            /// [`IatAsString`](Self::IatAsString)).
            ///
            /// A token without scopes ([`TokenBuilder::without_scope_claims`]) is not in the
            /// catalogue: that one is good and permits nothing.
            "defect" Defect {
                $(#[doc = $doc] $variant = $name,)*
            }
        }

        impl Defect {
            /// The rule for which a verifier should refuse it, such as `RFC 7519 section 4.1.4`.
            #[must_use]
            pub fn rule(self) -> &'static str {
                match self { $(Self::$variant => $rule,)* }
            }

            fn apply(self, token: TokenBuilder) -> TokenBuilder {
                match self { $(Self::$variant => ($apply)(token),)* }
            }
        }
    };
}

catalogue! {
    Expired "expired" "RFC 7519 section 4.1.4" "[`TokenBuilder::expired`]" TokenBuilder::expired;
    NotYetValid "not-yet-valid" "RFC 7519 section 4.1.5" "[`TokenBuilder::not_yet_valid`]" TokenBuilder::not_yet_valid;
    IssuedInTheFuture "issued-in-the-future" "RFC 7519 section 4.1.6" "[`TokenBuilder::issued_in_the_future`]" TokenBuilder::issued_in_the_future;
    WithoutExp "without-exp" "RFC 9068 section 2.2" "[`TokenBuilder::without_exp`]" TokenBuilder::without_exp;
    ExpAsString "exp-as-string" "RFC 7519 section 4.1.4" "[`TokenBuilder::exp_as_string`]" TokenBuilder::exp_as_string;
    ExpAsNull "exp-as-null" "RFC 7519 section 4.1.4" "[`TokenBuilder::exp_as_null`]" TokenBuilder::exp_as_null;
    ExpAsBool "exp-as-bool" "RFC 7519 section 4.1.4" "[`TokenBuilder::exp_as_bool`]" TokenBuilder::exp_as_bool;
    ExpNegative "exp-negative" "RFC 7519 section 4.1.4" "[`TokenBuilder::exp_negative`]" TokenBuilder::exp_negative;
    ExpBeyondRange "exp-beyond-range" "RFC 7519 section 2" "[`TokenBuilder::exp_beyond_range`]" TokenBuilder::exp_beyond_range;
    NbfAsString "nbf-as-string" "RFC 7519 section 4.1.5" "[`TokenBuilder::nbf_as_string`]" TokenBuilder::nbf_as_string;
    IatAsString "iat-as-string" "RFC 7519 section 4.1.6" "[`TokenBuilder::iat_as_string`]" TokenBuilder::iat_as_string;
    WrongIssuer "wrong-issuer" "RFC 9068 section 4" "[`TokenBuilder::wrong_issuer`]" TokenBuilder::wrong_issuer;
    IssuerWithSlash "issuer-with-slash" "RFC 9068 section 4" "[`TokenBuilder::issuer_with_slash`]" TokenBuilder::issuer_with_slash;
    IssuerWithSuffix "issuer-with-suffix" "RFC 9068 section 4" "[`TokenBuilder::issuer_with_suffix`]" TokenBuilder::issuer_with_suffix;
    IssuerInOtherCase "issuer-in-other-case" "RFC 9068 section 4" "[`TokenBuilder::issuer_in_other_case`]" TokenBuilder::issuer_in_other_case;
    IssuerOfAnotherResource "issuer-of-another-resource" "RFC 9068 section 4" "[`TokenBuilder::issuer_of_another_resource`]" TokenBuilder::issuer_of_another_resource;
    IssuerAsArray "issuer-as-array" "RFC 7519 section 4.1.1" "[`TokenBuilder::issuer_as_array`]" TokenBuilder::issuer_as_array;
    EmptyIssuer "empty-issuer" "RFC 9068 section 4" "[`TokenBuilder::empty_issuer`]" TokenBuilder::empty_issuer;
    WithoutIssuer "without-issuer" "RFC 9068 section 2.2" "[`TokenBuilder::without_issuer`]" TokenBuilder::without_issuer;
    WrongAudience "wrong-audience" "RFC 7519 section 4.1.3" "[`TokenBuilder::wrong_audience`]" TokenBuilder::wrong_audience;
    AudienceIsOnlyTheUrl "audience-is-only-the-url" "RFC 7519 section 4.1.3" "[`TokenBuilder::audience_is_only_the_url`]" TokenBuilder::audience_is_only_the_url;
    AudienceIsTheClient "audience-is-the-client" "RFC 9068 section 4" "[`TokenBuilder::audience_is_the_client`]" TokenBuilder::audience_is_the_client;
    AudienceWithSuffix "audience-with-suffix" "RFC 7519 section 4.1.3" "[`TokenBuilder::audience_with_suffix`]" TokenBuilder::audience_with_suffix;
    AudienceCutShort "audience-cut-short" "RFC 7519 section 4.1.3" "[`TokenBuilder::audience_cut_short`]" TokenBuilder::audience_cut_short;
    AudienceInOtherCase "audience-in-other-case" "RFC 7519 section 4.1.3" "[`TokenBuilder::audience_in_other_case`]" TokenBuilder::audience_in_other_case;
    AudienceInAListOfWords "audience-in-a-list-of-words" "RFC 7519 section 4.1.3" "[`TokenBuilder::audience_in_a_list_of_words`]" TokenBuilder::audience_in_a_list_of_words;
    AudienceInNestedArray "audience-in-nested-array" "RFC 7519 section 4.1.3" "[`TokenBuilder::audience_in_nested_array`]" TokenBuilder::audience_in_nested_array;
    AudienceAsObject "audience-as-object" "RFC 7519 section 4.1.3" "[`TokenBuilder::audience_as_object`]" TokenBuilder::audience_as_object;
    AudienceAsNull "audience-as-null" "RFC 7519 section 4.1.3" "[`TokenBuilder::audience_as_null`]" TokenBuilder::audience_as_null;
    EmptyAudience "empty-audience" "RFC 7519 section 4.1.3" "[`TokenBuilder::empty_audience`]" TokenBuilder::empty_audience;
    WithoutAudience "without-audience" "RFC 9068 section 2.2" "[`TokenBuilder::without_audience`]" TokenBuilder::without_audience;
    WithoutSubject "without-subject" "RFC 9068 section 2.2" "[`TokenBuilder::without_subject`]" TokenBuilder::without_subject;
    EmptySubject "empty-subject" "RFC 7519 section 4.1.2" "[`TokenBuilder::empty_subject`]" TokenBuilder::empty_subject;
    SubjectAsNumber "subject-as-number" "RFC 7519 section 4.1.2" "[`TokenBuilder::subject_as_number`]" TokenBuilder::subject_as_number;
    BoundToAKey "bound-to-a-key" "RFC 9449 section 7.2" "[`TokenBuilder::bound_to_a_key`]" TokenBuilder::bound_to_a_key;
    AlgNone "alg-none" "RFC 8725 section 3.1" "[`TokenBuilder::alg_none`]" TokenBuilder::alg_none;
    AlgNoneInOtherCase "alg-none-in-other-case" "RFC 8725 section 3.1" "[`TokenBuilder::alg_none_in_other_case`]" TokenBuilder::alg_none_in_other_case;
    AlgInOtherCase "alg-in-other-case" "RFC 7515 section 4.1.1" "[`TokenBuilder::alg_in_other_case`]" TokenBuilder::alg_in_other_case;
    AlgAsArray "alg-as-array" "RFC 7515 section 4.1.1" "[`TokenBuilder::alg_as_array`]" TokenBuilder::alg_as_array;
    WithoutAlg "without-alg" "RFC 7515 section 4.1.1" "[`TokenBuilder::without_alg`]" TokenBuilder::without_alg;
    Hs256WithPublicKey "hs256-with-public-key" "RFC 8725 section 2.1" "[`TokenBuilder::hs256_with_public_key`]" TokenBuilder::hs256_with_public_key;
    Hs256WithPublicDer "hs256-with-public-der" "RFC 8725 section 2.1" "[`TokenBuilder::hs256_with_public_der`]" TokenBuilder::hs256_with_public_der;
    Hs256WithEmptySecret "hs256-with-empty-secret" "RFC 8725 section 2.1" "[`TokenBuilder::hs256_with_empty_secret`]" TokenBuilder::hs256_with_empty_secret;
    WrongAlgorithm "wrong-algorithm" "RFC 8725 section 3.1" "[`TokenBuilder::wrong_algorithm`] with RS384; a key that is not RSA signs by one algorithm only, and there just `alg` is another of its family" TokenBuilder::another_algorithm;
    MislabelledAlgorithm "mislabelled-algorithm" "RFC 8725 section 3.1" "[`TokenBuilder::mislabelled_algorithm`]" TokenBuilder::mislabelled_algorithm;
    WrongKey "wrong-key" "RFC 7515 section 5.2" "[`TokenBuilder::wrong_key`]" TokenBuilder::wrong_key;
    UnknownKid "unknown-kid" "RFC 7515 section 4.1.4" "[`TokenBuilder::unknown_kid`]" TokenBuilder::unknown_kid;
    WithoutKid "without-kid" "RFC 7515 section 4.1.4" "[`TokenBuilder::without_kid`]" TokenBuilder::without_kid;
    EmptyKid "empty-kid" "RFC 7515 section 4.1.4" "[`TokenBuilder::empty_kid`]" TokenBuilder::empty_kid;
    KidAsNumber "kid-as-number" "RFC 7515 section 4.1.4" "[`TokenBuilder::kid_as_number`]" TokenBuilder::kid_as_number;
    KidAsPath "kid-as-path" "RFC 8725 section 3.10" "[`TokenBuilder::kid_as_path`]" TokenBuilder::kid_as_path;
    KidAsSql "kid-as-sql" "RFC 8725 section 3.10" "[`TokenBuilder::kid_as_sql`]" TokenBuilder::kid_as_sql;
    EmbeddedJwk "embedded-jwk" "RFC 7515 section 4.1.3" "[`TokenBuilder::embedded_jwk`]" TokenBuilder::embedded_jwk;
    KeySetUrl "key-set-url" "RFC 8725 section 3.10" "[`TokenBuilder::key_set_url`]" TokenBuilder::key_set_url;
    CertificateUrl "certificate-url" "RFC 8725 section 3.10" "[`TokenBuilder::certificate_url`]" TokenBuilder::certificate_url;
    CertificateChain "certificate-chain" "RFC 7515 section 4.1.6" "[`TokenBuilder::certificate_chain`]" TokenBuilder::certificate_chain;
    CorruptSignature "corrupt-signature" "RFC 7515 section 5.2" "[`TokenBuilder::corrupt_signature`]" TokenBuilder::corrupt_signature;
    ShortSignature "short-signature" "RFC 7515 section 5.2" "[`TokenBuilder::short_signature`]" TokenBuilder::short_signature;
    LongSignature "long-signature" "RFC 7515 section 5.2" "[`TokenBuilder::long_signature`]" TokenBuilder::long_signature;
    ZeroSignature "zero-signature" "RFC 7515 section 5.2" "[`TokenBuilder::zero_signature`]" TokenBuilder::zero_signature;
    EmptySignature "empty-signature" "RFC 7515 section 5.2" "[`TokenBuilder::empty_signature`]" TokenBuilder::empty_signature;
    SwappedSubject "swapped-subject" "RFC 7515 section 5.2" "[`TokenBuilder::swapped_subject`]" TokenBuilder::swapped_subject;
    WrongType "wrong-type" "RFC 8725 section 3.11" "[`TokenBuilder::wrong_type`] with `logout+jwt`" |token: TokenBuilder| token.wrong_type("logout+jwt");
    TypeAsNumber "type-as-number" "RFC 7515 section 4.1.9" "[`TokenBuilder::type_as_number`]" TokenBuilder::type_as_number;
    CritHeader "crit-header" "RFC 7515 section 4.1.11" "[`TokenBuilder::crit_header`]" TokenBuilder::crit_header;
    CritEmpty "crit-empty" "RFC 7515 section 4.1.11" "[`TokenBuilder::crit_empty`]" TokenBuilder::crit_empty;
    CritOfAStandardParameter "crit-of-a-standard-parameter" "RFC 7515 section 4.1.11" "[`TokenBuilder::crit_of_a_standard_parameter`]" TokenBuilder::crit_of_a_standard_parameter;
    CritOfNothing "crit-of-nothing" "RFC 7515 section 4.1.11" "[`TokenBuilder::crit_of_nothing`]" TokenBuilder::crit_of_nothing;
    UnencodedPayload "unencoded-payload" "RFC 7797 section 7" "[`TokenBuilder::unencoded_payload`]" TokenBuilder::unencoded_payload;
    DuplicateClaim "duplicate-claim" "RFC 7519 section 4" "[`TokenBuilder::duplicate_claim`] of `sub`, another user's" |token: TokenBuilder| token.duplicate_claim("sub", "usr_9000000009");
    DuplicateHeader "duplicate-header" "RFC 7515 section 4" "[`TokenBuilder::duplicate_header`] of `alg`, the same value" |token: TokenBuilder| { let alg = token.header.get("alg").cloned().unwrap_or_default(); token.duplicate_header("alg", alg) };
    ClaimsInArray "claims-in-array" "RFC 7519 section 7.2" "[`TokenBuilder::claims_in_array`]" TokenBuilder::claims_in_array;
    ClaimsWithTrailingData "claims-with-trailing-data" "RFC 7519 section 7.2" "[`TokenBuilder::claims_with_trailing_data`]" TokenBuilder::claims_with_trailing_data;
    ClaimsNotUtf8 "claims-not-utf8" "RFC 7519 section 7.2" "[`TokenBuilder::claims_not_utf8`]" TokenBuilder::claims_not_utf8;
    WithoutClaims "without-claims" "RFC 7519 section 7.2" "[`TokenBuilder::without_claims`]" TokenBuilder::without_claims;
    HeaderInArray "header-in-array" "RFC 7515 section 5.2" "[`TokenBuilder::header_in_array`]" TokenBuilder::header_in_array;
    Nested "nested" "RFC 7519 section 7.2" "[`TokenBuilder::nested`]" TokenBuilder::nested;
    Truncated "truncated" "RFC 7515 section 7.1" "[`TokenBuilder::truncated`]" TokenBuilder::truncated;
    ExtraPart "extra-part" "RFC 7515 section 7.1" "[`TokenBuilder::extra_part`]" TokenBuilder::extra_part;
    FiveParts "five-parts" "RFC 7515 section 7.1" "[`TokenBuilder::five_parts`]" TokenBuilder::five_parts;
    PaddedSignature "padded-signature" "RFC 7515 section 2" "[`TokenBuilder::padded_signature`]" TokenBuilder::padded_signature;
    NoncanonicalSignature "noncanonical-signature" "RFC 4648 section 3.5" "[`TokenBuilder::noncanonical_signature`]" TokenBuilder::noncanonical_signature;
}

impl TokenBuilder {
    /// Makes this one thing wrong.
    #[must_use]
    pub fn with(self, defect: Defect) -> Self {
        defect.apply(self)
    }
}

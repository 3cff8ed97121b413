//! The catalogue of defects, for tests that try them all.
//!
//! To add one: write its method in the file of `defects/` that it belongs to, and list that here. A test names the
//! method that is not listed; another names the defect that no probe shows to a server.

use super::TokenBuilder;
use crate::values::{catalog_enum, kebab_case};

/// Declares [`Defect`] from the methods of [`TokenBuilder`]: `Variant method "rule";`, where the name of the defect is
/// that of the method in kebab case. A method that takes a value is given one: `Variant method "rule" |token| ..;`.
macro_rules! catalogue {
    ($($variant:ident $method:ident $rule:literal $($with:literal, $apply:expr)?;)*) => {
        catalog_enum! {
            /// One thing that can be wrong with a token; [`TokenBuilder::with`] makes it wrong.
            ///
            /// A verifier for Scalekit should refuse every one. The RFCs leave it a choice in some: it
            /// may try the only key for a token [`WithoutKid`](Self::WithoutKid), and need not look at
            /// `iat` ([`IssuedInTheFuture`](Self::IssuedInTheFuture),
            /// [`IatAsString`](Self::IatAsString)).
            ///
            /// A token without scopes ([`TokenBuilder::without_scope_claims`]) is not in the
            /// catalogue: that one is valid and permits nothing.
            "defect" Defect {
                $(
                    #[doc = concat!("[`TokenBuilder::", stringify!($method), "`]", $($with,)? ".")]
                    $variant = kebab_case!($method),
                )*
            }
        }

        impl Defect {
            /// The rule for which a verifier should refuse it, such as `RFC 7519 section 4.1.4`.
            #[must_use]
            pub fn rule(self) -> &'static str {
                match self { $(Self::$variant => $rule,)* }
            }

            fn apply(self, token: TokenBuilder) -> TokenBuilder {
                match self { $(Self::$variant => catalogue!(@apply token $method $($apply)?),)* }
            }
        }

        #[cfg(test)]
        const METHODS: &[&str] = &[$(stringify!($method)),*];
    };
    (@apply $token:ident $method:ident) => { TokenBuilder::$method($token) };
    (@apply $token:ident $method:ident $apply:expr) => { ($apply)($token) };
}

catalogue! {
    Expired expired "RFC 7519 section 4.1.4";
    NotYetValid not_yet_valid "RFC 7519 section 4.1.5";
    IssuedInTheFuture issued_in_the_future "RFC 7519 section 4.1.6";
    WithoutExp without_exp "RFC 9068 section 2.2";
    ExpAsString exp_as_string "RFC 7519 section 4.1.4";
    ExpAsNull exp_as_null "RFC 7519 section 4.1.4";
    ExpAsBool exp_as_bool "RFC 7519 section 4.1.4";
    ExpNegative exp_negative "RFC 7519 section 4.1.4";
    ExpBeyondRange exp_beyond_range "RFC 7519 section 2";
    NbfAsString nbf_as_string "RFC 7519 section 4.1.5";
    IatAsString iat_as_string "RFC 7519 section 4.1.6";
    WrongIssuer wrong_issuer "RFC 9068 section 4";
    IssuerWithSlash issuer_with_slash "RFC 9068 section 4";
    IssuerWithSuffix issuer_with_suffix "RFC 9068 section 4";
    IssuerInOtherCase issuer_in_other_case "RFC 9068 section 4";
    IssuerOfAnotherResource issuer_of_another_resource "RFC 9068 section 4";
    IssuerAsArray issuer_as_array "RFC 7519 section 4.1.1";
    EmptyIssuer empty_issuer "RFC 9068 section 4";
    WithoutIssuer without_issuer "RFC 9068 section 2.2";
    WrongAudience wrong_audience "RFC 7519 section 4.1.3";
    AudienceIsOnlyTheUrl audience_is_only_the_url "RFC 7519 section 4.1.3";
    AudienceIsTheClient audience_is_the_client "RFC 9068 section 4";
    AudienceWithSuffix audience_with_suffix "RFC 7519 section 4.1.3";
    AudienceCutShort audience_cut_short "RFC 7519 section 4.1.3";
    AudienceInOtherCase audience_in_other_case "RFC 7519 section 4.1.3";
    AudienceSpaceDelimited audience_space_delimited "RFC 7519 section 4.1.3";
    AudienceInNestedArray audience_in_nested_array "RFC 7519 section 4.1.3";
    AudienceAsObject audience_as_object "RFC 7519 section 4.1.3";
    AudienceAsNull audience_as_null "RFC 7519 section 4.1.3";
    EmptyAudience empty_audience "RFC 7519 section 4.1.3";
    WithoutAudience without_audience "RFC 9068 section 2.2";
    WithoutSubject without_subject "RFC 9068 section 2.2";
    EmptySubject empty_subject "RFC 7519 section 4.1.2";
    SubjectAsNumber subject_as_number "RFC 7519 section 4.1.2";
    BoundToAKey bound_to_a_key "RFC 9449 section 7.2";
    AlgNone alg_none "RFC 8725 section 3.1";
    AlgNoneInOtherCase alg_none_in_other_case "RFC 8725 section 3.1";
    AlgInOtherCase alg_in_other_case "RFC 7515 section 4.1.1";
    AlgAsArray alg_as_array "RFC 7515 section 4.1.1";
    WithoutAlg without_alg "RFC 7515 section 4.1.1";
    Hs256WithPublicKey hs256_with_public_key "RFC 8725 section 2.1";
    Hs256WithPublicDer hs256_with_public_der "RFC 8725 section 2.1";
    Hs256WithEmptySecret hs256_with_empty_secret "RFC 8725 section 2.1";
    WrongAlgorithm wrong_algorithm "RFC 8725 section 3.1"
        " with RS384; a key that is not RSA signs by one algorithm only, and there just `alg` is another of its family", TokenBuilder::another_algorithm;
    MislabelledAlgorithm mislabelled_algorithm "RFC 8725 section 3.1";
    WrongKey wrong_key "RFC 7515 section 5.2";
    UnknownKid unknown_kid "RFC 7515 section 4.1.4";
    WithoutKid without_kid "RFC 7515 section 4.1.4";
    EmptyKid empty_kid "RFC 7515 section 4.1.4";
    KidAsNumber kid_as_number "RFC 7515 section 4.1.4";
    KidAsPath kid_as_path "RFC 8725 section 3.10";
    KidAsSql kid_as_sql "RFC 8725 section 3.10";
    EmbeddedJwk embedded_jwk "RFC 7515 section 4.1.3";
    KeySetUrl key_set_url "RFC 8725 section 3.10";
    CertificateUrl certificate_url "RFC 8725 section 3.10";
    CertificateChain certificate_chain "RFC 7515 section 4.1.6";
    CorruptSignature corrupt_signature "RFC 7515 section 5.2";
    ShortSignature short_signature "RFC 7515 section 5.2";
    LongSignature long_signature "RFC 7515 section 5.2";
    ZeroSignature zero_signature "RFC 7515 section 5.2";
    EmptySignature empty_signature "RFC 7515 section 5.2";
    SwappedSubject swapped_subject "RFC 7515 section 5.2";
    WrongType wrong_type "RFC 8725 section 3.11"
        " with `logout+jwt`", |token: TokenBuilder| token.wrong_type("logout+jwt");
    TypeAsNumber type_as_number "RFC 7515 section 4.1.9";
    CritHeader crit_header "RFC 7515 section 4.1.11";
    CritEmpty crit_empty "RFC 7515 section 4.1.11";
    CritNamesStandardParameter crit_names_standard_parameter "RFC 7515 section 4.1.11";
    CritNamesAbsentParameter crit_names_absent_parameter "RFC 7515 section 4.1.11";
    UnencodedPayload unencoded_payload "RFC 7797 section 7";
    DuplicateClaim duplicate_claim "RFC 7519 section 4"
        " of `sub`, another user's", |token: TokenBuilder| token.duplicate_claim("sub", "usr_9000000009");
    DuplicateHeader duplicate_header "RFC 7515 section 4"
        " of `alg`, the same value", |token: TokenBuilder| { let alg = token.header.get("alg").cloned().unwrap_or_default(); token.duplicate_header("alg", alg) };
    ClaimsInArray claims_in_array "RFC 7519 section 7.2";
    ClaimsWithTrailingData claims_with_trailing_data "RFC 7519 section 7.2";
    ClaimsNotUtf8 claims_not_utf8 "RFC 7519 section 7.2";
    WithoutClaims without_claims "RFC 7519 section 7.2";
    HeaderInArray header_in_array "RFC 7515 section 5.2";
    Nested nested "RFC 7519 section 7.2";
    Truncated truncated "RFC 7515 section 7.1";
    ExtraPart extra_part "RFC 7515 section 7.1";
    FiveParts five_parts "RFC 7515 section 7.1";
    PaddedSignature padded_signature "RFC 7515 section 2";
    NoncanonicalSignature noncanonical_signature "RFC 4648 section 3.5";
}

impl TokenBuilder {
    /// Makes this one thing wrong.
    #[must_use]
    pub fn with(self, defect: Defect) -> Self {
        defect.apply(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every method of `defects/` that makes a token without being given anything is a defect of the catalogue.
    #[test]
    fn every_method_of_a_defect_is_in_the_catalogue() {
        for source in [
            include_str!("defects/claims.rs"),
            include_str!("defects/encoding.rs"),
            include_str!("defects/signature.rs"),
        ] {
            for line in source.lines() {
                let Some(method) = line.trim().strip_prefix("pub fn ") else {
                    continue;
                };
                let name = method.split('(').next().unwrap_or_default();
                // Good, and permits nothing.
                let is_good = name == "without_scope_claims";
                assert!(
                    METHODS.contains(&name) || is_good,
                    "TokenBuilder::{name} is not in the catalogue of src/token/defect.rs"
                );
            }
        }
    }
}

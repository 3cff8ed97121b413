//! Form, header and signature of a JWT.

use crate::Defect::{self, *};
use crate::Endpoint;
use crate::probe::Group;
use crate::probe::Level::{self, Hardening, Must, Should};
use crate::probe::catalogue::{Probe, probes};
use crate::probe::outcome::{CheckResult, expect};
use crate::probe::refusal::expect_401;
use crate::probe::target::Target;

/// `WithoutKid` is a matter of choice: there is but one key.
const DEFECTS: &[(Level, Defect)] = &[
    (Must, AlgNone),
    (Must, AlgNoneInOtherCase),
    (Should, AlgInOtherCase),
    (Must, AlgAsArray),
    (Must, WithoutAlg),
    (Must, Hs256WithPublicKey),
    (Must, Hs256WithPublicDer),
    (Must, Hs256WithEmptySecret),
    (Must, WrongAlgorithm),
    (Must, MislabelledAlgorithm),
    (Must, WrongKey),
    (Must, UnknownKid),
    (Hardening, EmptyKid),
    (Hardening, KidAsNumber),
    (Must, KidAsPath),
    (Must, KidAsSql),
    (Must, EmbeddedJwk),
    (Must, KeySetUrl),
    (Must, CertificateUrl),
    (Must, CertificateChain),
    (Must, CorruptSignature),
    (Must, ShortSignature),
    (Must, LongSignature),
    (Must, ZeroSignature),
    (Must, EmptySignature),
    (Must, SwappedSubject),
    (Should, WrongType),
    (Hardening, TypeAsNumber),
    (Must, CritHeader),
    (Hardening, CritEmpty),
    (Hardening, CritNamesStandardParameter),
    (Hardening, CritNamesAbsentParameter),
    (Must, UnencodedPayload),
    (Hardening, DuplicateClaim),
    (Hardening, DuplicateHeader),
    (Must, ClaimsInArray),
    (Must, ClaimsWithTrailingData),
    (Must, ClaimsNotUtf8),
    (Must, WithoutClaims),
    (Must, HeaderInArray),
    (Must, Nested),
    (Must, Truncated),
    (Must, ExtraPart),
    (Must, FiveParts),
    (Hardening, PaddedSignature),
    (Hardening, NoncanonicalSignature),
    // A server without DPoP may accept it as a bearer token (RFC 9449 section 7.2).
    (Hardening, BoundToAKey),
];

pub(super) fn probes() -> Vec<Probe> {
    let mut probes = Probe::refusals(Group::Signature, DEFECTS);
    probes.extend(probes! { Signature:
        "no-fetch-for-tokens" Must "RFC 8725 section 3.10"
            "no URL in a token is fetched" => no_fetch;
        "not-a-jwt" Must "RFC 6750 section 3.1"
            "a token that is no JWT at all is refused" => not_a_jwt;
    });
    probes
}

async fn no_fetch(target: &Target<'_>) -> CheckResult {
    let bait = format!("{}/bait", target.issuer.environment_url());
    for name in ["jku", "x5u"] {
        let token = target
            .older_jwt()?
            .unknown_kid()
            .header(name, bait.as_str());
        expect_401(name, &target.try_token(&token.sign()).await?)?;
    }
    let fetched = target.issuer.requests(Endpoint::Other);
    expect(
        !fetched.iter().any(|request| request.path() == "/bait"),
        || "the URL of a jku or x5u header was fetched".to_owned(),
    )
}

async fn not_a_jwt(target: &Target<'_>) -> CheckResult {
    for token in ["opaque", "a.b", "a.b.c", "sk_live_0123456789abcdef"] {
        expect_401("a token that is no JWT", &target.try_token(token).await?)?;
    }
    Ok(())
}

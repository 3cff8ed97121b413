//! The single-defect guarantee: for every defect, all that differs from the control it was made from.

use std::collections::BTreeMap;

use auth_testkit::{Defect, MockScalekit};
use serde_json::Value;

use crate::support::{decode, is_signed_by, jwks};

/// In how many ways a token differs from another: header parameters, claims, whether the published
/// key has signed the very text, and how the parts are joined or written.
#[derive(Debug, PartialEq, Eq)]
struct Difference {
    header: Vec<&'static str>,
    claims: Vec<&'static str>,
    is_signed: bool,
    form: &'static str,
}

/// Claims that differ; all else is as in the control, and the signature is right.
fn claims(names: &[&'static str]) -> Difference {
    difference(&[], names, true, "compact")
}

/// Header parameters that differ; all else is as in the control, and the signature is right.
fn header(names: &[&'static str]) -> Difference {
    difference(names, &[], true, "compact")
}

/// The signature is wrong, and these parameters are what the forgery needs.
fn forged(names: &[&'static str]) -> Difference {
    difference(names, &[], false, "compact")
}

/// The text is another; what it says is the same, and signed.
fn text(form: &'static str) -> Difference {
    difference(&[], &[], true, form)
}

fn difference(
    header: &[&'static str],
    claims: &[&'static str],
    is_signed: bool,
    form: &'static str,
) -> Difference {
    Difference {
        header: header.to_vec(),
        claims: claims.to_vec(),
        is_signed,
        form,
    }
}

fn expected(defect: Defect) -> Difference {
    match defect {
        // A token that has expired was issued earlier too.
        Defect::Expired => claims(&["exp", "iat", "nbf"]),
        Defect::NotYetValid | Defect::NbfAsString => claims(&["nbf"]),
        Defect::IssuedInTheFuture | Defect::IatAsString => claims(&["iat"]),
        Defect::WithoutExp
        | Defect::ExpAsString
        | Defect::ExpAsNull
        | Defect::ExpAsBool
        | Defect::ExpNegative
        | Defect::ExpBeyondRange => claims(&["exp"]),
        Defect::WrongIssuer
        | Defect::IssuerWithSlash
        | Defect::IssuerWithSuffix
        | Defect::IssuerInOtherCase
        | Defect::IssuerOfAnotherResource
        | Defect::IssuerAsArray
        | Defect::EmptyIssuer
        | Defect::WithoutIssuer => claims(&["iss"]),
        Defect::WrongAudience
        | Defect::AudienceIsOnlyTheUrl
        | Defect::AudienceIsTheClient
        | Defect::AudienceWithSuffix
        | Defect::AudienceCutShort
        | Defect::AudienceInOtherCase
        | Defect::AudienceSpaceDelimited
        | Defect::AudienceInNestedArray
        | Defect::AudienceAsObject
        | Defect::AudienceAsNull
        | Defect::EmptyAudience
        | Defect::WithoutAudience => claims(&["aud"]),
        Defect::WithoutSubject
        | Defect::EmptySubject
        | Defect::SubjectAsNumber
        | Defect::DuplicateClaim => claims(&["sub"]),
        Defect::BoundToAKey => claims(&["cnf"]),
        Defect::ClaimsInArray
        | Defect::ClaimsWithTrailingData
        | Defect::ClaimsNotUtf8
        | Defect::WithoutClaims => claims(&["not an object"]),
        Defect::AlgNone
        | Defect::AlgNoneInOtherCase
        | Defect::Hs256WithPublicKey
        | Defect::Hs256WithPublicDer
        | Defect::Hs256WithEmptySecret
        | Defect::WrongAlgorithm => forged(&["alg"]),
        Defect::AlgInOtherCase
        | Defect::AlgAsArray
        | Defect::WithoutAlg
        | Defect::MislabelledAlgorithm
        | Defect::DuplicateHeader => header(&["alg"]),
        Defect::WrongKey
        | Defect::CorruptSignature
        | Defect::ShortSignature
        | Defect::LongSignature
        | Defect::ZeroSignature
        | Defect::EmptySignature => forged(&[]),
        Defect::SwappedSubject => difference(&[], &["sub"], false, "compact"),
        Defect::UnknownKid
        | Defect::WithoutKid
        | Defect::EmptyKid
        | Defect::KidAsNumber
        | Defect::KidAsPath
        | Defect::KidAsSql => header(&["kid"]),
        Defect::EmbeddedJwk => forged(&["jwk"]),
        Defect::KeySetUrl => forged(&["jku"]),
        Defect::CertificateUrl => forged(&["x5u"]),
        Defect::CertificateChain => forged(&["x5c"]),
        Defect::WrongType | Defect::TypeAsNumber => header(&["typ"]),
        Defect::CritHeader => header(&["crit", "urn:example:unknown"]),
        Defect::CritEmpty
        | Defect::CritNamesStandardParameter
        | Defect::CritNamesAbsentParameter => header(&["crit"]),
        Defect::UnencodedPayload => header(&["b64", "crit"]),
        Defect::HeaderInArray => header(&["not an object"]),
        Defect::Nested => difference(&["cty"], &["not an object"], true, "compact"),
        Defect::Truncated => difference(&[], &[], false, "2 parts"),
        Defect::ExtraPart => text("4 parts"),
        Defect::FiveParts => text("5 parts"),
        Defect::PaddedSignature | Defect::NoncanonicalSignature => text("not canonical"),
        other => panic!("{other:?} is new: say in what it differs"),
    }
}

/// Members as JSON texts by their names; each of a repeated one, and one name for what is no object.
fn members(part: &[u8]) -> BTreeMap<String, Vec<String>> {
    let mut found = BTreeMap::<String, Vec<String>>::new();
    let mut add = |name: &str, value: String| {
        found.entry(name.to_owned()).or_default().push(value);
    };
    if !matches!(serde_json::from_slice(part), Ok(Value::Object(_))) {
        add("not an object", String::from_utf8_lossy(part).into_owned());
        return found;
    }
    struct Each<'a>(&'a mut dyn FnMut(&str, String));
    impl<'de> serde::de::Visitor<'de> for Each<'_> {
        type Value = ();
        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("an object")
        }
        fn visit_map<M: serde::de::MapAccess<'de>>(self, mut map: M) -> Result<(), M::Error> {
            while let Some((name, value)) = map.next_entry::<String, Value>()? {
                (self.0)(&name, value.to_string());
            }
            Ok(())
        }
    }
    let mut read = serde_json::Deserializer::from_slice(part);
    serde::Deserializer::deserialize_map(&mut read, Each(&mut add)).unwrap();
    found
}

fn differing(control: &[u8], other: &[u8]) -> Vec<String> {
    let (control, other) = (members(control), members(other));
    if other.contains_key("not an object") {
        return vec!["not an object".to_owned()];
    }
    let mut names: Vec<_> = control.keys().chain(other.keys()).cloned().collect();
    names.sort();
    names.dedup();
    names.retain(|name| control.get(name) != other.get(name));
    names
}

/// The three parts that a token of any form was made from.
fn parts(token: &str) -> (Vec<&str>, &'static str) {
    let parts: Vec<&str> = token.split('.').collect();
    match *parts.as_slice() {
        [header, claims] => (vec![header, claims, ""], "2 parts"),
        [header, claims, signature] => (vec![header, claims, signature], "compact"),
        [header, claims, signature, ""] => (vec![header, claims, signature], "4 parts"),
        [header, "", claims, signature, _] => (vec![header, claims, signature], "5 parts"),
        _ => panic!("a form that the test does not know"),
    }
}

#[tokio::test]
async fn each_defect_differs_from_the_control_in_one_respect() {
    let scalekit = MockScalekit::start().await;
    let keys = jwks(&scalekit).await;
    let key = &keys["keys"][0];
    let control = scalekit.token();
    let good = control.sign();
    assert!(is_signed_by(&good, key), "the control is valid");
    let (good_parts, _) = parts(&good);
    for defect in Defect::all() {
        let token = control.clone().with(*defect).sign();
        let (bad, mut form) = parts(&token);
        let mut signature = bad[2].trim_end_matches('=').to_owned();
        let is_other_text = bad[0] == good_parts[0]
            && bad[1] == good_parts[1]
            && signature.len() == good_parts[2].len()
            && signature[..signature.len() - 1] == good_parts[2][..signature.len() - 1]
            && bad[2] != good_parts[2];
        if is_other_text {
            (form, signature) = ("not canonical", good_parts[2].to_owned());
        }
        let rejoined = format!("{}.{}.{signature}", bad[0], bad[1]);
        let seen = (
            differing(&decode(good_parts[0]), &decode(bad[0])),
            differing(&decode(good_parts[1]), &decode(bad[1])),
            is_signed_by(&rejoined, key),
            form,
        );
        let Difference {
            header,
            claims,
            is_signed,
            form,
        } = expected(*defect);
        let owned = |names: Vec<&str>| names.into_iter().map(str::to_owned).collect::<Vec<_>>();
        let expected = (owned(header), owned(claims), is_signed, form);
        assert_eq!(seen, expected, "{defect}");
    }
}

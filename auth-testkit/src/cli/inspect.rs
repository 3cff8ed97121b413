//! `mock-scalekit inspect`: decodes a token and notes what a verifier for Scalekit would object to. It works
//! offline, so the signature is not checked.

use std::fmt::Write;
use std::io::Read;
use std::process::ExitCode;
use std::time::{Duration, SystemTime};

use auth_core::support::json::{self, Rules};
use auth_core::token::pasted_token;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use clap::Args;
use humantime::format_rfc3339_seconds;
use serde_json::{Map, Value};

use super::{Failure, print};

/// Decodes a token. Exit codes: 0 it was decoded, 1 it is no signed JWT.
#[derive(Debug, Args)]
pub(super) struct Inspect {
    /// The token, with or without `Authorization: Bearer` before it; - reads it from the standard input,
    /// which leaves it in no shell history
    token: String,
}

impl Inspect {
    pub(super) fn main(&self) -> Result<ExitCode, Failure> {
        let mut text = self.token.clone();
        if text == "-" {
            text.clear();
            std::io::stdin().read_to_string(&mut text)?;
        }
        let explained = Explained::of(pasted_token(&text), SystemTime::now());
        print(explained.text.trim_end())?;
        Ok(match explained.is_read {
            true => ExitCode::SUCCESS,
            false => ExitCode::FAILURE,
        })
    }
}

/// What is printed.
struct Explained {
    text: String,
    /// Whether the token has a header and claims that could be decoded.
    is_read: bool,
}

impl Explained {
    fn of(token: &str, now: SystemTime) -> Self {
        let mut text = String::new();
        let is_read = explain(token, now, &mut text);
        Self { text, is_read }
    }
}

/// Writes the whole text, and returns whether the header and the claims could be decoded.
fn explain(token: &str, now: SystemTime, text: &mut String) -> bool {
    let parts: Vec<&str> = token.split('.').collect();
    let [header, claims, signature] = parts.as_slice() else {
        let _ = writeln!(
            text,
            "not a signed JWT: expected three parts with dots between them, got {}",
            parts.len()
        );
        if parts.len() == 5 {
            let _ = writeln!(
                text,
                "five parts are those of an encrypted token (RFC 7516)"
            );
        } else if parts.len() == 1 {
            let _ = writeln!(
                text,
                "it may be opaque: only its issuer knows what it means"
            );
        }
        return false;
    };
    let mut notes = Vec::new();
    let header = part(text, &mut notes, "header", header);
    let claims = part(text, &mut notes, "claims", claims);
    let is_read = header.is_some() && claims.is_some();
    let bytes = URL_SAFE_NO_PAD.decode(signature);
    let _ = match &bytes {
        Ok(bytes) => writeln!(text, "signature\n  {} bytes, not checked", bytes.len()),
        Err(_) => writeln!(text, "signature\n  not base64url"),
    };
    if bytes.is_ok_and(|bytes| bytes.is_empty()) {
        notes.push("nothing signs it: no verifier may accept it".to_owned());
    }
    if let Some(header) = header {
        about_header(&header, &mut notes);
    }
    if let Some(claims) = claims {
        about_claims(&claims, now, &mut notes);
    }
    text.push_str("notes\n");
    for note in notes {
        let _ = writeln!(text, "  - {note}");
    }
    is_read
}

/// Writes a part of the token, and returns its members.
fn part(
    text: &mut String,
    notes: &mut Vec<String>,
    name: &str,
    encoded: &str,
) -> Option<Map<String, Value>> {
    let _ = writeln!(text, "{name}");
    let Ok(bytes) = URL_SAFE_NO_PAD.decode(encoded) else {
        notes.push(format!(
            "the {name} is not base64url without padding (RFC 7515 section 2)"
        ));
        return None;
    };
    let Ok(Value::Object(members)) = json::value(&bytes, Rules::STRICT.duplicates_allowed()) else {
        notes.push(format!("the {name} is not a JSON object"));
        return None;
    };
    for (member, value) in &members {
        let time = matches!(member.as_str(), "exp" | "nbf" | "iat" | "auth_time");
        let moment = value.as_u64().filter(|_| time).and_then(moment);
        let _ = match moment {
            Some(moment) => {
                writeln!(
                    text,
                    "  {member:<10} {value}  {}",
                    format_rfc3339_seconds(moment)
                )
            }
            None => writeln!(text, "  {member:<10} {value}"),
        };
    }
    Some(members)
}

fn moment(seconds: u64) -> Option<SystemTime> {
    // Beyond the year 9999 there is nothing to be shown.
    let shown = (seconds < 253_402_300_800).then_some(seconds)?;
    SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(shown))
}

fn about_header(header: &Map<String, Value>, notes: &mut Vec<String>) {
    match header.get("alg").and_then(Value::as_str) {
        Some("RS256") => {}
        Some(alg) if alg.eq_ignore_ascii_case("none") => {
            notes.push("alg none: nothing signs it, no verifier may accept it".to_owned());
        }
        Some(alg) if alg.starts_with("HS") => notes.push(format!(
            "alg {alg} is symmetric: a party that can verify it can forge it, and Scalekit does not use it"
        )),
        Some(alg) => notes.push(format!("alg {alg}: Scalekit signs with RS256")),
        None => notes.push("alg is missing".to_owned()),
    }
    match header.get("typ").and_then(Value::as_str) {
        None | Some("JWT" | "at+jwt" | "application/at+jwt") => {}
        Some(typ) => notes.push(format!("typ {typ}: not the type of an access token")),
    }
    if !header.contains_key("kid") {
        notes.push("kid is missing: with more than one key the right one is unknown".to_owned());
    }
    for name in ["jwk", "jku", "x5u", "x5c"] {
        if header.contains_key(name) {
            notes.push(format!(
                "{name} contains or references a key: no verifier may use it"
            ));
        }
    }
    if header.contains_key("crit") {
        notes.push(
            "crit demands an extension: a verifier that does not know it must refuse".to_owned(),
        );
    }
}

fn about_claims(claims: &Map<String, Value>, now: SystemTime, notes: &mut Vec<String>) {
    let text = |name: &str| claims.get(name).and_then(Value::as_str);
    match (text("sub"), text("client_id")) {
        (None, _) => notes.push("sub is missing: the token names no subject".to_owned()),
        (Some(sub), Some(client)) if sub == client => {
            notes.push("sub is client_id: a machine's token, no user is behind it".to_owned());
        }
        _ => {}
    }
    for name in ["iss", "aud"] {
        if !claims.contains_key(name) {
            notes.push(format!("{name} is missing"));
        }
    }
    let audiences: Vec<&str> = match claims.get("aud") {
        Some(Value::Array(all)) => all.iter().filter_map(Value::as_str).collect(),
        Some(Value::String(one)) => vec![one],
        _ => Vec::new(),
    };
    if !audiences.is_empty() && !audiences.iter().any(|aud| aud.starts_with("res_")) {
        notes.push(
            "aud has no resource id (res_…): it is for no MCP server of Scalekit's".to_owned(),
        );
    }
    match claims.get("exp").map(Value::as_u64) {
        None => notes.push("exp is missing: the token would never expire".to_owned()),
        Some(None) => notes.push("exp is not a number of seconds".to_owned()),
        Some(Some(exp)) => notes.push(life(exp, now)),
    }
    if claims.contains_key("cnf") {
        notes.push("cnf binds it to a key: it is not valid as a plain bearer token".to_owned());
    }
    if !claims.contains_key("scope") && !claims.contains_key("scopes") {
        notes.push("no scopes: only operations without a required scope are allowed".to_owned());
    }
}

fn life(exp: u64, now: SystemTime) -> String {
    let now = now
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default()
        .as_secs();
    match exp.checked_sub(now) {
        Some(left) if left > 0 => format!("it expires in {}", span(left)),
        _ => format!("it has expired {} ago", span(now - exp)),
    }
}

/// In the largest unit that has at least two.
fn span(seconds: u64) -> String {
    match seconds {
        0..120 => format!("{seconds} s"),
        120..7200 => format!("{} min", seconds / 60),
        7200..172_800 => format!("{} h", seconds / 3600),
        _ => format!("{} days", seconds / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Defect, MockScalekit};

    fn explained(token: &str, now: SystemTime) -> String {
        Explained::of(token, now).text
    }

    #[test]
    fn each_defect_that_can_be_seen_without_keys_is_noted() {
        let scalekit = MockScalekit::builder().start_blocking();
        let now = scalekit.clock().now();
        let control = scalekit.token();
        let good = explained(&control.sign(), now);
        assert!(
            good.ends_with("notes\n  - it expires in 60 min\n"),
            "{good}"
        );
        for (defect, note) in [
            (Defect::Expired, "it has expired 60 min ago"),
            (Defect::WithoutExp, "exp is missing"),
            (Defect::ExpAsString, "exp is not a number of seconds"),
            (Defect::WithoutIssuer, "iss is missing"),
            (Defect::WithoutAudience, "aud is missing"),
            (Defect::AudienceIsOnlyTheUrl, "aud has no resource id"),
            (Defect::WithoutSubject, "sub is missing"),
            (Defect::BoundToAKey, "cnf binds it to a key"),
            (Defect::AlgNone, "alg none: nothing signs it"),
            (Defect::AlgNoneInOtherCase, "alg none: nothing signs it"),
            (Defect::Hs256WithPublicKey, "alg HS256 is symmetric"),
            (
                Defect::WrongAlgorithm,
                "alg RS384: Scalekit signs with RS256",
            ),
            (Defect::WithoutAlg, "alg is missing"),
            (Defect::WithoutKid, "kid is missing"),
            (Defect::EmbeddedJwk, "jwk contains or references a key"),
            (Defect::KeySetUrl, "jku contains or references a key"),
            (Defect::EmptySignature, "nothing signs it"),
            (Defect::WrongType, "typ logout+jwt: not the type"),
            (Defect::CritHeader, "crit demands an extension"),
            (Defect::ClaimsInArray, "the claims is not a JSON object"),
            (Defect::HeaderInArray, "the header is not a JSON object"),
            (
                Defect::Truncated,
                "expected three parts with dots between them, got 2",
            ),
            (Defect::FiveParts, "those of an encrypted token"),
        ] {
            let text = explained(&control.clone().with(defect).sign(), now);
            assert!(text.contains(note), "{defect}: {text}");
        }
        let machine = explained(&control.clone().machine().sign(), now);
        assert!(machine.contains("a machine's token"));
        assert!(explained("opaque", now).contains("it may be opaque"));
    }
}

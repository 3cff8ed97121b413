//! Stored tokens as text.

use serde_json::Value;

use super::time;
use crate::{
    jwt, redact,
    store::{Record, Tokens},
};

/// Claims that contain a time.
const MOMENTS: [&str; 4] = ["exp", "iat", "nbf", "auth_time"];

/// Whether secrets are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Secrets {
    /// Without secrets.
    Hidden,
    /// With secrets, on request (`--reveal`).
    Revealed,
}

/// One entry per login: URL, issuer, subject, scopes, expiry.
pub(super) fn summary(record: &Record) -> String {
    let Some((tokens, credentials)) = record.tokens().zip(record.credentials.as_ref()) else {
        return format!(
            "{}\n  no tokens, only a registration",
            redact::printable(&record.server)
        );
    };
    let subject = jwt::unverified_claims(&tokens.access_token)
        .and_then(|claims| Some(claims.get("sub")?.as_str()?.to_owned()));
    let issuer = record.issuer.as_deref().unwrap_or("unknown");
    [
        redact::printable(&record.server),
        format!("  issuer   {}", redact::printable(issuer)),
        format!(
            "  subject  {}",
            redact::printable(&subject.unwrap_or_else(|| "unknown (the token is opaque)".into()))
        ),
        format!("  scopes   {}", scopes(&credentials.granted_scopes)),
        format!(
            "  expires  {}",
            expiry(&tokens, credentials.token_received_at)
        ),
    ]
    .join("\n")
}

/// The summary, the client, and the claims of the access token, which were not verified.
pub(super) fn details(record: &Record, secrets: Secrets) -> String {
    let mut lines = vec![summary(record)];
    if let Some(credentials) = &record.credentials {
        lines.push(format!(
            "  client   {}",
            redact::printable(&credentials.client_id)
        ));
    }
    if let Some(tokens) = record.tokens() {
        lines.push(format!(
            "  refresh  {}",
            if tokens.refresh_token.is_some() {
                "possible"
            } else {
                "not possible: no refresh token was issued"
            }
        ));
        match jwt::unverified_claims(&tokens.access_token) {
            None => lines.push("  claims   none to show: the access token is opaque".into()),
            Some(claims) => {
                lines.push("  claims   (decoded, not verified)".into());
                lines.extend(claims.iter().map(|(name, value)| {
                    format!("    {:<12} {}", redact::printable(name), claim(name, value))
                }));
            }
        }
    }
    if secrets == Secrets::Revealed {
        lines.push("  secrets  (with these, any program can act as you)".into());
        lines.extend(
            revealed(record).into_iter().map(|(name, secret)| {
                format!("    {name:<14} {}", redact::printable_lines(&secret))
            }),
        );
    }
    lines.join("\n")
}

/// The secrets of a record, with the names that they have in OAuth.
pub(super) fn revealed(record: &Record) -> Vec<(&'static str, String)> {
    let tokens = record.tokens();
    let client = record.registration_of_tokens();
    let (access, refresh) = tokens.map_or((None, None), |tokens| {
        (Some(tokens.access_token), tokens.refresh_token)
    });
    [
        ("access_token", access),
        ("refresh_token", refresh),
        (
            "client_secret",
            client.and_then(|client| client.client_secret.clone()),
        ),
    ]
    .into_iter()
    .filter_map(|(name, secret)| Some((name, secret?)))
    .collect()
}

fn claim(name: &str, value: &Value) -> String {
    match value {
        _ if redact::is_secret(name) => "...".into(),
        Value::Number(number) if MOMENTS.contains(&name) => number.as_u64().map_or_else(
            || number.to_string(),
            |seconds| format!("{seconds} ({})", time::utc(seconds)),
        ),
        Value::String(text) => redact::printable(text),
        other => redact::printable(&other.to_string()),
    }
}

fn scopes(scopes: &[String]) -> String {
    if scopes.is_empty() {
        "none named".into()
    } else {
        redact::printable(&scopes.join(" "))
    }
}

fn expiry(tokens: &Tokens, received_at: Option<u64>) -> String {
    let Some(at) = tokens
        .expires_in
        .zip(received_at)
        .map(|(lives, received)| received.saturating_add(lives))
    else {
        return "unknown".into();
    };
    let state = match (at.checked_sub(jwt::now()), &tokens.refresh_token) {
        (Some(left), _) if left > 0 => format!("in {}", span(left)),
        (_, Some(_)) => "expired, will be refreshed".into(),
        (_, None) => "expired".into(),
    };
    format!("{} ({state})", time::utc(at))
}

fn span(seconds: u64) -> String {
    match seconds {
        0..=119 => format!("{seconds} s"),
        120..=7_199 => format!("{} min", seconds / 60),
        7_200..=172_799 => format!("{} h", seconds / 3600),
        _ => format!("{} days", seconds / 86_400),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]

    use serde_json::json;

    use super::*;

    #[test]
    fn secrets_are_shown_only_on_request() {
        let record: Record = serde_json::from_value(json!({
            "server": "http://localhost:8000/mcp",
            "issuer": "http://localhost:9000",
            "client": {
                "client_id": "client-1",
                "client_secret": "secret-of-the-test",
                "redirect_uri": "http://localhost:8000/auth/callback",
                "issuer": "http://localhost:9000",
            },
            "credentials": {
                "client_id": "client-1",
                "token_response": {
                    "access_token": "access-token-of-the-test",
                    "token_type": "bearer",
                    "refresh_token": "refresh-token-of-the-test",
                    "expires_in": 60,
                },
                "granted_scopes": ["read"],
                "token_received_at": 1,
            },
        }))
        .unwrap();
        let hidden = format!("{} {}", summary(&record), details(&record, Secrets::Hidden));
        let revealed = details(&record, Secrets::Revealed);
        for secret in [
            "access-token-of-the-test",
            "refresh-token-of-the-test",
            "secret-of-the-test",
        ] {
            assert!(!hidden.contains(secret), "{secret} in {hidden}");
            assert!(revealed.contains(secret), "{secret}");
        }
    }
}

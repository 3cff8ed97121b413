//! Members of a token response (RFC 6749 section 5.1) as misbehaviours have them.

use serde_json::{Value, json};

use crate::settings::{Misbehaviour, Settings};

/// The values of members; none: the member is left out.
fn table(body: &Value) -> [(Misbehaviour, &'static str, Option<Value>); 9] {
    let lifetime = &body["expires_in"];
    let scopes: Vec<&str> = body["scope"]
        .as_str()
        .unwrap_or_default()
        .split(' ')
        .collect();
    [
        (Misbehaviour::TokenTypeMac, "token_type", Some("mac".into())),
        (
            Misbehaviour::TokenTypeUnknown,
            "token_type",
            Some("N_A".into()),
        ),
        (Misbehaviour::TokenTypePop, "token_type", Some("PoP".into())),
        (Misbehaviour::TokenTypeEmpty, "token_type", Some("".into())),
        (Misbehaviour::TokenTypeAbsent, "token_type", None),
        (
            Misbehaviour::ExpiresInString,
            "expires_in",
            Some(lifetime.to_string().into()),
        ),
        (
            Misbehaviour::ExpiresInFraction,
            "expires_in",
            lifetime.as_f64().map(|all| (all + 0.5).into()),
        ),
        (
            Misbehaviour::ExpiresInNegative,
            "expires_in",
            Some((-1).into()),
        ),
        (Misbehaviour::ScopeList, "scope", Some(json!(scopes))),
    ]
}

/// Changes the members that the issuer is set to misbehave in.
pub(super) fn alter(settings: &Settings, body: &mut Value) {
    for (misbehaviour, member, value) in table(body) {
        if !settings.misbehaves(misbehaviour) {
            continue;
        }
        match value {
            Some(value) => body[member] = value,
            None => {
                body.as_object_mut()
                    .and_then(|members| members.remove(member));
            }
        }
    }
}

/// What a refresh has for a refresh token when the client keeps its own: none unless the issuer is set to misbehave so.
pub(super) fn kept_refresh_token(settings: &Settings) -> Option<Value> {
    match () {
        () if settings.misbehaves(Misbehaviour::RefreshTokenEmpty) => Some("".into()),
        () if settings.misbehaves(Misbehaviour::RefreshTokenNull) => Some(Value::Null),
        () => None,
    }
}

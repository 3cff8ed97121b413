//! The discovery documents: of the resource's authorization server (RFC 8414) and of the
//! environment (OpenID Connect Discovery).

use serde_json::{Value, json};

use super::id_jag;
use crate::settings::{Misbehaviour, RefreshTokens, Settings};

/// Served at both well-known forms; the fields of a live document, plus
/// `token_endpoint_auth_methods_supported` and `authorization_response_iss_parameter_supported`.
pub(crate) fn of_resource(settings: &Settings) -> Value {
    let environment = &settings.environment_url;
    let issuer = settings.issuer();
    let mut scopes = settings.scopes.clone();
    if settings.refresh_tokens == RefreshTokens::Advertised {
        scopes.push("offline_access".to_owned());
    }
    let mut grant_types = vec!["authorization_code", "client_credentials", "refresh_token"];
    if !settings.trusted.is_empty() {
        grant_types.push(id_jag::GRANT_TYPE);
    }
    let auth_methods = match settings.misbehaves(Misbehaviour::RegistersSecretBasic) {
        true => &["client_secret_post"],
        false => AUTH_METHODS.as_slice(),
    };
    let mut document = json!({
        "issuer": match settings.misbehaves(Misbehaviour::MetadataOfAnotherIssuer) {
            true => "https://other.example".to_owned(),
            false => issuer.clone(),
        },
        "authorization_endpoint": format!("{issuer}/oauth/authorize"),
        "token_endpoint": settings.token_endpoint(),
        "jwks_uri": settings.keys_url(),
        "code_challenge_methods_supported": ["S256"],
        "grant_types_supported": grant_types,
        "scopes_supported": scopes,
        "response_types_supported": ["code"],
        "token_endpoint_auth_methods_supported": auth_methods,
        "authorization_response_iss_parameter_supported": true,
    });
    if settings.client_metadata_documents {
        document["client_id_metadata_document_supported"] = true.into();
    }
    if settings.resource_revocation {
        document["revocation_endpoint"] = settings.revocation_endpoint().into();
    }
    for (misbehaviour, member) in LEFT_OUT {
        if settings.misbehaves(misbehaviour)
            && let Some(members) = document.as_object_mut()
        {
            members.remove(member);
        }
    }
    if settings.dynamic_registration {
        let path = format!(
            "/api/v1/resources/{}/clients:register",
            settings.resource_id
        );
        document["registration_endpoint"] = format!("{environment}{path}").into();
    }
    document
}

/// The environment's own document: another issuer, and no registration.
pub(crate) fn of_environment(settings: &Settings) -> Value {
    let issuer = &settings.environment_url;
    json!({
        "issuer": issuer,
        "authorization_endpoint": format!("{issuer}/oauth/authorize"),
        "token_endpoint": format!("{issuer}/oauth/token"),
        "introspection_endpoint": format!("{issuer}/oauth/introspect"),
        "userinfo_endpoint": format!("{issuer}/userinfo"),
        "revocation_endpoint": settings.revocation_endpoint(),
        "jwks_uri": settings.keys_url(),
        "scopes_supported": ["openid", "profile", "email", "offline_access"],
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code", "client_credentials", "refresh_token"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": [format!("{:?}", settings.signing_algorithm)],
        "token_endpoint_auth_methods_supported": AUTH_METHODS,
        "code_challenge_methods_supported": ["S256"],
        "authorization_response_iss_parameter_supported": true,
    })
}

/// The members that misbehaviours leave out.
const LEFT_OUT: [(Misbehaviour, &str); 3] = [
    (
        Misbehaviour::MetadataWithoutPkce,
        "code_challenge_methods_supported",
    ),
    (Misbehaviour::MetadataWithoutTokenEndpoint, "token_endpoint"),
    (
        Misbehaviour::EmptyIssUnadvertised,
        "authorization_response_iss_parameter_supported",
    ),
];

const AUTH_METHODS: [&str; 3] = ["none", "client_secret_post", "client_secret_basic"];

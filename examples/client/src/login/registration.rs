//! Registers this client (RFC 7591), and reads what the issuer registered.

use rmcp::transport::auth::AuthorizationMetadata;
use serde_json::{Map, Value};
use url::Url;

use crate::{
    error::ClientError,
    json_object, redact,
    server_metadata::{AuthMethod, MetadataExt as _},
    store::RegisteredClient,
    transport::{OAuthHttp, is_outage},
    web_url::vet_web,
};

/// The name the client registers under.
const CLIENT_NAME: &str = "auth-scalekit example client";

/// Registers a client with one redirect URI. Without scopes, RFC 7591 section 2 leaves to the issuer which ones the client
/// may request.
///
/// The client asks to be public, since it cannot keep a secret from the user of its machine. Issuers that do not permit
/// this answer with another method, or refuse; some permit it and do not list it. One that refuses is asked once more,
/// with a method that it lists.
///
/// # Errors
///
/// [`ClientError::Registration`] when the issuer refuses, offers no registration, or registered a client that this one
/// cannot be.
pub(super) async fn register(
    http: &OAuthHttp,
    metadata: &AuthorizationMetadata,
    redirect_uri: &str,
    scopes: &[String],
) -> Result<RegisteredClient, ClientError> {
    let endpoint = metadata.registration_endpoint.as_deref().ok_or_else(|| {
        ClientError::Registration("its metadata has no registration_endpoint".into())
    })?;
    let request = |method| request_body(redirect_uri, scopes, method);
    let mut answer = post(http, endpoint, request(AuthMethod::None)).await?;
    if let (Answer::Refused(_), Some(method)) = (&answer, listed_method(metadata)) {
        answer = post(http, endpoint, request(method)).await?;
    }
    match answer {
        Answer::Registered(object) => read(&object, metadata, redirect_uri),
        Answer::Refused(reason) => Err(reason),
    }
    .map_err(ClientError::Registration)
}

/// The answer of a registration endpoint.
enum Answer {
    Registered(Map<String, Value>),
    Refused(String),
}

async fn post(http: &OAuthHttp, endpoint: &str, body: Vec<u8>) -> Result<Answer, ClientError> {
    let invalid = |why: String| ClientError::Registration(format!("registration_endpoint {why}"));
    let url = Url::parse(endpoint).map_err(|error| invalid(format!("is not a URL: {error}")))?;
    vet_web(&url).map_err(invalid)?;
    let response = http.register(&url, body).await?;
    let status = response.status();
    if is_outage(status) {
        return Err(ClientError::IssuerUnreachable {
            url: redact::url_without_query(&url),
            reason: format!("HTTP {}", status.as_u16()),
        });
    }
    let object = json_object::read(response.body());
    Ok(match object {
        Ok(object) if status.is_success() => Answer::Registered(object),
        Err(what) if status.is_success() => Answer::Refused(format!("its answer is {what}")),
        object => {
            let reason = object.ok().and_then(|object| error_of(&object));
            let status = format!("HTTP {}", status.as_u16());
            Answer::Refused(reason.map_or_else(|| status.clone(), |why| format!("{status}, {why}")))
        }
    })
}

fn request_body(redirect_uri: &str, scopes: &[String], method: AuthMethod) -> Vec<u8> {
    let mut request = serde_json::json!({
        "client_name": CLIENT_NAME,
        "redirect_uris": [redirect_uri],
        "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"],
        "token_endpoint_auth_method": method.name(),
        // OpenID Connect Registration section 2: redirects to loopback are for native clients.
        "application_type": "native",
    });
    if let Some(members) = request.as_object_mut()
        && !scopes.is_empty()
    {
        members.insert("scope".to_owned(), scopes.join(" ").into());
    }
    request.to_string().into_bytes()
}

/// A method with a secret that the issuer lists; none when it permits public clients, or lists nothing.
fn listed_method(metadata: &AuthorizationMetadata) -> Option<AuthMethod> {
    let lists = |method: AuthMethod| metadata.supports_auth_method(method.name()) == Some(true);
    let mut methods = [AuthMethod::SecretBasic, AuthMethod::SecretPost].into_iter();
    methods.find(|method| lists(*method) && !lists(AuthMethod::None))
}

/// Reads the answer. What was registered counts, not what was asked for (RFC 7591 section 3.2.1).
fn read(
    object: &Map<String, Value>,
    metadata: &AuthorizationMetadata,
    redirect_uri: &str,
) -> Result<RegisteredClient, String> {
    let text = |member| json_object::text(object, member);
    let client_id = text("client_id").ok_or("its answer lacks `client_id`")?;
    let registered = object.get("redirect_uris").and_then(Value::as_array);
    // Some issuers leave the list out.
    if registered.is_some_and(|uris| {
        !uris.is_empty() && !uris.iter().any(|uri| uri.as_str() == Some(redirect_uri))
    }) {
        return Err(format!(
            "it registered other redirect URIs than {redirect_uri}"
        ));
    }
    let client_secret = text("client_secret");
    let method = match text("token_endpoint_auth_method").as_deref() {
        Some(name) => AuthMethod::from_name(name).ok_or_else(|| {
            format!(
                "it registered this client for {}, which this client cannot do",
                redact::printable(name)
            )
        })?,
        // RFC 7591 section 2: client_secret_basic, unless the issuer accepts secrets in the body alone.
        None if client_secret.is_some() => metadata.secret_method(),
        None => AuthMethod::None,
    };
    if method != AuthMethod::None && client_secret.is_none() {
        return Err(format!(
            "it registered this client for {} and gave it no secret",
            method.name()
        ));
    }
    Ok(RegisteredClient {
        client_id,
        client_secret: client_secret.filter(|_| method != AuthMethod::None),
        redirect_uri: redirect_uri.to_owned(),
        issuer: metadata.issuer.clone(),
        auth_method: Some(method),
    })
}

/// RFC 7591 section 3.2.2.
fn error_of(object: &Map<String, Value>) -> Option<String> {
    let error = redact::printable(object.get("error")?.as_str()?);
    let description = object.get("error_description").and_then(Value::as_str);
    Some(match description {
        Some(description) => format!("{error}: {}", redact::printable(description)),
        None => error,
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]

    use serde_json::json;

    use super::*;

    const REDIRECT: &str = "http://localhost:8000/auth/callback";

    fn metadata(methods: &[&str]) -> AuthorizationMetadata {
        let mut metadata = AuthorizationMetadata::default();
        if !methods.is_empty() {
            let member = "token_endpoint_auth_methods_supported";
            metadata
                .additional_fields
                .insert(member.into(), json!(methods));
        }
        metadata
    }

    fn method(answer: &Value, methods: &[&str]) -> Result<(AuthMethod, bool), String> {
        let client = read(answer.as_object().unwrap(), &metadata(methods), REDIRECT)?;
        Ok((client.auth_method.unwrap(), client.client_secret.is_some()))
    }

    #[test]
    fn what_was_registered_counts() {
        let (id, secret) = (json!("c"), json!("s"));
        let basic = (AuthMethod::SecretBasic, true);
        let post = (AuthMethod::SecretPost, true);
        let none = (AuthMethod::None, false);
        let rows = [
            (json!({ "client_id": id }), &[][..], Ok(none)),
            (
                json!({ "client_id": id, "client_secret": "" }),
                &[],
                Ok(none),
            ),
            (
                json!({ "client_id": id, "client_secret": secret }),
                &[],
                Ok(basic),
            ),
            (
                json!({ "client_id": id, "client_secret": secret }),
                &["client_secret_post"],
                Ok(post),
            ),
            (
                json!({ "client_id": id, "client_secret": secret, "token_endpoint_auth_method": "client_secret_post" }),
                &["client_secret_basic"],
                Ok(post),
            ),
            (
                json!({ "client_id": id, "client_secret": secret, "token_endpoint_auth_method": "client_secret_basic" }),
                &["client_secret_post"],
                Ok(basic),
            ),
            (
                json!({ "client_id": id, "client_secret": secret, "token_endpoint_auth_method": "none" }),
                &[],
                Ok(none),
            ),
            (
                json!({ "client_id": id, "redirect_uris": [REDIRECT, "https://other.example/"] }),
                &[],
                Ok(none),
            ),
            (
                json!({ "client_id": id, "redirect_uris": ["https://other.example/"] }),
                &[],
                Err("other redirect URIs"),
            ),
            (
                json!({ "client_id": id, "token_endpoint_auth_method": "private_key_jwt" }),
                &[],
                Err("for private_key_jwt, which this client cannot do"),
            ),
            (
                json!({ "client_id": id, "token_endpoint_auth_method": "client_secret_post" }),
                &[],
                Err("gave it no secret"),
            ),
            (
                json!({ "client_secret": secret }),
                &[],
                Err("lacks `client_id`"),
            ),
        ];
        for (answer, methods, expected) in rows {
            match (method(&answer, methods), expected) {
                (Ok(found), Ok(expected)) => assert_eq!(found, expected, "{answer}"),
                (Err(found), Err(says)) => assert!(found.contains(says), "{found}"),
                (found, _) => panic!("{answer}: {found:?}"),
            }
        }
    }

    #[test]
    fn a_secret_is_asked_for_only_where_the_issuer_demands_one() {
        let rows: [(&[&str], Option<AuthMethod>); 5] = [
            (&[], None),
            (&["client_secret_basic", "none"], None),
            (
                &["client_secret_post", "client_secret_basic"],
                Some(AuthMethod::SecretBasic),
            ),
            (
                &["private_key_jwt", "client_secret_post"],
                Some(AuthMethod::SecretPost),
            ),
            (&["private_key_jwt"], None),
        ];
        for (methods, expected) in rows {
            assert_eq!(listed_method(&metadata(methods)), expected, "{methods:?}");
        }
    }
}

//! The authorization endpoint (RFC 6749 section 4.1.1): approves at once, as the configured user.

use std::sync::Arc;
use std::time::SystemTime;

use http::StatusCode;
use url::Url;

use super::client::Registered;
use super::error::OAuthError;
use super::grant::Grant;
use super::params::Params;
use super::pkce::Challenge;
use super::{Code, code, resource, scope};
use crate::id;
use crate::issuer::State;
use crate::issuer::reply::{self, Reply};
use crate::secret::Secret;
use crate::settings::Settings;

pub(crate) fn answer(
    settings: &Settings,
    state: &mut State,
    params: &Params,
    now: SystemTime,
) -> Reply {
    let (client_id, client, redirect_uri) = match destination(state, params) {
        Ok(found) => found,
        // Never redirect to an address that is not known to be the client's (RFC 6749 section 4.1.2.1).
        Err(why) => return reply::text(StatusCode::BAD_REQUEST, &why),
    };
    let outcome = match state.denials.pop_front() {
        Some(error) => Err(OAuthError::new(&error, "the test scripted this answer")),
        None => issue(
            settings,
            state,
            params,
            (&client_id, &client, &redirect_uri),
            now,
        ),
    };
    let mut location = Url::parse(&redirect_uri).expect("redirect uris are vetted");
    let mut query = location.query_pairs_mut();
    match &outcome {
        Ok(code) => query.append_pair("code", code.reveal()),
        Err(error) => query
            .append_pair("error", &error.code)
            .append_pair("error_description", &error.description),
    };
    // Of two states neither is sent back: which one the client meant is anybody's guess.
    if let Some(value) = params.get("state").filter(|_| !params.repeats("state")) {
        query.append_pair("state", value);
    }
    // RFC 9207 section 2: in answers of both kinds.
    query.append_pair("iss", &settings.issuer());
    drop(query);
    reply::redirect(location.as_str())
}

/// The client and where to send its user, or why there is no such place.
fn destination(state: &State, params: &Params) -> Result<(String, Registered, String), String> {
    if params.repeats("client_id") || params.repeats("redirect_uri") {
        return Err("invalid_request: client_id or redirect_uri is there more than once".into());
    }
    let id = params
        .get("client_id")
        .ok_or("invalid_request: client_id is missing")?;
    let client = state.clients.get(id).ok_or(
        // Scalekit takes every unknown id for the URL of a client metadata document.
        "invalid_client_metadata_url: the client is not known to this mock. register it at the \
         registration endpoint or with MockScalekit::register_client; client metadata documents \
         are not fetched, register their url as the id",
    )?;
    let uri = match (params.get("redirect_uri"), client.redirect_uris.as_slice()) {
        (Some(uri), known) if known.iter().any(|known| known == uri) => uri,
        (Some(_), _) => {
            return Err(
                "invalid_request: redirect_uri is not registered for this client; it is \
                        compared byte for byte, the port too"
                    .into(),
            );
        }
        (None, [only]) => only,
        (None, _) => return Err("invalid_request: redirect_uri is missing".into()),
    };
    Ok((id.to_owned(), client.clone(), uri.to_owned()))
}

fn issue(
    settings: &Settings,
    state: &mut State,
    params: &Params,
    (client_id, client, redirect_uri): (&str, &Registered, &str),
    now: SystemTime,
) -> Result<Secret, OAuthError> {
    params.check_single()?;
    if params.need("response_type")? != "code" {
        return Err(OAuthError::new(
            "unsupported_response_type",
            "response_type must be code",
        ));
    }
    let challenge = Challenge::of_request(params)?;
    let resources = resource::requested(settings, params)?;
    let scopes = scope::grant_user(settings, client, params.get("scope"))?;
    let grant = Grant {
        id: state.new_grant(),
        client_id: client_id.to_owned(),
        resources,
        scopes,
        user: state.user.clone(),
        session_id: id::fresh("ses"),
    };
    let code = Code {
        grant: Arc::new(grant),
        redirect_uri: redirect_uri.to_owned(),
        redirect_uri_named: params.get("redirect_uri").is_some(),
        challenge,
        nonce: params.get("nonce").map(str::to_owned),
        expires: now + code::LIFETIME,
        used: false,
    };
    let secret = Secret::random();
    state.codes.insert(secret.clone(), code);
    Ok(secret)
}

//! Logout: the issuer revokes the tokens (RFC 7009), and they are removed here.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use http::HeaderValue;
use rmcp::transport::auth::{AuthorizationMetadata, CredentialStore as _};
use secrecy::ExposeSecret as _;
use url::form_urlencoded::{Serializer, byte_serialize};

use super::context::Context;
use crate::{
    error::ClientError,
    grants::{PrivateKey, append_client_assertion},
    options::ClientOptions,
    redact,
    server_metadata::{AuthMethod, AuthorizationServer, MetadataExt as _},
    store::Record,
    transport::refuses_client,
};

/// What happened to the tokens of one login. They are removed here in each case.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum LoggedOut {
    /// The issuer revoked them (RFC 7009).
    Revoked {
        /// The issuer.
        issuer: Option<String>,
    },
    /// They were only removed here, and stay valid until they expire.
    Forgotten {
        /// The issuer.
        issuer: Option<String>,
        /// Why the issuer did not revoke them.
        reason: String,
    },
}

/// Ends all logins at the server of the options, and calls `ended` after each.
///
/// # Errors
///
/// [`ClientError`] when there is no login, when the issuer cannot be reached, or when it refuses for any reason but
/// that it does not revoke tokens of this client. The tokens are then kept, so that the logout can be repeated.
pub async fn logout(
    options: ClientOptions,
    mut ended: impl FnMut(LoggedOut),
) -> Result<(), ClientError> {
    let context = Context::new(options)?;
    let server = &context.options.server;
    let known = context.store.of_server(server).await?;
    if known.is_empty() {
        return Err(ClientError::NoTokens(redact::url(server)));
    }
    for record in known {
        let entry =
            context
                .store
                .entry_of(server, record.issuer.as_deref(), record.account.as_deref());
        // A refresh by another process may be about to replace the tokens; those have to be revoked as well.
        let _guard = entry.acquire_refresh_guard().await?;
        if let Some(record) = entry.read().await? {
            let outcome = revoke(&context, &record).await?;
            entry.remove().await?;
            ended(outcome);
        }
    }
    Ok(())
}

/// Has the issuer revoke the tokens of the record, if it can.
async fn revoke(context: &Context, record: &Record) -> Result<LoggedOut, ClientError> {
    let issuer = record.issuer.clone();
    let forgotten = |reason: &str| LoggedOut::Forgotten {
        issuer: issuer.clone(),
        reason: reason.to_owned(),
    };
    let Some((tokens, credentials)) = record.tokens().zip(record.credentials.as_ref()) else {
        return Ok(forgotten("there were none, only a registration"));
    };
    let Some(AuthorizationServer { metadata, .. }) = &record.authorization_server else {
        return Ok(forgotten("it is not known where they come from"));
    };
    let Some(endpoint) = metadata.string("revocation_endpoint") else {
        return Ok(forgotten("the issuer offers no revocation"));
    };
    let client = Client::of(context, record, &credentials.client_id, metadata);
    let revoke_one = async |hint, token: &str| {
        let (form, authorization) = client.request(hint, token, metadata)?;
        context.http.revoke(endpoint, form, authorization).await
    };
    let access_token = || revoke_one("access_token", &tokens.access_token);
    let revoked = match &tokens.refresh_token {
        // The refresh token first: more tokens can come of it. Not every issuer can revoke access tokens.
        Some(token) => match revoke_one("refresh_token", token).await {
            Ok(()) => match access_token().await {
                Err(ClientError::Revocation(_)) => Ok(()),
                revoked => revoked,
            },
            refused => refused,
        },
        None => access_token().await,
    };
    match revoked {
        Ok(()) => Ok(LoggedOut::Revoked { issuer }),
        Err(ClientError::Revocation(error)) if refuses_client(&error) => {
            match record.client_registered_itself() {
                // The issuer would not accept a client that registered itself the next time either.
                true => Ok(forgotten(&format!(
                    "the issuer does not revoke for this client ({error})"
                ))),
                false => Err(ClientError::UnknownClient),
            }
        }
        Err(error) => Err(error),
    }
}

/// The client that the tokens belong to.
struct Client<'a> {
    id: &'a str,
    authentication: Authentication<'a>,
}

enum Authentication<'a> {
    None,
    /// In the header, unless the issuer accepts it in the body alone.
    Secret(&'a str, AuthMethod),
    Key(&'a PrivateKey),
}

impl<'a> Client<'a> {
    fn of(
        context: &'a Context,
        record: &'a Record,
        id: &'a str,
        metadata: &AuthorizationMetadata,
    ) -> Self {
        let given = context.options.preregistered.as_ref();
        let given = given.filter(|given| given.client_id == id);
        let registered = record.registration_of_tokens();
        let secret = given
            .and_then(|given| given.client_secret.as_ref())
            .map(|secret| secret.expose_secret())
            .or_else(|| registered.and_then(|client| client.client_secret.as_deref()));
        let key = given.and_then(|given| given.private_key.as_ref());
        let agreed = registered.and_then(|client| client.auth_method);
        let agreed = agreed.unwrap_or_else(|| metadata.secret_method());
        Self {
            id,
            authentication: match (key, secret) {
                (Some(key), _) => Authentication::Key(key),
                (None, Some(secret)) => Authentication::Secret(secret, agreed),
                (None, None) => Authentication::None,
            },
        }
    }

    /// The form of RFC 7009 section 2.1, and the `Authorization` header, if the client authenticates with one.
    fn request(
        &self,
        hint: &str,
        token: &str,
        metadata: &AuthorizationMetadata,
    ) -> Result<(String, Option<HeaderValue>), ClientError> {
        let mut form = Serializer::new(String::new());
        form.append_pair("token", token)
            .append_pair("token_type_hint", hint);
        let mut header = None;
        match self.authentication {
            Authentication::Key(key) => append_client_assertion(&mut form, self.id, key, metadata)?,
            Authentication::None => {
                form.append_pair("client_id", self.id);
            }
            Authentication::Secret(secret, agreed) if in_body(metadata, agreed) => {
                form.append_pair("client_id", self.id)
                    .append_pair("client_secret", secret);
            }
            Authentication::Secret(secret, _) => header = Some(basic(self.id, secret)?),
        }
        Ok((form.finish(), header))
    }
}

/// Whether the revocation endpoint wants the secret in the body; where its metadata does not say, as it was agreed for
/// the token endpoint.
fn in_body(metadata: &AuthorizationMetadata, agreed: AuthMethod) -> bool {
    let member = "revocation_endpoint_auth_methods_supported";
    match metadata.lists(member, AuthMethod::SecretPost.name()) {
        Some(_) => metadata.requires_secret_in_body(member),
        None => agreed == AuthMethod::SecretPost,
    }
}

/// HTTP Basic authentication; id and secret are form-encoded first (RFC 6749 section 2.3.1).
fn basic(id: &str, secret: &str) -> Result<HeaderValue, ClientError> {
    let encoded = |text: &str| byte_serialize(text.as_bytes()).collect::<String>();
    let credentials = STANDARD.encode(format!("{}:{}", encoded(id), encoded(secret)));
    let mut value = HeaderValue::try_from(format!("Basic {credentials}"))
        .map_err(|error| ClientError::Internal(redact::printable(&error.to_string())))?;
    value.set_sensitive(true);
    Ok(value)
}

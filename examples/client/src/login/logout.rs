//! The end of a login: the issuer revokes the tokens, and they are forgotten here.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use http::HeaderValue;
use rmcp::transport::auth::{AuthorizationMetadata, CredentialStore as _};
use url::form_urlencoded::{Serializer, byte_serialize};

use crate::{
    error::ClientError, grants::token_form, login::context::Context,
    options::client_options::ClientOptions, redact, server_metadata::Promises as _, store::Record,
};

/// What became of the tokens of a login. They are forgotten here in each case.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum LoggedOut {
    /// The issuer revoked them (RFC 7009).
    Revoked {
        /// Who.
        issuer: Option<String>,
    },
    /// Nobody was asked to, so that they are good until they expire, and why.
    Forgotten {
        /// Their issuer.
        issuer: Option<String>,
        /// Why it was not asked, or did not do it.
        reason: String,
    },
}

/// Ends all logins at the server of the options, and tells what became of each.
///
/// # Errors
///
/// [`ClientError`] when there is none, when the issuer cannot be found or asked, or says no for another reason
/// than that it does not revoke for this kind of client. The tokens are then still there, so that it can be
/// tried again.
pub async fn logout(
    options: ClientOptions,
    mut tell: impl FnMut(LoggedOut),
) -> Result<(), ClientError> {
    let context = Context::new(options)?;
    let server = &context.options.server;
    let known = context.store.of_server(server)?;
    if known.is_empty() {
        return Err(ClientError::NoTokens(redact::url(server)));
    }
    let resolution = context.manager().await?.resolve_metadata().await;
    let resolution = resolution.map_err(|error| context.unreachable(error.into()))?;
    let metadata = context.discovered(resolution, None)?;
    for record in known {
        let slot = context.store.slot(server, record.issuer.as_deref());
        // What a refresh of another process is about to bring has to be revoked as well.
        let _guard = slot.acquire_refresh_guard().await?;
        if let Some(record) = slot.read()? {
            let ended = end(&context, &metadata, &record).await?;
            slot.remove()?;
            tell(ended);
        }
    }
    Ok(())
}

async fn end(
    context: &Context,
    metadata: &AuthorizationMetadata,
    record: &Record,
) -> Result<LoggedOut, ClientError> {
    let issuer = record.issuer.clone();
    let forgotten = |reason: &str| LoggedOut::Forgotten {
        issuer: issuer.clone(),
        reason: reason.to_owned(),
    };
    let Some((tokens, credentials)) = record.tokens().zip(record.credentials.as_ref()) else {
        return Ok(forgotten("there were none, only a registration"));
    };
    if record.issuer != metadata.issuer {
        return Ok(forgotten("the server has another issuer now"));
    }
    let Some(endpoint) = metadata.text("revocation_endpoint") else {
        return Ok(forgotten("the issuer offers no revocation"));
    };
    let client = Client::of(context, record, &credentials.client_id);
    let revoke = async |hint, token: &str| {
        let (form, authorization) = client.request(hint, token, metadata)?;
        context.http.revoke(endpoint, form, authorization).await
    };
    let access_token = || revoke("access_token", &tokens.access_token);
    let revoked = match &tokens.refresh_token {
        // The one that more can come of goes first. Not every issuer can revoke the other.
        Some(token) => match revoke("refresh_token", token).await {
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
        Err(ClientError::Revocation(error))
            if ["invalid_client", "unauthorized_client"].contains(&error.as_str()) =>
        {
            match record.client_is_ours() {
                // It will not know this client any better the next time.
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
    proof: Proof<'a>,
}

enum Proof<'a> {
    None,
    Secret(&'a str),
    Key(&'a crate::grants::private_key::PrivateKey),
}

impl<'a> Client<'a> {
    fn of(context: &'a Context, record: &'a Record, id: &'a str) -> Self {
        let given = context.options.preregistered.as_ref();
        let given = given.filter(|given| given.client_id == id);
        let registered = record.client_of_tokens();
        let secret = given
            .and_then(|given| given.client_secret.as_deref())
            .or_else(|| registered.and_then(|client| client.client_secret.as_deref()));
        let key = given.and_then(|given| given.private_key.as_ref());
        Self {
            id,
            proof: match (key, secret) {
                (Some(key), _) => Proof::Key(key),
                (None, Some(secret)) => Proof::Secret(secret),
                (None, None) => Proof::None,
            },
        }
    }

    /// The form of RFC 7009 section 2.1, and the header that goes with it.
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
        match self.proof {
            Proof::Key(key) => token_form::prove(&mut form, self.id, key, metadata)?,
            Proof::None => {
                form.append_pair("client_id", self.id);
            }
            Proof::Secret(secret)
                if metadata
                    .takes_secret_in_body_alone("revocation_endpoint_auth_methods_supported") =>
            {
                form.append_pair("client_id", self.id)
                    .append_pair("client_secret", secret);
            }
            Proof::Secret(secret) => header = Some(basic(self.id, secret)?),
        }
        Ok((form.finish(), header))
    }
}

/// RFC 6749 section 2.3.1: both are form-encoded first.
fn basic(id: &str, secret: &str) -> Result<HeaderValue, ClientError> {
    let encoded = |text: &str| byte_serialize(text.as_bytes()).collect::<String>();
    let credentials = STANDARD.encode(format!("{}:{}", encoded(id), encoded(secret)));
    let mut value = HeaderValue::try_from(format!("Basic {credentials}"))
        .map_err(|error| ClientError::Mcp(redact::printable(&error.to_string())))?;
    value.set_sensitive(true);
    Ok(value)
}

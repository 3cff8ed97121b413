//! The end of a login: the issuer revokes the tokens, and they are forgotten here.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use http::HeaderValue;
use rmcp::transport::auth::AuthorizationMetadata;
use url::form_urlencoded::{Serializer, byte_serialize};

use super::{
    context::Context,
    error::ClientError,
    issuer::Promises as _,
    options::ClientOptions,
    redact,
    store::{Record, Tokens},
    token_form,
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

/// Ends all logins at the server of the options; nothing to end is an empty list.
///
/// # Errors
///
/// [`ClientError`] when the issuer cannot be found or asked, or says no for another reason than who this
/// client is. The tokens are then still there, so that it can be tried again.
pub async fn logout(options: ClientOptions) -> Result<Vec<LoggedOut>, ClientError> {
    let context = Context::new(options)?;
    let records = context.store.of_server(&context.options.server)?;
    if records.is_empty() {
        return Ok(Vec::new());
    }
    let resolution = context.manager().await?.resolve_metadata().await;
    let resolution = resolution.map_err(|error| context.unreachable(error.into()))?;
    let metadata = context.discovered(resolution, None)?;
    let mut ended = Vec::new();
    for record in records {
        ended.push(end(&context, &metadata, &record).await?);
        let issuer = record.issuer.as_deref();
        context
            .store
            .slot(&context.options.server, issuer)
            .remove()?;
    }
    Ok(ended)
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
    let (form, authorization) = client.request(&tokens, metadata)?;
    match context.http.revoke(endpoint, form, authorization).await {
        Ok(()) => Ok(LoggedOut::Revoked { issuer }),
        // It will not know this client any better the next time.
        Err(ClientError::Revocation(error))
            if ["invalid_client", "unauthorized_client"].contains(&error.as_str()) =>
        {
            Ok(forgotten(&match client.proof {
                Proof::None => {
                    format!("the issuer asks for a secret, which this client has not ({error})")
                }
                _ => format!("the issuer does not accept this client ({error})"),
            }))
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
    Key(&'a super::private_key::PrivateKey),
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

    /// The form of RFC 7009 section 2.1, and the header that goes with it. The refresh token is the one to
    /// revoke: what it was used for goes along.
    fn request(
        &self,
        tokens: &Tokens,
        metadata: &AuthorizationMetadata,
    ) -> Result<(String, Option<HeaderValue>), ClientError> {
        let mut form = Serializer::new(String::new());
        match &tokens.refresh_token {
            Some(token) => form
                .append_pair("token", token)
                .append_pair("token_type_hint", "refresh_token"),
            None => form
                .append_pair("token", &tokens.access_token)
                .append_pair("token_type_hint", "access_token"),
        };
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

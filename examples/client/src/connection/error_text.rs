//! rmcp's errors as messages for the user.

use std::error::Error;

use rmcp::{
    ServiceError,
    service::ClientInitializeError,
    transport::{auth::AuthError, streamable_http_client::StreamableHttpError},
};

use crate::{
    error::{ClientError, root_cause},
    login::Context,
    redact,
};

type HttpError = StreamableHttpError<reqwest::Error>;

/// Whether another handshake would fail in the same way: a failure of the network or of the token refresh.
pub(crate) fn is_final(error: &(dyn Error + 'static)) -> bool {
    error.downcast_ref::<AuthError>().is_some() || error.downcast_ref::<reqwest::Error>().is_some()
}

/// An error and its sources.
pub(crate) fn chain_of<'a>(
    error: &'a (dyn Error + 'static),
) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    // rmcp's boxed transport error is not a `source` of the error around it.
    let inner = match (
        error.downcast_ref::<ClientInitializeError>(),
        error.downcast_ref::<ServiceError>(),
    ) {
        (Some(ClientInitializeError::TransportError { error, .. }), _) => {
            Some(error.error.as_ref())
        }
        (Some(ClientInitializeError::LegacyFallbackFailed { fallback, .. }), _) => {
            match fallback.as_ref() {
                ClientInitializeError::TransportError { error, .. } => Some(error.error.as_ref()),
                _ => None,
            }
        }
        (_, Some(ServiceError::TransportSend(error))) => Some(error.error.as_ref()),
        _ => None,
    };
    let inner = inner.map(|error| error as &(dyn Error + 'static));
    std::iter::successors(Some(inner.unwrap_or(error)), |error| {
        let error: &'a (dyn Error + 'static) = *error;
        match error.downcast_ref::<HttpError>() {
            // rmcp does not name it as the source.
            Some(HttpError::Client(inner)) => Some(inner),
            _ => error.source(),
        }
    })
}

/// The error as a message for the user.
pub(crate) fn explain(error: &(dyn Error + 'static), context: &Context) -> ClientError {
    let url = redact::url_without_query(&context.options.server);
    for cause in chain_of(error) {
        if let Some(error) = cause.downcast_ref::<reqwest::Error>()
            && (error.is_connect() || error.is_timeout())
        {
            return ClientError::ServerUnreachable {
                url,
                reason: root_cause(error),
            };
        }
        if let Some(AuthError::TokenRefreshFailed(text)) = cause.downcast_ref::<AuthError>() {
            return ClientError::Token(
                context
                    .http
                    .token_refusal()
                    .unwrap_or_else(|| redact::printable(text)),
            );
        }
        match cause.downcast_ref::<HttpError>() {
            Some(HttpError::HttpStatus(failure)) if failure.status != 501 => {
                return ClientError::Mcp(format!(
                    "{url} failed (HTTP {}); try again later",
                    failure.status
                ));
            }
            Some(
                error @ (HttpError::HttpStatus(_)
                | HttpError::UnexpectedServerResponse(_)
                | HttpError::UnexpectedContentType(_)
                | HttpError::Deserialize(_)
                | HttpError::UnexpectedEndOfStream
                | HttpError::SessionExpired),
            ) => {
                return ClientError::NotMcp {
                    url,
                    reason: redact::printable(&error.to_string()),
                };
            }
            _ => {}
        }
    }
    let last = chain_of(error).last().unwrap_or(error);
    ClientError::Mcp(format!("{url}: {}", redact::printable(&last.to_string())))
}

//! rmcp's errors as messages for the user.

use std::error::Error;

use rmcp::{
    ServiceError,
    service::ClientInitializeError,
    transport::{
        auth::AuthError,
        streamable_http_client::{AuthRequiredError, InsufficientScopeError, StreamableHttpError},
    },
};

use crate::{
    error::{ClientError, root_cause},
    login::Context,
    redact,
    transport::McpHttpError,
};

type HttpError = StreamableHttpError<McpHttpError>;

/// Whether another handshake would fail in the same way: a failure of the network or of the token refresh.
pub(crate) fn is_final(error: &(dyn Error + 'static)) -> bool {
    error.is::<AuthError>()
        || error.is::<McpHttpError>()
        || error.is::<AuthRequiredError>()
        || error.is::<InsufficientScopeError>()
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
            // rmcp does not name them as sources.
            Some(HttpError::Client(inner)) => Some(inner),
            Some(HttpError::Auth(inner)) => Some(inner),
            _ => match error.downcast_ref::<McpHttpError>() {
                Some(McpHttpError::Network(inner)) => Some(inner),
                _ => error.source(),
            },
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
                reason: match context.options.proxy().note() {
                    Some(note) => format!("{}; {note}", root_cause(error)),
                    None => root_cause(error),
                },
            };
        }
        if let Some(McpHttpError::Forbidden(reason)) = cause.downcast_ref() {
            let reason = reason.clone();
            return ClientError::Forbidden { url, reason };
        }
        if let Some(AuthError::CredentialStoreError(text)) = cause.downcast_ref() {
            return ClientError::Credentials(redact::printable(text));
        }
        if let Some(AuthError::InternalError(text)) = cause.downcast_ref() {
            return ClientError::Internal(redact::printable(text));
        }
        if let Some(AuthError::TokenRefreshFailed(text)) = cause.downcast_ref() {
            let failure = context.http.token_failure().map(ClientError::from);
            return failure
                .unwrap_or_else(|| ClientError::TokenUnavailable(redact::printable(text)));
        }
        match cause.downcast_ref::<HttpError>() {
            Some(HttpError::HttpStatus(failure)) if failure.status != 501 => {
                return ClientError::ServerFailed {
                    url,
                    status: failure.status,
                };
            }
            Some(
                error @ (HttpError::HttpStatus(_)
                | HttpError::UnexpectedServerResponse(_)
                | HttpError::UnexpectedContentType(_)
                | HttpError::ResponseBodyTooLarge { .. }
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
        if let Some(error) = cause.downcast_ref::<ClientInitializeError>()
            && let Some(reason) = handshake_failure(error)
        {
            return ClientError::Handshake { url, reason };
        }
    }
    let last = chain_of(error).last().unwrap_or(error);
    ClientError::Mcp {
        url,
        reason: redact::printable(&last.to_string()),
    }
}

/// What the server answered to a handshake, if it answered as no revision of the protocol permits.
fn handshake_failure(error: &ClientInitializeError) -> Option<String> {
    match error {
        ClientInitializeError::LegacyFallbackFailed { fallback, .. } => handshake_failure(fallback),
        ClientInitializeError::TransportError { .. } => None,
        error => Some(redact::printable(&error.to_string())),
    }
}

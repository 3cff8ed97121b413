//! [`Denied`]: why a policy denies a request.

use std::borrow::Cow;

use super::authentication::AuthenticationRequirement;
use crate::token::Scopes;

/// Why a policy denies a request, which determines the response.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Denied {
    /// The token lacks some of these scopes: 403 `insufficient_scope`, with a challenge that names them
    /// and all others that the request requires. Empty scopes are treated as [`Denied::Forbidden`].
    Scope(Scopes),
    /// No scope can help: 403 without a challenge, since a client would request scopes in vain.
    /// The string is for the logs and not sent to the caller.
    Forbidden(Cow<'static, str>),
    /// A more recent or stronger login is required: 401 `insufficient_user_authentication`
    /// ([RFC 9470](https://www.rfc-editor.org/rfc/rfc9470)).
    Authentication(AuthenticationRequirement),
}

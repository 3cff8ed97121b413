//! Extractors: the caller as an argument of an axum handler.

use std::fmt;
use std::marker::PhantomData;

use axum::body::Body;
use axum::extract::FromRequestParts;
use axum::response::IntoResponse;
use bytes::Bytes;
use http::request::Parts;
use http::{Response, StatusCode};

use crate::layer::AuthContext;
use crate::policy::RequireScopes;
use crate::token::VerifiedToken;
use crate::verifier::RequestHead;
use crate::wire::Refusal;

/// The verified caller.
///
/// If there is none, the handler does not run: 401 for an anonymous request that the layer has admitted, 500
/// if there is no [`AuthLayer`](crate::layer::AuthLayer) around the route.
///
/// ```
/// use auth_core::axum::Authenticated;
///
/// async fn whoami(Authenticated(token): Authenticated) -> String {
///     token.subject().to_owned()
/// }
/// # let _: axum::Router = axum::Router::new().route("/whoami", axum::routing::get(whoami));
/// ```
#[derive(Debug, Clone)]
pub struct Authenticated(pub VerifiedToken);

/// The verified caller, or `None` for a request without a token. The layer has already refused
/// invalid tokens.
///
/// For layers that [allow anonymous callers](crate::layer::AuthLayerBuilder::allow_anonymous), and for
/// public routes and operations. If there is no layer around the route: 500.
#[derive(Debug, Clone)]
pub struct OptionalAuthenticated(pub Option<VerifiedToken>);

/// The verified caller, with all scopes that `S` names; otherwise 403 `insufficient_scope`, with all of
/// these scopes in the challenge.
///
/// ```
/// use auth_core::axum::{RequireScope, RequiredScopes};
///
/// struct Write;
/// impl RequiredScopes for Write {
///     const SCOPES: &'static [&'static str] = &["notes:write"];
/// }
///
/// async fn delete(caller: RequireScope<Write>) -> String {
///     format!("deleted for {}", caller.token().subject())
/// }
/// # let _: axum::Router = axum::Router::new().route("/note", axum::routing::delete(delete));
/// ```
pub struct RequireScope<S> {
    token: VerifiedToken,
    scopes: PhantomData<fn() -> S>,
}

/// The scopes that [`RequireScope`] requires.
pub trait RequiredScopes {
    /// The required scopes. If one is not a valid scope by RFC 6749 section 3.3, every request is refused
    /// with 500.
    const SCOPES: &'static [&'static str];
}

impl<S> RequireScope<S> {
    /// The verified token.
    #[must_use]
    pub fn token(&self) -> &VerifiedToken {
        &self.token
    }
}

impl<S> fmt::Debug for RequireScope<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("RequireScope").field(&self.token).finish()
    }
}

/// The response to a request that an extractor rejects.
#[derive(Debug)]
pub struct Rejection(Box<Response<Bytes>>);

impl Rejection {
    /// 500, since the server is misconfigured. Only the log states the problem.
    fn server(problem: &'static str) -> Self {
        tracing::error!(problem, "an extractor is misconfigured");
        let mut response = Response::new(Bytes::new());
        *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
        Self(Box::new(response))
    }
}

impl IntoResponse for Rejection {
    fn into_response(self) -> axum::response::Response {
        self.0.map(Body::from)
    }
}

/// The context that the layer has added to the request.
fn context(parts: &Parts) -> Result<&AuthContext, Rejection> {
    let context = AuthContext::of(&parts.extensions);
    context.ok_or_else(|| Rejection::server("there is no auth layer around this route"))
}

impl<S: Send + Sync> FromRequestParts<S> for Authenticated {
    type Rejection = Rejection;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Rejection> {
        let context = context(parts)?;
        match context.token() {
            Some(token) => Ok(Self(token.clone())),
            None => {
                let response = context.refuse(Refusal::NoCredentials);
                Err(Rejection(Box::new(response)))
            }
        }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for OptionalAuthenticated {
    type Rejection = Rejection;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Rejection> {
        Ok(Self(context(parts)?.token().cloned()))
    }
}

impl<S: Send + Sync, N: RequiredScopes> FromRequestParts<S> for RequireScope<N> {
    type Rejection = Rejection;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Rejection> {
        let Authenticated(token) = Authenticated::from_request_parts(parts, state).await?;
        let Ok(required) = RequireScopes::new(N::SCOPES) else {
            return Err(Rejection::server(
                "SCOPES is empty or contains an invalid scope",
            ));
        };
        let context = context(parts)?;
        match context.check(&required, RequestHead::of(parts)) {
            Ok(()) => Ok(Self {
                token,
                scopes: PhantomData,
            }),
            Err(denied) => {
                let response = context.deny(denied);
                Err(Rejection(Box::new(response)))
            }
        }
    }
}

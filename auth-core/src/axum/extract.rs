//! Who calls, as an argument of an axum handler.

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
/// Without one the handler does not run: 401 where anonymous callers are let in, 500 where there
/// is no [`AuthLayer`](crate::layer::AuthLayer) around the route at all.
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

/// The verified caller, or `None` for one who sent no token; a bad token never gets here.
///
/// For layers that [allow anonymous callers](crate::layer::AuthLayerBuilder::allow_anonymous), and for
/// public routes and operations. Without a layer around the route: 500.
#[derive(Debug, Clone)]
pub struct OptionalAuthenticated(pub Option<VerifiedToken>);

/// The verified caller, who has the scopes that `S` names; else 403 `insufficient_scope`, with all
/// of them in the challenge.
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

/// Names scopes for [`RequireScope`].
pub trait RequiredScopes {
    /// The scopes, each of them required. One that is no scope by RFC 6749 section 3.3 turns
    /// everyone away with 500.
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

/// The answer to a request that an extractor turns away.
#[derive(Debug)]
pub struct Rejection(Box<Response<Bytes>>);

impl Rejection {
    /// 500: it is the server that is wrong, and its owner who is told why.
    fn server(problem: &'static str) -> Self {
        tracing::error!(problem, "an extractor cannot work");
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

/// The layer that the request came through.
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
                let answer = context.refuse(Refusal::NoCredentials);
                Err(Rejection(Box::new(answer)))
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
                "SCOPES is empty or holds what is no scope",
            ));
        };
        let context = context(parts)?;
        match context.check(&required, RequestHead::of(parts)) {
            Ok(()) => Ok(Self {
                token,
                scopes: PhantomData,
            }),
            Err(denied) => {
                let answer = context.deny(denied);
                Err(Rejection(Box::new(answer)))
            }
        }
    }
}

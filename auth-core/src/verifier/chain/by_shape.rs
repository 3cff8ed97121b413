//! [`ByShape`]: JWTs to one verifier, all other tokens to another one.

use std::borrow::Cow;

use async_trait::async_trait;

use super::in_turn::both_ready;
use super::{Shared, TokenShape, vary_of_all};
use crate::token::VerifiedToken;
use crate::verifier::error::{Unavailable, VerifyError};
use crate::verifier::request_head::RequestHead;
use crate::verifier::token_verifier::{TokenVerifier, VerifyRequest};

/// Made by [`TokenVerifierExt::or_opaque`](super::TokenVerifierExt::or_opaque).
#[derive(Debug, Clone)]
pub struct ByShape<J, O> {
    pub(crate) jwts: J,
    opaque: O,
}

impl<J, O> ByShape<J, O> {
    pub(super) fn new(jwts: J, opaque: O) -> Self {
        Self { jwts, opaque }
    }
}

// Without this lint a forgotten method would silently be the default instead of the verifiers'.
#[deny(clippy::missing_trait_methods)]
#[async_trait]
impl<J: TokenVerifier, O: TokenVerifier> TokenVerifier for ByShape<J, O> {
    async fn verify(&self, request: VerifyRequest<'_>) -> Result<VerifiedToken, VerifyError> {
        let shared = Shared::new(request);
        shared.conclude(match TokenShape::of(request.token()) {
            TokenShape::Jwt => shared.ask(&self.jwts).await,
            TokenShape::Opaque => shared.ask(&self.opaque).await,
        })
    }

    fn vary<'a>(&'a self, head: RequestHead<'a>) -> Option<Cow<'a, str>> {
        vary_of_all([self.jwts.vary(head), self.opaque.vary(head)].into_iter())
    }

    async fn ready(&self) -> Result<(), Unavailable> {
        both_ready(&self.jwts, &self.opaque).await
    }
}

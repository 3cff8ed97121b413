//! Proof of possession: a token that is bound to a key is good only in the hands of who has the key.
//!
//! | file | job |
//! |---|---|
//! | here | [`ProofVerifier`], which the layer asks about every token with a confirmation |
//! | `certificate` | [`CertificateProof`]: the client certificate of a mutual TLS connection |

mod certificate;

use std::fmt::Debug;
use std::sync::Arc;
use std::time::SystemTime;

use async_trait::async_trait;

pub use certificate::{CertificateProof, ClientCertificate};

use crate::token::BearerToken;
use crate::token::Confirmation;
use crate::token::VerifiedToken;
use crate::verifier::RequestHead;
use crate::verifier::VerifyError;

/// What a [`ProofVerifier`] is asked. Later versions can add to it without breaking implementers.
#[derive(Debug, Clone, Copy)]
pub struct ProofRequest<'a> {
    token: &'a VerifiedToken,
    confirmation: &'a Confirmation,
    bearer: BearerToken<'a>,
    head: RequestHead<'a>,
    now: SystemTime,
}

impl<'a> ProofRequest<'a> {
    /// Asks about a request with this head, for a verified token that is bound to this and was sent as `bearer`.
    #[must_use]
    pub fn new(
        token: &'a VerifiedToken,
        confirmation: &'a Confirmation,
        bearer: BearerToken<'a>,
        head: RequestHead<'a>,
        now: SystemTime,
    ) -> Self {
        Self {
            token,
            confirmation,
            bearer,
            head,
            now,
        }
    }

    /// The verified token.
    #[must_use]
    pub fn token(&self) -> &'a VerifiedToken {
        self.token
    }

    /// What the token is bound to.
    #[must_use]
    pub fn confirmation(&self) -> &'a Confirmation {
        self.confirmation
    }

    /// The token as the client sent it: a DPoP proof names its hash, `ath`
    /// ([RFC 9449 section 4.3](https://www.rfc-editor.org/rfc/rfc9449#section-4.3)).
    #[must_use]
    pub fn bearer_token(&self) -> BearerToken<'a> {
        self.bearer
    }

    /// The head of the request, with the proof or the certificate in it.
    #[must_use]
    pub fn head(&self) -> RequestHead<'a> {
        self.head
    }

    /// The time of the request.
    #[must_use]
    pub fn now(&self) -> SystemTime {
        self.now
    }
}

/// Checks that a request comes from the holder of the key that its token is bound to.
///
/// Asked at every request with a token that has a [`Confirmation`], reused tokens included; a verdict is never
/// reused. Without a proof verifier the layer refuses all such tokens.
#[async_trait]
pub trait ProofVerifier: Debug + Send + Sync + 'static {
    /// Checks the proof of one request.
    ///
    /// # Errors
    ///
    /// [`VerifyError::Invalid`] when there is no proof, it is bad, or it is of a kind that is not understood;
    /// [`InvalidReason::BadProof`](crate::verifier::InvalidReason::BadProof) says so. [`VerifyError::Unavailable`] when it
    /// cannot be decided now.
    async fn check(&self, request: ProofRequest<'_>) -> Result<(), VerifyError>;
}

/// For pointers: what they point to answers.
macro_rules! forwarded {
    ($($pointer:ident),*) => {$(
        #[async_trait]
        impl<P: ProofVerifier + ?Sized> ProofVerifier for $pointer<P> {
            async fn check(&self, request: ProofRequest<'_>) -> Result<(), VerifyError> {
                (**self).check(request).await
            }
        }
    )*};
}

forwarded!(Arc, Box);

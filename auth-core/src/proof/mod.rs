//! Proof of possession: a token that is bound to a key is valid only for the holder of that key.
//!
//! | file | job |
//! |---|---|
//! | here | [`ProofVerifier`]: the trait that the layer calls for every token with a confirmation |
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

/// The input of a [`ProofVerifier`]. Later versions can add to it without breaking implementers.
#[derive(Debug, Clone, Copy)]
pub struct ProofRequest<'a> {
    token: &'a VerifiedToken,
    confirmation: &'a Confirmation,
    bearer: BearerToken<'a>,
    head: RequestHead<'a>,
    now: SystemTime,
}

impl<'a> ProofRequest<'a> {
    /// A request with this head, whose verified token was sent as `bearer` and is bound to this confirmation.
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

    /// The key or certificate to which the token is bound.
    #[must_use]
    pub fn confirmation(&self) -> &'a Confirmation {
        self.confirmation
    }

    /// The token as the client sent it: a DPoP proof contains its hash, `ath`
    /// ([RFC 9449 section 4.3](https://www.rfc-editor.org/rfc/rfc9449#section-4.3)).
    #[must_use]
    pub fn bearer_token(&self) -> BearerToken<'a> {
        self.bearer
    }

    /// The head of the request, which contains the proof or the certificate.
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
/// Called for every request whose token has a [`Confirmation`], including reused tokens; the result is never
/// reused. Without a proof verifier the layer refuses all such tokens.
#[async_trait]
pub trait ProofVerifier: Debug + Send + Sync + 'static {
    /// Checks the proof of one request.
    ///
    /// # Errors
    ///
    /// [`VerifyError::Invalid`] with [`InvalidReason::BadProof`](crate::verifier::InvalidReason::BadProof) if the proof is
    /// missing, invalid or of an unknown kind. [`VerifyError::Unavailable`] if it cannot be checked now.
    async fn check(&self, request: ProofRequest<'_>) -> Result<(), VerifyError>;
}

/// Implements the trait for a pointer, by that of its target.
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

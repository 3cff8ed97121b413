//! [`CertificateProof`]: tokens that are bound to a client certificate.

use std::fmt;

use async_trait::async_trait;
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

use super::{ProofRequest, ProofVerifier};
use crate::token::Confirmation;
use crate::verifier::{InvalidReason, VerifyError};

/// The certificate for which the client has proved possession of the private key in the TLS handshake. Once the TLS
/// library has checked the client's signature, the server inserts this into the extensions of each request of the
/// connection.
#[derive(Clone, PartialEq, Eq)]
pub struct ClientCertificate {
    thumbprint: [u8; 32],
}

impl ClientCertificate {
    /// The certificate with this DER encoding: the end-entity certificate, which is the first of the client's chain.
    #[must_use]
    pub fn from_der(der: &[u8]) -> Self {
        Self {
            thumbprint: Sha256::digest(der).into(),
        }
    }

    /// The thumbprint `x5t#S256`: base64url of the SHA-256 of its DER encoding
    /// ([RFC 8705 section 3.1](https://www.rfc-editor.org/rfc/rfc8705#section-3.1)).
    #[must_use]
    pub fn thumbprint(&self) -> String {
        BASE64_URL_SAFE_NO_PAD.encode(self.thumbprint)
    }
}

impl fmt::Debug for ClientCertificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ClientCertificate")
            .field(&self.thumbprint())
            .finish()
    }
}

/// Accepts a token that is bound to a certificate only on connections of the certificate's owner
/// ([RFC 8705 section 3](https://www.rfc-editor.org/rfc/rfc8705#section-3)).
#[derive(Debug, Clone, Copy, Default)]
#[non_exhaustive]
pub struct CertificateProof;

impl CertificateProof {
    /// A verifier that reads [`ClientCertificate`] from the extensions of the request.
    #[must_use]
    pub fn new() -> Self {
        Self
    }
}

#[async_trait]
impl ProofVerifier for CertificateProof {
    async fn check(&self, request: ProofRequest<'_>) -> Result<(), VerifyError> {
        let Confirmation::CertificateThumbprint(expected) = request.confirmation() else {
            return Err(InvalidReason::UncheckedProof.into());
        };
        let certificate = request.head().extension::<ClientCertificate>();
        // Neither is a secret, so the comparison need not take constant time.
        match certificate.is_some_and(|given| given.thumbprint() == **expected) {
            true => Ok(()),
            false => Err(InvalidReason::BadProof.into()),
        }
    }
}

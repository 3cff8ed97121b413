//! Revocation: tokens that become invalid before they expire.
//!
//! | file | job |
//! |---|---|
//! | here | [`Revocations`]: the trait that the layer calls for every request |
//! | `revoked` | [`RevokedTokens`]: revocations in the memory of one process |

mod revoked;

use std::fmt::Debug;
use std::sync::Arc;

use crate::support::Sleep;
use crate::token::VerifiedToken;
use crate::verifier::VerifyError;

pub use revoked::RevokedTokens;

/// Knows which tokens were revoked. The layer calls it for every verified token, including reused ones, and for
/// the tokens of open streams whenever something has [`changed`](Self::changed).
///
/// It must not do I/O, since every request waits for it. An implementation that learns of
/// revocations from
/// another system fetches them in the background.
pub trait Revocations: Debug + Send + Sync + 'static {
    /// Checks that the token was not revoked.
    ///
    /// # Errors
    ///
    /// [`VerifyError::Invalid`] with [`InvalidReason::Revoked`](crate::verifier::InvalidReason::Revoked) if it was
    /// revoked (401); [`VerifyError::Unavailable`] if that is not known now (503).
    fn check(&self, token: &VerifiedToken) -> Result<(), VerifyError>;

    /// Completes once something has changed since the call. Default: never; open streams are then checked from time
    /// to time
    /// ([`recheck_streams_every`](crate::layer::AuthLayerBuilder::recheck_streams_every)).
    fn changed(&self) -> Sleep {
        Box::pin(std::future::pending())
    }
}

/// Implements the trait for a pointer, by that of its target.
macro_rules! forwarded {
    ($($pointer:ident),*) => {$(
        // Without this, a method that is missing here would silently use the trait's default.
        #[deny(clippy::missing_trait_methods)]
        impl<R: Revocations + ?Sized> Revocations for $pointer<R> {
            fn check(&self, token: &VerifiedToken) -> Result<(), VerifyError> {
                (**self).check(token)
            }

            fn changed(&self) -> Sleep {
                (**self).changed()
            }
        }
    )*};
}

forwarded!(Arc, Box);

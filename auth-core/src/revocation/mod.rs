//! Tokens that count no more before they expire.
//!
//! | file | job |
//! |---|---|
//! | here | [`Revocations`], which the layer asks at every request |
//! | `revoked` | [`RevokedTokens`], in the memory of one process |

mod revoked;

use std::fmt::Debug;
use std::sync::Arc;

use crate::support::Sleep;
use crate::token::VerifiedToken;
use crate::verifier::VerifyError;

pub use revoked::RevokedTokens;

/// Knows which tokens were revoked. Asked about every verified token, reused ones too, and about those of open
/// streams whenever something [`changed`](Self::changed).
///
/// It answers from memory, since it is asked on the way of every request: whoever learns of revocations from
/// elsewhere reads them in the background.
pub trait Revocations: Debug + Send + Sync + 'static {
    /// Whether the token counts.
    ///
    /// # Errors
    ///
    /// [`VerifyError::Invalid`] with [`InvalidReason::Revoked`](crate::verifier::InvalidReason::Revoked) when it was
    /// revoked (401); [`VerifyError::Unavailable`] when that cannot be told (503).
    fn check(&self, token: &VerifiedToken) -> Result<(), VerifyError>;

    /// Ends when something has changed since the call. Default: never; open streams are then asked about from
    /// time to time
    /// ([`recheck_streams_every`](crate::layer::AuthLayerBuilder::recheck_streams_every)).
    fn changed(&self) -> Sleep {
        Box::pin(std::future::pending())
    }
}

/// For pointers: what they point to answers.
macro_rules! forwarded {
    ($($pointer:ident),*) => {$(
        // A method that is forgotten here would silently be its default.
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

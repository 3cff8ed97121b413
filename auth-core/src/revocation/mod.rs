//! Revocation: tokens that become invalid before they expire.
//!
//! | file | job |
//! |---|---|
//! | here | [`Revocations`]: the trait that the layer calls for every request |
//! | here | [`RevocationStore`]: those to which revocations can be added |
//! | `live` | [`LiveSessions`]: asks the issuer whether a session still exists |
//! | `change` | [`Revocation`]: one change after which tokens are refused |
//! | `memory` | [`MemoryRevocations`]: revocations in the memory of one process |
//! | `index` | … how they are kept and found |
//! | `nanos` | … and their times |

mod change;
mod index;
mod live;
mod memory;
pub(crate) mod nanos;
#[cfg(test)]
mod tests;

use std::fmt::Debug;
use std::sync::Arc;

use async_trait::async_trait;

use crate::support::Sleep;
use crate::token::VerifiedToken;
use crate::verifier::{Unavailable, VerifyError};

pub use change::{Revocation, RevocationTarget};
#[cfg(feature = "redis")]
pub(crate) use index::Index;
pub use live::LiveSessions;
pub use memory::MemoryRevocations;

/// Knows which tokens were revoked. The layer calls it for every verified token, including reused ones, and for the
/// token of an open stream whenever something has [`changed`](Self::changed) about it.
///
/// It must not do I/O, since every request waits for it. An implementation that learns of revocations from another
/// system fetches them in the background.
pub trait Revocations: Debug + Send + Sync + 'static {
    /// Checks that the token was not revoked.
    ///
    /// # Errors
    ///
    /// [`VerifyError::Invalid`] with [`InvalidReason::Revoked`](crate::verifier::InvalidReason::Revoked) if it was
    /// revoked (401); [`VerifyError::Unavailable`] if that is not known now (503).
    fn check(&self, token: &VerifiedToken) -> Result<(), VerifyError>;

    /// Whether revocations are known now, for [`Readiness`](crate::layer::Readiness). Cheap: it is called for every
    /// check of readiness. Default: yes.
    ///
    /// # Errors
    ///
    /// [`Unavailable`] if [`check`](Self::check) cannot decide about any token now.
    fn ready(&self) -> Result<(), Unavailable> {
        Ok(())
    }

    /// Completes once [`check`](Self::check) may answer differently for this token than at the time of the call.
    /// Default: never; open streams are then checked from time to time
    /// ([`recheck_streams_every`](crate::layer::AuthLayerBuilder::recheck_streams_every)).
    fn changed(&self, token: &VerifiedToken) -> Sleep {
        let _ = token;
        Box::pin(std::future::pending())
    }
}

/// [`Revocations`] to which some can be added, by the server's own code and by what informs it of changes at the
/// issuer.
#[async_trait]
pub trait RevocationStore: Revocations {
    /// Adds revocations. They are in effect in this process at once, whatever the result, unless there is no room for
    /// them. Adding one again changes nothing.
    ///
    /// # Errors
    ///
    /// [`Unavailable`] if they may not be in effect in the other processes that share the store, or not after a
    /// restart; call it again.
    async fn revoke(&self, revocations: &[Revocation]) -> Result<(), Unavailable>;
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

            fn ready(&self) -> Result<(), Unavailable> {
                (**self).ready()
            }

            fn changed(&self, token: &VerifiedToken) -> Sleep {
                (**self).changed(token)
            }
        }

        #[async_trait]
        #[deny(clippy::missing_trait_methods)]
        impl<R: RevocationStore + ?Sized> RevocationStore for $pointer<R> {
            async fn revoke(&self, revocations: &[Revocation]) -> Result<(), Unavailable> {
                (**self).revoke(revocations).await
            }
        }
    )*};
}

forwarded!(Arc, Box);

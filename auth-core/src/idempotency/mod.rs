//! Idempotency: what must have an effect once, however often it arrives.
//!
//! | file | job |
//! |---|---|
//! | here | [`IdempotencyStore`]: the trait of those who remember it |
//! | `memory` | [`MemoryIdempotency`]: in the memory of one process |

mod memory;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;

use crate::verifier::Unavailable;

pub use memory::MemoryIdempotency;

/// The answer of [`IdempotencyStore::begin`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Begin {
    /// This is the first time. The caller must [complete](IdempotencyStore::complete) or
    /// [abandon](IdempotencyStore::abandon) it; otherwise it counts as abandoned after the lease.
    First,
    /// Another process or task is at it.
    InProgress,
    /// It had its effect already.
    Done,
}

/// Remembers the keys of what must have an effect once, such as the ids of webhook events, for all
/// processes that share it.
///
/// Keys must come from a verified party: a stranger could fill the store otherwise.
#[async_trait]
pub trait IdempotencyStore: fmt::Debug + Send + Sync + 'static {
    /// Begins the work for `key`, unless it has been done or is in progress. After `lease` without
    /// an end it counts as abandoned: the process has died.
    ///
    /// # Errors
    ///
    /// [`Unavailable`] if that cannot be determined now.
    async fn begin(&self, key: &str, lease: Duration) -> Result<Begin, Unavailable>;

    /// Records that the work for `key` is done, for `keep`.
    ///
    /// # Errors
    ///
    /// [`Unavailable`] if it was not recorded.
    async fn complete(&self, key: &str, keep: Duration) -> Result<(), Unavailable>;

    /// Records that the work for `key` failed, so that the next attempt is the first again.
    ///
    /// # Errors
    ///
    /// [`Unavailable`] if it was not recorded; then the lease has to end.
    async fn abandon(&self, key: &str) -> Result<(), Unavailable>;
}

/// Implements the trait for a pointer, by that of its target.
macro_rules! forwarded {
    ($($pointer:ident),*) => {$(
        #[async_trait]
        #[deny(clippy::missing_trait_methods)]
        impl<S: IdempotencyStore + ?Sized> IdempotencyStore for $pointer<S> {
            async fn begin(&self, key: &str, lease: Duration) -> Result<Begin, Unavailable> {
                (**self).begin(key, lease).await
            }

            async fn complete(&self, key: &str, keep: Duration) -> Result<(), Unavailable> {
                (**self).complete(key, keep).await
            }

            async fn abandon(&self, key: &str) -> Result<(), Unavailable> {
                (**self).abandon(key).await
            }
        }
    )*};
}

forwarded!(Arc, Box);

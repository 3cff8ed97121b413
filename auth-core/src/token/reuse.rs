//! [`Reuse`]: for how long a verifier's word about a token counts, and [`Validity`].

use std::fmt::Debug;
use std::sync::Arc;
use std::time::SystemTime;

/// Something that must hold for a token to be reused, beside its time: that its key is still in the issuer's
/// key set, for example. Asked on every reuse, so it answers from memory.
///
/// ```
/// use std::sync::Arc;
/// use std::sync::atomic::{AtomicU64, Ordering};
///
/// use auth_core::token::Validity;
///
/// /// Holds until the table of keys is read anew.
/// #[derive(Debug)]
/// struct SameTable {
///     read: u64,
///     now: Arc<AtomicU64>,
/// }
///
/// impl Validity for SameTable {
///     fn holds(&self) -> bool {
///         self.now.load(Ordering::Relaxed) == self.read
///     }
/// }
/// ```
pub trait Validity: Debug + Send + Sync + 'static {
    /// Whether it still holds. Once it does not, the token is verified again.
    fn holds(&self) -> bool;
}

impl<V: Validity + ?Sized> Validity for Arc<V> {
    fn holds(&self) -> bool {
        (**self).holds()
    }
}

impl<V: Validity + ?Sized> Validity for Box<V> {
    fn holds(&self) -> bool {
        (**self).holds()
    }
}

/// What a verifier says about reusing a token.
#[derive(Debug, Clone)]
pub(crate) struct Reuse {
    pub(crate) until: SystemTime,
    pub(crate) validity: Option<Arc<dyn Validity>>,
}

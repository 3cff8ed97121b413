//! [`Reuse`] and [`Validity`]: for how long, and on which condition, a verified token may be
//! cached.

use std::fmt::Debug;
use std::sync::Arc;
use std::time::SystemTime;

/// A condition that must hold for a cached token to be used, in addition to its time. Example: its
/// key is still in the issuer's key set. Checked for every request, so it must not block.
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
    /// Whether the condition still holds. If not, the token is verified again.
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

/// How the verifier lets a token be cached.
#[derive(Debug, Clone)]
pub(crate) struct Reuse {
    pub(crate) until: SystemTime,
    pub(crate) validity: Option<Arc<dyn Validity>>,
}

//! [`BoxFuture`].

use std::pin::Pin;

/// A future on the heap, of a type that is not named.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

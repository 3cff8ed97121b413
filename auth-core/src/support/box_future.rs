//! [`BoxFuture`]: a future as a trait object.

use std::pin::Pin;

/// A boxed future of any type.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

//! [`WebhookHandler`]: what the application does with events.

use std::error::Error;
use std::fmt::{self, Debug};
use std::future::Future;
use std::sync::Arc;

use auth_core::support::async_trait;

use super::event::{EventType, WebhookEvent};

/// Why a handler has failed.
pub type HandlerError = Box<dyn Error + Send + Sync>;

/// What the application does with events, after their revocations are in effect.
///
/// It is called once for each event that is processed to its end, and again where it has failed, was interrupted, or
/// its success could not be recorded: what it does must be the same when it is done twice. Together with the lookup,
/// the store of revocations and all other handlers it has 5 s; after that it is dropped, and called again with the next delivery.
#[async_trait]
pub trait WebhookHandler: Debug + Send + Sync + 'static {
    /// Handles one event, of any type.
    ///
    /// # Errors
    ///
    /// Any error: the sender is asked to deliver the event again. Its text is logged.
    async fn handle(&self, event: &WebhookEvent) -> Result<(), HandlerError>;

    /// The types of events that it handles; it may be called with others. `None`, the default, for all, also those that
    /// are not an [`EventType`]. Always the same.
    fn event_types(&self) -> Option<&[EventType]> {
        None
    }
}

macro_rules! forwarded {
    ($($pointer:ident),*) => {$(
        #[async_trait]
        #[deny(clippy::missing_trait_methods)]
        impl<H: WebhookHandler + ?Sized> WebhookHandler for $pointer<H> {
            async fn handle(&self, event: &WebhookEvent) -> Result<(), HandlerError> {
                (**self).handle(event).await
            }

            fn event_types(&self) -> Option<&[EventType]> {
                (**self).event_types()
            }
        }
    )*};
}

forwarded!(Arc, Box);

/// A closure as a handler.
pub(super) struct HandlerFn<F>(pub(super) F);

#[async_trait]
impl<F, A> WebhookHandler for HandlerFn<F>
where
    F: Fn(WebhookEvent) -> A + Send + Sync + 'static,
    A: Future<Output = Result<(), HandlerError>> + Send,
{
    async fn handle(&self, event: &WebhookEvent) -> Result<(), HandlerError> {
        (self.0)(event.clone()).await
    }
}

impl<F> Debug for HandlerFn<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HandlerFn")
    }
}

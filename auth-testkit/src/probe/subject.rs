//! The server under test, as far as the suite can do something with it beside sending requests.

use std::future::Future;
use std::pin::Pin;

/// A server under test.
pub trait Subject: Send + Sync {
    /// Starts it anew, with nothing remembered, and returns when it accepts connections; or when it
    /// has given up, as a server may that gets no keys.
    ///
    /// # Errors
    ///
    /// Why that cannot be done: the probes of a server that has just started are untestable then.
    fn restart(&self) -> Pin<Box<dyn Future<Output = Result<(), String>> + Send + '_>>;

    /// With what it has ended by itself since it was last started, such as `exit code 101`; asked when it does
    /// not answer, and may wait a moment for its end. None, which is the default: it runs, or its end
    /// cannot be seen from here.
    fn ended(&self) -> Pin<Box<dyn Future<Output = Option<String>> + Send + '_>> {
        Box::pin(std::future::ready(None))
    }

    /// All it has printed. None: nobody knows, and whether it prints tokens is untestable.
    fn output(&self) -> Option<String>;
}

/// A server that somebody else has started.
#[derive(Debug, Clone, Copy)]
pub struct Running;

impl Subject for Running {
    fn restart(&self) -> Pin<Box<dyn Future<Output = Result<(), String>> + Send + '_>> {
        let why = "only a server that the suite starts can be started anew: give its command";
        Box::pin(std::future::ready(Err(why.to_owned())))
    }

    fn output(&self) -> Option<String> {
        None
    }
}

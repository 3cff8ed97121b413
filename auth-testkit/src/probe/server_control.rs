//! What the suite does with the server under test beside sending requests: restart it, and read its output.

use std::io;

use auth_core::support::async_trait;

/// A server under test.
#[async_trait]
pub trait Subject: Send + Sync {
    /// Starts it anew, with nothing remembered, and returns when it accepts connections; or when it
    /// has given up, as a server may that gets no keys.
    ///
    /// # Errors
    ///
    /// Why that cannot be done: the probes of a server that has just started are untestable then.
    async fn restart(&self) -> io::Result<()>;

    /// How it has ended by itself since it was last started, such as `exit code 101`. Called when it does
    /// not answer, and may wait a moment for its end. None, which is the default: it runs, or its end
    /// is not known.
    async fn ended(&self) -> Option<String> {
        None
    }

    /// All it has printed. None: unknown, and whether it prints tokens is untestable.
    fn output(&self) -> Option<String>;
}

/// A server that was started by other means.
#[derive(Debug, Clone, Copy)]
pub struct Running;

#[async_trait]
impl Subject for Running {
    async fn restart(&self) -> io::Result<()> {
        let why = "only a server that the suite starts can be started anew: give its command";
        Err(io::Error::other(why))
    }

    fn output(&self) -> Option<String> {
        None
    }
}

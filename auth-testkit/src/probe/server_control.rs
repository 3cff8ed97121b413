//! How the suite controls the server under test beside sending requests: it restarts it, and reads its output.

use std::io;

use auth_core::support::async_trait;

/// Controls the server under test.
#[async_trait]
pub trait ServerControl: Send + Sync {
    /// Restarts the server without its state. Returns when it accepts connections, or when it has exited, as a
    /// server may that gets no keys.
    ///
    /// # Errors
    ///
    /// Why the server cannot be restarted. Probes that need a freshly started server are then untestable.
    async fn restart(&self) -> io::Result<()>;

    /// How the server has exited by itself since it was last started, such as `exit code 101`. Called when it does
    /// not respond, and may wait a moment for the exit. None, which is the default: it runs, or that is unknown.
    async fn ended(&self) -> Option<String> {
        None
    }

    /// All output of the server so far. None: unknown, and whether it prints tokens is untestable.
    fn output(&self) -> Option<String>;
}

/// A server that the suite did not start, and cannot restart.
#[derive(Debug, Clone, Copy)]
pub struct ExternalServer;

#[async_trait]
impl ServerControl for ExternalServer {
    async fn restart(&self) -> io::Result<()> {
        let why = "only a server that the suite starts can be restarted: pass its command";
        Err(io::Error::other(why))
    }

    fn output(&self) -> Option<String> {
        None
    }
}

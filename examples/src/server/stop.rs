//! The signal to stop: ctrl-c, or the one that service managers send.

use std::future::Future;
use std::io;

/// Listens from now on; the future completes at the first such signal.
///
/// Call it before the server is announced, so that no signal is lost.
///
/// # Errors
///
/// When the system does not let us listen.
#[cfg(unix)]
pub fn stop() -> io::Result<impl Future<Output = ()> + Send + 'static> {
    use tokio::signal::unix::{SignalKind, signal};

    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

/// Listens from now on; the future is done at the first such word.
///
/// # Errors
///
/// When the system does not let us listen.
#[cfg(windows)]
pub fn stop() -> io::Result<impl Future<Output = ()> + Send + 'static> {
    let mut interrupt = tokio::signal::windows::ctrl_c()?;
    Ok(async move {
        let _ = interrupt.recv().await;
    })
}

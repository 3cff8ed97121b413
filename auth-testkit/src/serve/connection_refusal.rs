//! A server that refuses connections.

use super::Commands;

/// The issuer's port refuses connections, and those that existed are closed, until this is
/// dropped; made by [`MockScalekit::refuse_connections`](crate::MockScalekit::refuse_connections).
#[derive(Debug)]
#[must_use = "connections are accepted again when this is dropped"]
pub struct ConnectionRefusal(Commands);

impl ConnectionRefusal {
    pub(crate) fn new(commands: Commands) -> Self {
        commands.refuse();
        Self(commands)
    }
}

impl Drop for ConnectionRefusal {
    fn drop(&mut self) {
        self.0.accept();
    }
}

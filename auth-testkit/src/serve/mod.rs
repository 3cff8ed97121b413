//! Serving the issuer over HTTP/1.1 and HTTP/2, with faults on the wire. The wire is our own code, since its bytes are
//! damaged on purpose, at times of an injected clock.
//!
//! On a separate thread, so that a test may block, pause tokio's time, or have no runtime.

mod body;
mod connection;
mod connection_refusal;
mod document;
mod fault_effect;
mod pipeline;
mod socket;
mod stream;
#[cfg(feature = "tls")]
mod tls;
mod wire;
mod wiremock;

use std::net::TcpListener;
use std::sync::{Arc, mpsc};
use std::thread::JoinHandle;

use tokio::sync::mpsc as commands;
use tokio::task::JoinSet;

use crate::webhooks;

pub use connection_refusal::ConnectionRefusal;
pub(crate) use pipeline::Pipeline;
use socket::Socket;
pub(crate) use stream::Secured;
#[cfg(feature = "tls")]
pub(crate) use tls::Authority;

/// A running server; it has stopped, and its port is closed, when this has been dropped.
#[derive(Debug)]
pub(crate) struct Server {
    commands: Commands,
    thread: Option<JoinHandle<()>>,
}

/// Sends commands to a server, and waits until they are done.
#[derive(Debug, Clone)]
pub(crate) struct Commands(commands::UnboundedSender<(Command, mpsc::Sender<()>)>);

#[derive(Debug, Clone, Copy)]
enum Command {
    Refuse,
    Accept,
    Stop,
}

impl Server {
    /// Serves on a bound listener; requests are answered when this returns.
    pub(crate) fn start(listener: TcpListener, secured: Secured, pipeline: Arc<Pipeline>) -> Self {
        let (sender, receiver) = commands::unbounded_channel();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("the operating system gives a runtime its resources");
        let thread = std::thread::Builder::new()
            .name("mock scalekit".to_owned())
            .spawn(move || {
                runtime.block_on(run(listener, secured, pipeline, receiver));
                // Tasks that still run end here, and their sockets close.
                drop(runtime);
            })
            .expect("the operating system gives a thread");
        Self {
            commands: Commands(sender),
            thread: Some(thread),
        }
    }

    pub(crate) fn commands(&self) -> Commands {
        self.commands.clone()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.commands.send(Command::Stop);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl Commands {
    /// Refuses connections and closes those that exist. Counted: each needs its
    /// [`accept`](Self::accept).
    pub(crate) fn refuse(&self) {
        self.send(Command::Refuse);
    }

    pub(crate) fn accept(&self) {
        self.send(Command::Accept);
    }

    /// Returns when it is done, or at once when the server has stopped.
    fn send(&self, command: Command) {
        let (done, is_done) = mpsc::channel();
        if self.0.send((command, done)).is_ok() {
            let _ = is_done.recv();
        }
    }
}

async fn run(
    listener: TcpListener,
    secured: Secured,
    pipeline: Arc<Pipeline>,
    mut commands: commands::UnboundedReceiver<(Command, mpsc::Sender<()>)>,
) {
    let mut socket = Socket::listening(listener);
    let mut connections = JoinSet::new();
    // It ends with the runtime.
    tokio::spawn(webhooks::run(
        Arc::clone(&pipeline.outbox),
        Arc::clone(&pipeline.clock),
        Arc::clone(&pipeline.plan),
    ));
    let mut refusals = 0;
    loop {
        tokio::select! {
            // A command that was given before a client connected has been done before it is served.
            biased;
            command = commands.recv() => {
                // A caller that waits is released when `done` is dropped.
                let Some((command, done)) = command else { return };
                match command {
                    Command::Stop => return,
                    Command::Refuse => refusals += 1,
                    Command::Accept => refusals -= 1,
                }
                if refusals > 0 {
                    connections.shutdown().await;
                    socket = socket.refuse();
                } else {
                    socket = socket.listen();
                }
                drop(done);
            }
            Some(_) = connections.join_next() => {}
            stream = socket.accept() => {
                let (secured, pipeline) = (secured.clone(), Arc::clone(&pipeline));
                connections.spawn(connection::serve(stream, secured, pipeline));
            }
        }
    }
}

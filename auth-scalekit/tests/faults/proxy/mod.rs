//! A TCP proxy in front of the key endpoint: it forwards connections to the mock's keys, or commits a
//! fault.
#![allow(
    dead_code,
    unused_imports,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "each test binary uses a part of it, and a failure here is the test's failure"
)]

mod conduct;
mod connection;
mod gzip;

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use tokio::net::{TcpListener, TcpSocket};
use tokio::sync::watch;
use tokio::task::JoinHandle;

pub(crate) use conduct::{After, Conduct, answer, json};
pub(crate) use gzip::bomb;

/// Small, so that what the proxy has written is nearly what the other side has read.
const SEND_BUFFER: u32 = 16 * 1024;

pub(crate) struct Proxy {
    shared: Arc<Shared>,
    address: SocketAddr,
    door: Mutex<Door>,
}

struct Door {
    accepting: JoinHandle<()>,
    /// Bound to the same port and not listening: it keeps the port while the door is shut, and
    /// opens it again.
    spare: TcpSocket,
}

pub(super) struct Shared {
    /// `HOST:PORT` of the mock.
    upstream: String,
    conduct: Mutex<Conduct>,
    accepted: AtomicUsize,
    written: AtomicU64,
    /// The first bytes that each connection sent.
    heard: Mutex<Vec<Vec<u8>>>,
    open: watch::Sender<usize>,
    /// How many connections have the answer that they hold back.
    held: watch::Sender<usize>,
    gate: watch::Sender<bool>,
}

impl Proxy {
    /// A proxy that forwards connections to `upstream`.
    pub(crate) fn start(upstream: &str) -> Self {
        let upstream = upstream.trim_start_matches("http://").to_owned();
        let first = bound("127.0.0.1:0".parse().unwrap());
        let address = first.local_addr().unwrap();
        let shared = Arc::new(Shared {
            upstream,
            conduct: Mutex::new(Conduct::PassOn),
            accepted: AtomicUsize::new(0),
            written: AtomicU64::new(0),
            heard: Mutex::default(),
            open: watch::Sender::new(0),
            held: watch::Sender::new(0),
            gate: watch::Sender::new(false),
        });
        let listener = first.listen(1024).unwrap();
        let door = Door {
            accepting: tokio::spawn(accept(listener, Arc::clone(&shared))),
            spare: bound(address),
        };
        Self {
            shared,
            address,
            door: Mutex::new(door),
        }
    }

    /// `SCHEME://127.0.0.1:PORT/keys`.
    pub(crate) fn url(&self, scheme: &str) -> String {
        format!("{scheme}://{}/keys", self.address)
    }

    /// The conduct for new connections; open ones keep theirs.
    pub(crate) async fn conduct(&self, conduct: Conduct) {
        let (shut, was_shut) = {
            let mut current = self.shared.conduct.lock().unwrap();
            let was_shut = matches!(*current, Conduct::Refuse);
            *current = conduct;
            (matches!(*current, Conduct::Refuse), was_shut)
        };
        if shut && !was_shut {
            self.door.lock().unwrap().accepting.abort();
            // The listener is closed when the task is gone.
            while !self.door.lock().unwrap().accepting.is_finished() {
                tokio::task::yield_now().await;
            }
        } else if was_shut && !shut {
            let mut door = self.door.lock().unwrap();
            let spare = std::mem::replace(&mut door.spare, bound(self.address));
            let listener = spare.listen(1024).unwrap();
            door.accepting = tokio::spawn(accept(listener, Arc::clone(&self.shared)));
        }
    }

    /// How many connections were accepted.
    pub(crate) fn connections(&self) -> usize {
        self.shared.accepted.load(Ordering::SeqCst)
    }

    /// How many bytes of faulty answers could be written.
    pub(crate) fn written(&self) -> u64 {
        self.shared.written.load(Ordering::SeqCst)
    }

    /// The first bytes that each connection sent.
    pub(crate) fn heard(&self) -> Vec<Vec<u8>> {
        self.shared.heard.lock().unwrap().clone()
    }

    /// Waits until no connection is open.
    pub(crate) async fn settled(&self) {
        let mut open = self.shared.open.subscribe();
        open.wait_for(|open| *open == 0).await.unwrap();
    }

    /// Waits until `number` connections hold a reply back.
    pub(crate) async fn holds(&self, number: usize) {
        let mut held = self.shared.held.subscribe();
        held.wait_for(|held| *held >= number).await.unwrap();
    }

    /// Lets go what is held back.
    pub(crate) fn open_gate(&self) {
        self.shared.gate.send_replace(true);
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.door.get_mut().unwrap().accepting.abort();
    }
}

/// A socket that shares its port with others of ours.
fn bound(address: SocketAddr) -> TcpSocket {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_reuseport(true).unwrap();
    socket.set_send_buffer_size(SEND_BUFFER).unwrap();
    socket.bind(address).unwrap();
    socket
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    while let Ok((stream, _)) = listener.accept().await {
        shared.accepted.fetch_add(1, Ordering::SeqCst);
        shared.open.send_modify(|open| *open += 1);
        let shared = Arc::clone(&shared);
        tokio::spawn(async move {
            connection::serve(stream, &shared).await;
            shared.open.send_modify(|open| *open -= 1);
        });
    }
}

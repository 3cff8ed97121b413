//! The port: open, or taken and refusing.

use std::net::SocketAddr;

use tokio::net::{TcpListener, TcpSocket, TcpStream};

/// How many connections may wait to be accepted: what the standard library asks for.
const BACKLOG: u32 = 128;

/// A port that can be closed and opened again.
#[derive(Debug)]
pub(super) enum Socket {
    Listening(TcpListener),
    /// Bound, so that no other program is given the port, and not listening, so that it refuses.
    Refusing(TcpSocket),
}

impl Socket {
    pub(super) fn listening(listener: std::net::TcpListener) -> Self {
        listener
            .set_nonblocking(true)
            .expect("a bound socket can be non-blocking");
        Self::Listening(TcpListener::from_std(listener).expect("the runtime takes a socket"))
    }

    pub(super) async fn accept(&self) -> TcpStream {
        match self {
            Self::Refusing(_) => std::future::pending().await,
            Self::Listening(listener) => loop {
                match listener.accept().await {
                    Ok((stream, _)) => return stream,
                    // The client has gone, or there are too many open files for the moment.
                    Err(_) => tokio::task::yield_now().await,
                }
            },
        }
    }

    pub(super) fn refuse(self) -> Self {
        let Self::Listening(listener) = self else {
            return self;
        };
        let address = listener
            .local_addr()
            .expect("a bound socket has an address");
        // Only one that does not listen can share the port, so this one has to go first.
        drop(listener);
        Self::Refusing(bind(address))
    }

    pub(super) fn listen(self) -> Self {
        match self {
            Self::Refusing(socket) => {
                Self::Listening(socket.listen(BACKLOG).expect("the port is ours"))
            }
            listening @ Self::Listening(_) => listening,
        }
    }
}

fn bind(address: SocketAddr) -> TcpSocket {
    let socket = match address {
        SocketAddr::V4(_) => TcpSocket::new_v4(),
        SocketAddr::V6(_) => TcpSocket::new_v6(),
    };
    let socket = socket.expect("the operating system gives a socket");
    socket
        .set_reuseaddr(true)
        .expect("a new socket takes options");
    socket
        .bind(address)
        .expect("the port that was closed just now is free");
    socket
}

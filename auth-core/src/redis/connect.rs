//! One connection: TCP, TLS, authentication, within one time limit.
//!
//! The socket is ours and not that of the crate `redis`, whose TLS takes the default crypto provider of the process:
//! where two are in the build, there is none, and it panics.

use std::sync::Arc;
use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, RedisConnectionInfo};
use secrecy::ExposeSecret;
use thiserror::Error;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout_at};
use tokio_rustls::TlsConnector;

use super::settings::Checked;
use crate::support::NoRandomBytes;

/// For TCP, TLS and authentication together.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);

/// Why Redis did not do what was asked.
#[derive(Debug, Clone, Error)]
pub(super) enum RedisError {
    /// There is no connection.
    #[error("cannot connect to Redis at {place}: {step} failed")]
    Connect {
        /// Host and port.
        place: String,
        /// `TCP`, `TLS` or `authentication`.
        step: &'static str,
        /// What failed.
        #[source]
        source: Arc<dyn std::error::Error + Send + Sync>,
    },
    /// No answer in time.
    #[error("Redis at {place} does not answer: {step} took too long")]
    TimedOut {
        /// Host and port.
        place: String,
        /// `TCP`, `TLS`, `authentication` or the command.
        step: &'static str,
    },
    /// The operating system has no random bytes.
    #[error(transparent)]
    NoRandomBytes(Arc<NoRandomBytes>),
    /// A command failed.
    #[error("Redis at {place} refused {command}")]
    Command {
        /// Host and port.
        place: String,
        /// The command, without its arguments.
        command: &'static str,
        /// The error of Redis.
        #[source]
        source: Arc<redis::RedisError>,
    },
}

/// A connection, and the task that moves its bytes.
#[derive(Debug)]
pub(super) struct Connection {
    pub(super) redis: MultiplexedConnection,
    driver: JoinHandle<()>,
}

impl Connection {
    pub(super) fn is_open(&self) -> bool {
        !self.driver.is_finished()
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.driver.abort();
    }
}

/// Connects. Each answer to a command may take `answer_within`.
pub(super) async fn connect(
    settings: &Checked,
    answer_within: Duration,
) -> Result<Connection, RedisError> {
    let deadline = Instant::now() + CONNECT_TIMEOUT;
    let address = (settings.host.as_str(), settings.port);
    let tcp = within(settings, "TCP", deadline, TcpStream::connect(address)).await?;
    // A command is one small packet, whose answer is waited for.
    let _ = tcp.set_nodelay(true);
    match &settings.tls {
        None => authenticate(settings, tcp, answer_within, deadline).await,
        Some((config, name)) => {
            let connector = TlsConnector::from(Arc::clone(config));
            let tls = connector.connect(name.clone(), tcp);
            let tls = within(settings, "TLS", deadline, tls).await?;
            authenticate(settings, tls, answer_within, deadline).await
        }
    }
}

async fn authenticate(
    settings: &Checked,
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    answer_within: Duration,
    deadline: Instant,
) -> Result<Connection, RedisError> {
    let mut info = RedisConnectionInfo::default()
        .set_db(settings.database)
        .set_lib_name("auth-core", env!("CARGO_PKG_VERSION"));
    if let Some(username) = &settings.username {
        info = info.set_username(username);
    }
    if let Some(password) = &settings.password {
        info = info.set_password(password.expose_secret());
    }
    let config = AsyncConnectionConfig::new().set_response_timeout(Some(answer_within));
    let connected = async {
        let (redis, driver) =
            MultiplexedConnection::new_with_config(&info, Box::pin(stream), config).await?;
        Ok::<_, redis::RedisError>((redis, driver))
    };
    let (redis, driver) = within(settings, "authentication", deadline, connected).await?;
    let driver = tokio::spawn(driver);
    Ok(Connection { redis, driver })
}

async fn within<T, E>(
    settings: &Checked,
    step: &'static str,
    deadline: Instant,
    work: impl Future<Output = Result<T, E>>,
) -> Result<T, RedisError>
where
    E: std::error::Error + Send + Sync + 'static,
{
    let place = settings.place();
    match timeout_at(deadline, work).await {
        Ok(Ok(done)) => Ok(done),
        Ok(Err(error)) => Err(RedisError::Connect {
            place,
            step,
            source: Arc::new(error),
        }),
        Err(_) => Err(RedisError::TimedOut { place, step }),
    }
}

impl RedisError {
    /// The error of a command.
    pub(super) fn command(
        settings: &Checked,
        command: &'static str,
        error: redis::RedisError,
    ) -> Self {
        let place = settings.place();
        match error.is_timeout() {
            true => Self::TimedOut {
                place,
                step: command,
            },
            false => Self::Command {
                place,
                command,
                source: Arc::new(error),
            },
        }
    }
}

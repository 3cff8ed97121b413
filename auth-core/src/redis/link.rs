//! [`Link`]: a connection for commands, opened anew after a failure.

use std::sync::Arc;
use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::{Cmd, FromRedisValue, Pipeline, Value};
use tokio::sync::Mutex;

use super::connect::{Connection, RedisError, connect};
use super::settings::Checked;

/// How long a command may take.
const ANSWER_WITHIN: Duration = Duration::from_secs(2);

/// A connection that is opened with the first command, and with the first after a failure.
#[derive(Debug, Clone)]
pub(super) struct Link {
    settings: Arc<Checked>,
    connection: Arc<Mutex<Option<Connection>>>,
}

impl Link {
    pub(super) fn new(settings: Arc<Checked>) -> Self {
        Self {
            settings,
            connection: Arc::default(),
        }
    }

    /// The answer to one command. It may have had its effect if this fails.
    pub(super) async fn ask<T: FromRedisValue>(
        &self,
        name: &'static str,
        command: &Cmd,
    ) -> Result<T, RedisError> {
        let mut redis = self.connection().await?;
        let answer = command.query_async(&mut redis).await;
        self.checked(name, answer).await
    }

    /// The answers to commands that are sent together. Some may have had their effect if this fails.
    pub(super) async fn ask_all(
        &self,
        name: &'static str,
        commands: &Pipeline,
    ) -> Result<(), RedisError> {
        let mut redis = self.connection().await?;
        let answer = commands.query_async::<Vec<Value>>(&mut redis).await;
        self.checked(name, answer).await.map(|_| ())
    }

    async fn connection(&self) -> Result<MultiplexedConnection, RedisError> {
        // Held while it connects: the others wait for the same connection.
        let mut place = self.connection.lock().await;
        let connection = match place.take().filter(Connection::is_open) {
            Some(connection) => connection,
            None => connect(&self.settings, ANSWER_WITHIN).await?,
        };
        let redis = connection.redis.clone();
        *place = Some(connection);
        Ok(redis)
    }

    async fn checked<T>(
        &self,
        name: &'static str,
        answer: Result<T, redis::RedisError>,
    ) -> Result<T, RedisError> {
        match answer {
            Ok(answer) => Ok(answer),
            Err(error) => {
                // An error that Redis itself reports says nothing about the connection.
                if error.is_unrecoverable_error() || error.is_timeout() {
                    self.connection.lock().await.take();
                }
                Err(RedisError::command(&self.settings, name, error))
            }
        }
    }
}

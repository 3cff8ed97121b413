//! [`Link`]: a connection for commands, opened anew after a failure.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::{Cmd, FromRedisValue, Pipeline, Value};
use tokio::sync::Mutex;
use tokio::time::Instant;

use super::connect::{Connection, RedisError, connect};
use super::settings::Checked;

/// How long an answer to a command may take.
const ANSWER_WITHIN: Duration = Duration::from_millis(1500);
/// How long a failure to connect holds for others: those who wait for the same connection do not each try again.
const FAILED_FOR: Duration = Duration::from_secs(1);

/// A connection that is opened with the first command, and with the first after a failure.
#[derive(Debug, Clone)]
pub(super) struct Link {
    settings: Arc<Checked>,
    place: Arc<Mutex<Place>>,
    /// How many connections were opened.
    opened: Arc<AtomicU64>,
}

/// The connection, if there is one.
#[derive(Debug, Default)]
enum Place {
    #[default]
    Empty,
    /// With its number, so that a failure closes the connection that has failed, and no later one.
    Open(Connection, u64),
    Failed(Instant, RedisError),
}

impl Link {
    pub(super) fn new(settings: Arc<Checked>) -> Self {
        Self {
            settings,
            place: Arc::default(),
            opened: Arc::default(),
        }
    }

    /// The answer to one command. It may have had its effect if this fails.
    pub(super) async fn ask<T: FromRedisValue>(
        &self,
        name: &'static str,
        command: &Cmd,
    ) -> Result<T, RedisError> {
        let (mut redis, number) = self.connection().await?;
        let answer = command.query_async(&mut redis).await;
        self.checked(name, number, answer).await
    }

    /// The answers to commands that are sent together. Some may have had their effect if this fails.
    pub(super) async fn ask_all(
        &self,
        name: &'static str,
        commands: &Pipeline,
    ) -> Result<Vec<Value>, RedisError> {
        let (mut redis, number) = self.connection().await?;
        let answer = commands.query_async::<Vec<Value>>(&mut redis).await;
        self.checked(name, number, answer).await
    }

    async fn connection(&self) -> Result<(MultiplexedConnection, u64), RedisError> {
        // Held while it connects: the others wait for the same connection.
        let mut place = self.place.lock().await;
        match &*place {
            Place::Open(connection, number) if connection.is_open() => {
                return Ok((connection.redis.clone(), *number));
            }
            Place::Failed(at, error) if at.elapsed() < FAILED_FOR => return Err(error.clone()),
            _ => {}
        }
        match connect(&self.settings, ANSWER_WITHIN).await {
            Ok(connection) => {
                let number = self.opened.fetch_add(1, Ordering::Relaxed);
                let redis = connection.redis.clone();
                *place = Place::Open(connection, number);
                Ok((redis, number))
            }
            Err(error) => {
                *place = Place::Failed(Instant::now(), error.clone());
                Err(error)
            }
        }
    }

    async fn checked<T>(
        &self,
        name: &'static str,
        number: u64,
        answer: Result<T, redis::RedisError>,
    ) -> Result<T, RedisError> {
        match answer {
            Ok(answer) => Ok(answer),
            Err(error) => {
                // An error that Redis itself reports says nothing about the connection.
                if error.is_unrecoverable_error() || error.is_timeout() {
                    let mut place = self.place.lock().await;
                    if matches!(&*place, Place::Open(_, open) if *open == number) {
                        *place = Place::Empty;
                    }
                }
                Err(RedisError::command(&self.settings, name, error))
            }
        }
    }
}

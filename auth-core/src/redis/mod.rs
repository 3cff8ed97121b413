//! What replicas of a server share, in Redis or Valkey (feature `redis`).
//!
//! | file | job |
//! |---|---|
//! | `settings` | [`RedisSettings`]: where Redis is, and how the connection is secured |
//! | `connect` | one connection: TCP, TLS, authentication, each with a time limit |
//! | `link` | a connection for commands, opened anew after a failure |
//! | `revocations` | [`RedisRevocations`]: revocations that every replica knows |
//! | `replica` | … the task that follows the log, and what it does after an outage |
//! | `log` | … the log itself: a Redis stream |
//! | `entry` | … one revocation as an entry of the stream |
//! | `pending` | … what was added here and is not in the log yet, as far as is known |
//! | `outage` | … how long Redis has been lost, and what then holds |
//! | `state` | [`RedisState`]: … its state, for health checks and metrics |
//! | `idempotency` | [`RedisIdempotency`]: what has an effect once in all replicas |
//!
//! Everything in Redis is under one prefix, `auth:` by default:
//!
//! | key | what |
//! |---|---|
//! | `auth:revocations` | a stream; an entry for each revocation: `issuer`, `kind`, `value`, `organization`, `at` (ns since 1970) |
//! | `auth:epoch` | a random string, by which a Redis that has lost its data is recognized |
//! | `auth:repair` | held by the replica that is adding what Redis has lost |
//! | `auth:once:…` | what is in progress or done, for a while |
//!
//! Who can write to Redis can revoke tokens and, by removing entries, delay revocations for replicas that start
//! later. So give each deployment separate credentials, and Redis a policy that evicts nothing (`maxmemory-policy
//! noeviction`). With `appendonly yes` and `appendfsync always` Redis itself loses nothing; without, the replicas
//! add what it has lost.

mod connect;
mod entry;
mod idempotency;
mod link;
mod log;
mod outage;
mod pending;
mod replica;
mod revocations;
mod settings;
mod state;

pub use idempotency::RedisIdempotency;
pub use outage::OnOutage;
pub use revocations::{RedisRevocations, RedisRevocationsBuilder};
pub use settings::RedisSettings;
pub use state::RedisState;

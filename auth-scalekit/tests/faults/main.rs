//! Faults of the key endpoint on the wire, and what callers get meanwhile.
//!
//! | file | job |
//! |---|---|
//! | `proxy` | the TCP proxy in front of the key endpoint |
//! | `harness` | a verifier, a mock and the proxy, on one clock |
//! | `matrix` | every fault, from a cold start and with cached keys |
//! | `rows` | the faults by their names |
//! | `transport` | TLS where there is none, a connection that is closed between two fetches |
//! | `late_answer` | an older answer that comes last |
//! | `warm_up` | how long a check before a server listens takes |
//! | `cancelled` | callers that are cancelled, at each of their polls |
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a failure here is the test's failure"
)]

mod cancelled;
mod harness;
mod late_answer;
mod matrix;
mod proxy;
mod rows;
mod transport;
mod warm_up;

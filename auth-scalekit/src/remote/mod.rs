//! Documents of the issuer that are fetched, kept and kept fresh: its keys, its metadata.
//!
//! | file | job |
//! |---|---|
//! | `url`, `resolver` | what may be asked: https, and no private addresses; the introspection endpoint too |
//! | `fetch` | one GET with every limit that a hostile or ill server makes necessary |
//! | `json_body` | the body of an answer, bounded; of introspection too |
//! | `freshness` | how long an answer is used, and how often another one may be asked for |
//! | `place` | where a document is, by configuration or by another document |
//! | `attempts` | whether a fetch is under way, and when the next may be |
//! | `backoff` | how long what failed is left alone; introspection's too |
//! | `single_flight` | callers that need the same thing share one request; of introspection |
//! | `source` | one fetch at a time, the last good answer, and who waits for what |
//! | `renewal` | fresh without traffic: the background task of a document |

mod attempts;
mod backoff;
mod fetch;
mod freshness;
pub(crate) mod json_body;
mod latest;
mod place;
mod renewal;
mod resolver;
mod single_flight;
mod source;
mod url;

pub(crate) use self::url::{BadUrl, FetchUrl};
pub(crate) use backoff::{Backoff, KeyedBackoff};
pub(crate) use fetch::{FetchError, Fetcher, TOTAL_TIMEOUT, client};
pub(crate) use freshness::Freshness;
pub(crate) use place::Places;
pub(crate) use renewal::Renewal;
pub(crate) use single_flight::{Joined, SingleFlight};
pub(crate) use source::{Answers, Newer, Snapshot, Source};

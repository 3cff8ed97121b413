//! Documents of an issuer that are fetched, cached and renewed: its keys, its metadata. Knows no issuer.
//!
//! | file | job |
//! |---|---|
//! | `url`, `resolver` | which URLs and addresses may be contacted (SSRF guard); introspection uses them too |
//! | `fetch` | one GET, within every limit that a hostile or broken server makes necessary |
//! | `json_body` | a bounded JSON body; introspection and the management API use it too |
//! | `post` | a POST and the delay that its answer requests; used by introspection and the management API |
//! | `issuer_metadata` | metadata that is about the configured issuer |
//! | `freshness` | how long an answer is used, and how often a fetch is due |
//! | `place` | where a document is: at configured URLs, or at one that another document names |
//! | `source` | the entry: the document for callers, cached or fetched |
//! | `document` | one document, its cached answer and its fetches |
//! | `snapshot`, `latest` | the last good answers, and the quick check whether one is fresh |
//! | `attempts` | whether a fetch is in flight, and when the next is due |
//! | `renewal` | the background task that keeps a document fresh |
//! | `backoff` | delays after failures; introspection and the management API use it too |
//! | `single_flight` | callers with the same request share it; used by introspection and the management API |
//!
//! Fetching, single flight and back-off are code of this crate, not a library's: each has a bound (time,
//! bytes, attempts, memory) that a hostile issuer or caller runs into, and an injected clock to test it.

mod attempts;
mod backoff;
mod document;
mod fetch;
mod freshness;
mod issuer_metadata;
pub(crate) mod json_body;
mod latest;
mod place;
mod post;
mod renewal;
mod resolver;
mod single_flight;
mod snapshot;
mod source;
mod url;

pub(crate) use self::url::{BadUrl, FetchUrl};
pub(crate) use backoff::{Backoff, KeyedBackoff};
pub(crate) use fetch::{FetchError, Fetcher, TOTAL_TIMEOUT};
pub(crate) use freshness::Freshness;
pub(crate) use issuer_metadata::{BadMetadata, METADATA_PATH, metadata_of};
pub(crate) use place::Places;
pub(crate) use post::{form, post_client, retry_after};
pub(crate) use renewal::Renewal;
pub(crate) use single_flight::{Joined, SingleFlight};
pub(crate) use snapshot::{Answers, Snapshot};
pub(crate) use source::{Newer, Source};

//! Requests to the servers under diagnosis, and their replies.
//!
//! | file | job |
//! |---|---|
//! | `client` | bounded requests, and the clock skew that the replies show |
//! | `page` | a reply as a browser would get it |
//! | `document` | members of a JSON document |
//! | `origin` | which URLs of a reply may be requested |
//! | `skew` | the difference between two clocks |
//! | `transport_error` | why there is no reply |

mod client;
mod document;
mod origin;
mod page;
mod skew;
mod transport_error;

pub(super) use client::{HttpClient, HttpReply};
pub(super) use document::{Document, text, texts};
pub(super) use origin::same_origin;
pub(super) use page::Page;
pub(super) use skew::ClockSkew;
pub(super) use transport_error::TransportError;

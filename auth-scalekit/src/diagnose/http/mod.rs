//! Requests to the servers that are diagnosed, and their replies.

mod client;
mod origin;
mod page;
mod skew;
mod transport_error;

pub(super) use client::{Answer, Asker};
pub(super) use origin::same_origin;
pub(super) use page::Page;
pub(super) use skew::Skew;
pub(super) use transport_error::NoAnswer;

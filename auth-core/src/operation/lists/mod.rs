//! Filters lists of tools, prompts, resources, resource templates and skills: removes the items that
//! the caller is not authorized to use.
//!
//! A response body is either one JSON text or an event stream of them. Each JSON text is scanned, and
//! the hidden items are cut out of it; all other bytes stay as they are. A text that can be read in
//! more than one way could reveal a list to another parser, so it is withheld: one JSON text is
//! replaced by a JSON-RPC error, an event of a stream is dropped.
//!
//! | file | job |
//! |---|---|
//! | `list` | which methods return lists, and which members of a result are lists |
//! | `filter` | [`ListFilter`]: a response body, chunk by chunk |
//! | `event_stream` | the events of a stream: where they end, and the JSON in them |
//! | `rewrite` | one JSON text without the items that the caller may not use |
//! | `edits` | replacements of parts of a text |

mod edits;
mod event_stream;
mod filter;
mod list;
mod rewrite;

pub(crate) use filter::{ListFilter, ResponseKind};
pub(crate) use list::{has_list, is_list};

#[cfg(test)]
mod tests;

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
//! | here | which methods return lists, and which members of a result are lists |
//! | `filter` | [`ListFilter`]: a response body, chunk by chunk |
//! | `event_stream` | the events of a stream: where they end, and the JSON in them |
//! | `rewrite` | one JSON text without the items that the caller may not use |
//! | `edits` | replacements of parts of a text |

mod edits;
mod event_stream;
mod filter;
mod rewrite;

use super::Operation;
use super::primitive::Primitive;

pub(crate) use filter::{ListFilter, ResponseKind};

/// A list that is filtered.
struct List {
    /// The member of the result.
    member: &'static str,
    /// The member of an item that names it.
    name: &'static str,
    /// The method that uses an item.
    method: &'static str,
    primitive: Primitive,
}

const LISTS: [List; 5] = [
    List {
        member: "tools",
        name: "name",
        method: "tools/call",
        primitive: Primitive::Tool,
    },
    List {
        member: "prompts",
        name: "name",
        method: "prompts/get",
        primitive: Primitive::Prompt,
    },
    List {
        member: "resources",
        name: "uri",
        method: "resources/read",
        primitive: Primitive::Resource,
    },
    // A template is evaluated as one resource, by its own string: it is hidden only by rules that
    // cover all of it, since one that can also expand to allowed resources is still useful.
    List {
        member: "resourceTemplates",
        name: "uriTemplate",
        method: "resources/read",
        primitive: Primitive::Resource,
    },
    List {
        member: "skills",
        name: "uri",
        method: "skills/get",
        primitive: Primitive::Skill,
    },
];

/// Whether responses to this method contain a list.
pub(crate) fn has_list(method: &str) -> bool {
    method.ends_with("/list") || method == "resources/directory/read"
}

/// Whether the response to this operation contains a list.
pub(crate) fn is_list(operation: &Operation) -> bool {
    has_list(&operation.method)
}

#[cfg(test)]
mod tests;

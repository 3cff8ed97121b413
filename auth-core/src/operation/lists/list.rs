//! Which methods return lists, and which members of a result are lists.

use crate::operation::Operation;
use crate::operation::primitive::Primitive;

/// A list that is filtered.
pub(super) struct List {
    /// The member of the result.
    pub(super) member: &'static str,
    /// The member of an item that names it.
    pub(super) name: &'static str,
    /// The method that uses an item.
    pub(super) method: &'static str,
    pub(super) primitive: Primitive,
}

pub(super) const LISTS: [List; 5] = [
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

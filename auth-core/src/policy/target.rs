//! Whether an operation is about a primitive that configuration names.

use super::operations::Pattern;
use crate::operation::method;
use crate::operation::{Operation, Primitive};

/// Whether the target of the operation is, or may be, a primitive of this kind. Resources, templates and
/// skills are one kind here: they share one space of URIs.
pub(super) fn concerns(operation: &Operation, primitive: Primitive) -> bool {
    match operation.primitive {
        Some(found) => {
            found == primitive || (found.is_named_by_uri() && primitive.is_named_by_uri())
        }
        None => method::touches(&operation.method, primitive),
    }
}

/// Whether the pattern may match what the operation is about. When in doubt it does.
#[cfg(feature = "rate-limit")]
pub(super) fn may_match(operation: &Operation, pattern: &Pattern) -> bool {
    let Some(name) = operation.name.as_deref() else {
        return true;
    };
    match operation.primitive {
        Some(Primitive::ResourceTemplate) => pattern.may_overlap(&Pattern::of_template(name)),
        _ => pattern.matches(name),
    }
}

/// Whether one of the patterns certainly matches what the operation is about.
pub(super) fn is_listed(operation: &Operation, patterns: &[Pattern]) -> bool {
    let name = operation.name.as_deref();
    name.is_some_and(|name| patterns.iter().any(|pattern| pattern.matches(name)))
}

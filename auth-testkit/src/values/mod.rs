//! Values that several modules share: ids, times, secrets, ordered JSON objects and enums with names.

mod catalog_enum;
pub(crate) mod id;
mod ordered_object;
mod secret;
pub(crate) mod timestamp;

pub use catalog_enum::UnknownName;
pub(crate) use catalog_enum::{catalog_enum, kebab_case, to_kebab_case};
pub(crate) use ordered_object::OrderedObject;
pub(crate) use secret::Secret;

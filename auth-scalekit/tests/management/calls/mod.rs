//! All calls of the feature `management`: what each sends, and an answer of the documented shape. Names and addresses
//! contain `marker`, which must never be shown.

mod directories;
mod logs;
mod organizations;
mod resources;
mod roles;
mod users;

use std::any::Any;
use std::fmt::Debug;

use auth_core::support::BoxFuture;
use auth_scalekit::management::{Management, ManagementError};
use serde_json::Value;

/// A call.
pub(crate) struct Row {
    /// The method and the path in the API's documentation.
    pub(crate) name: &'static str,
    pub(crate) path: &'static str,
    pub(crate) query: &'static [(&'static str, &'static str)],
    /// The body of the request.
    pub(crate) sent: Option<Value>,
    pub(crate) kind: Kind,
    pub(crate) answer: Value,
    pub(crate) call: fn(Management) -> BoxFuture<'static, Result<Found, ManagementError>>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// It reads one thing, or a list without pages.
    Read,
    /// It reads a list in pages: the member with the items.
    List(&'static str),
    /// It changes something.
    Change,
}

/// What a call returned.
pub(crate) struct Found {
    value: Box<dyn Comparable>,
    pub(crate) items: usize,
    pub(crate) shown: String,
}

trait Comparable: Any + Send {
    fn is(&self, other: &dyn Any) -> bool;
    fn as_any(&self) -> &dyn Any;
}

impl<T: PartialEq + Any + Send> Comparable for T {
    fn is(&self, other: &dyn Any) -> bool {
        other.downcast_ref().is_some_and(|other: &T| self == other)
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

impl PartialEq for Found {
    fn eq(&self, other: &Self) -> bool {
        (*self.value).is((*other.value).as_any())
    }
}

impl Debug for Found {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.shown)
    }
}

impl Row {
    pub(crate) fn verb(&self) -> &'static str {
        self.name.split(' ').next().unwrap()
    }

    pub(crate) fn is_change(&self) -> bool {
        self.kind == Kind::Change
    }

    pub(crate) async fn call(&self, management: &Management) -> Result<Found, ManagementError> {
        (self.call)(management.clone()).await
    }
}

/// The result of a call that returns one thing.
fn one<T: PartialEq + Debug + Any + Send>(
    result: Result<T, ManagementError>,
) -> Result<Found, ManagementError> {
    let value = result?;
    Ok(Found {
        items: 1,
        shown: format!("{value:?}"),
        value: Box::new(value),
    })
}

/// The result of a call that returns a list.
fn many<T: PartialEq + Debug + Any + Send>(
    result: Result<Vec<T>, ManagementError>,
) -> Result<Found, ManagementError> {
    let value = result?;
    Ok(Found {
        items: value.len(),
        ..one(Ok(value))?
    })
}

pub(crate) fn all() -> Vec<Row> {
    let mut all = users::rows();
    all.extend(roles::rows());
    all.extend(organizations::rows());
    all.extend(resources::rows());
    all.extend(logs::rows());
    all.extend(directories::rows());
    all
}

/// The row with this name.
pub(crate) fn named(name: &str) -> Row {
    all().into_iter().find(|row| row.name == name).unwrap()
}

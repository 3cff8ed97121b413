//! [`ArgumentPolicy`]: requires something of one argument.

use serde_json::Value;

use super::compare::{compare, equal};
use super::pointer::Pointer;
use crate::policy::operations::Pattern;
use crate::policy::{Denied, Policy, PolicyRequest};

/// A policy about one argument, made by [`argument`](crate::policy::argument()).
#[derive(Debug, Clone, PartialEq)]
pub struct ArgumentPolicy {
    pointer: Pointer,
    condition: Condition,
}

/// What the argument must be.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Condition {
    OneOf(Vec<Value>),
    NoneOf(Vec<Value>),
    EqualsClaim(Pointer),
    InClaim(Pointer),
    IsOrganization,
    Matches(Pattern),
    AtMost(i64),
    AtLeast(i64),
    Present,
    Absent,
}

impl ArgumentPolicy {
    pub(super) fn new(pointer: Pointer, condition: Condition) -> Self {
        Self { pointer, condition }
    }
}

impl Policy for ArgumentPolicy {
    fn check(&self, request: &PolicyRequest<'_>) -> Result<(), Denied> {
        let is_allowed = if request.is_listing() {
            self.condition.can_be_met(request)
        } else {
            let argument = request.argument(self.pointer.as_str());
            self.condition.is_met_by(argument, request)
        };
        if is_allowed {
            return Ok(());
        }
        // The value is the caller's, and may be secret.
        let reason = format!("the argument {:?} is not allowed", self.pointer.as_str());
        Err(Denied::Forbidden(reason.into()))
    }

    fn needs_arguments(&self) -> bool {
        true
    }
}

impl Condition {
    fn is_met_by(&self, argument: Option<&Value>, request: &PolicyRequest<'_>) -> bool {
        let Some(argument) = argument else {
            return matches!(self, Self::Absent);
        };
        let is = |value: &Value| equal(argument, value) == Some(true);
        match self {
            Self::OneOf(values) => values.iter().any(is),
            Self::NoneOf(values) => values
                .iter()
                .all(|value| equal(argument, value) == Some(false)),
            Self::EqualsClaim(claim) => claim_of(request, claim).is_some_and(is),
            Self::InClaim(claim) => items_of(request, claim).iter().any(is),
            Self::IsOrganization => {
                let organization = request.token().organization();
                organization.is_some() && argument.as_str() == organization
            }
            Self::Matches(pattern) => argument.as_str().is_some_and(|it| pattern.matches(it)),
            Self::AtMost(limit) => has_order(argument, *limit, |order| order.is_le()),
            Self::AtLeast(limit) => has_order(argument, *limit, |order| order.is_ge()),
            Self::Present => !argument.is_null(),
            Self::Absent => false,
        }
    }

    /// Whether the caller could meet it with some arguments.
    fn can_be_met(&self, request: &PolicyRequest<'_>) -> bool {
        match self {
            Self::EqualsClaim(claim) => claim_of(request, claim).is_some(),
            Self::InClaim(claim) => !items_of(request, claim).is_empty(),
            Self::IsOrganization => request.token().organization().is_some(),
            _ => true,
        }
    }
}

fn claim_of<'a>(request: &PolicyRequest<'a>, claim: &Pointer) -> Option<&'a Value> {
    let value = request.token().claim(claim.as_str());
    value.filter(|value| !value.is_null())
}

fn items_of<'a>(request: &PolicyRequest<'a>, claim: &Pointer) -> &'a [Value] {
    let items = claim_of(request, claim).and_then(Value::as_array);
    items.map(Vec::as_slice).unwrap_or_default()
}

fn has_order(value: &Value, limit: i64, is_allowed: fn(std::cmp::Ordering) -> bool) -> bool {
    let number = value.as_number();
    number.is_some_and(|number| compare(number, limit).is_some_and(is_allowed))
}

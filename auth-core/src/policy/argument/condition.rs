//! [`argument`]: which argument a policy is about, and what it must be.

use serde_json::Value;

use super::argument_policy::{ArgumentPolicy, Condition};
use super::pointer::{InvalidArgument, Pointer};
use crate::policy::operations::Pattern;

/// The argument at a JSON pointer ([RFC 6901](https://www.rfc-editor.org/rfc/rfc6901)): `/project`,
/// `/filter/tags/0`. Its methods make a policy of it, for a rule about tools or prompts.
///
/// * An argument that is missing satisfies no policy but [`absent`](Argument::absent). So such a rule
///   denies every other request that it applies to and that has no arguments, such as the completion
///   of a prompt.
/// * Types are compared strictly, and numbers by their value: `1` is not `"1"`, but is `1.0`. An integer
///   beyond 64 bits is never equal to another number.
/// * In a [list](crate::policy::PolicyRequest::is_listing), before anyone has chosen arguments, they
///   allow what some arguments would be allowed for.
/// * [`not`](crate::policy::not()) of such a policy allows a missing argument, and one of another type.
///   Prefer [`none_of`](Argument::none_of), which does not.
/// * They deny with [`Denied::Forbidden`](crate::policy::Denied::Forbidden), which names the pointer and
///   never a value.
///
/// ```
/// use auth_core::policy::{OperationPolicy, argument, organization_is_argument};
///
/// let operations = OperationPolicy::builder()
///     .tool("deploy", argument("/project")?.equals_claim("/custom_claims/project")?)
///     .tool("invite", organization_is_argument("/org")?)
///     .tool("search", argument("/limit")?.at_most(100))
///     .build()?;
/// # let _ = operations;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
///
/// [`InvalidArgument`] for a string that is not a JSON pointer to an argument: it would never match.
pub fn argument(pointer: &str) -> Result<Argument, InvalidArgument> {
    Pointer::new(pointer).map(Argument)
}

/// Requires that the argument at this JSON pointer is the caller's
/// [organization](crate::token::VerifiedToken::organization). A caller without an organization is
/// denied.
///
/// # Errors
///
/// As [`argument`].
pub fn organization_is_argument(pointer: &str) -> Result<ArgumentPolicy, InvalidArgument> {
    let Argument(pointer) = argument(pointer)?;
    Ok(ArgumentPolicy::new(pointer, Condition::IsOrganization))
}

/// An argument, which a policy can be made of: see [`argument`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use = "call a method that says what the argument must be"]
pub struct Argument(Pointer);

impl Argument {
    /// Requires that it equals `value`.
    pub fn equals(self, value: impl Into<Value>) -> ArgumentPolicy {
        self.must(Condition::OneOf(vec![value.into()]))
    }

    /// Requires that it equals one of `values`.
    ///
    /// # Errors
    ///
    /// [`InvalidArgument::NoValues`] for an empty list.
    pub fn one_of<T: Into<Value>>(
        self,
        values: impl IntoIterator<Item = T>,
    ) -> Result<ArgumentPolicy, InvalidArgument> {
        let values = self.values(values)?;
        Ok(self.must(Condition::OneOf(values)))
    }

    /// Requires that it is present, and differs from each of `values`. The type counts: `"1"` differs from
    /// `1`. Prefer [`one_of`](Self::one_of) where the allowed values are known.
    ///
    /// # Errors
    ///
    /// [`InvalidArgument::NoValues`] for an empty list.
    pub fn none_of<T: Into<Value>>(
        self,
        values: impl IntoIterator<Item = T>,
    ) -> Result<ArgumentPolicy, InvalidArgument> {
        let values = self.values(values)?;
        Ok(self.must(Condition::NoneOf(values)))
    }

    /// Requires that it equals the claim at this JSON pointer: `/custom_claims/project`. A claim that is
    /// missing or `null` equals nothing.
    ///
    /// # Errors
    ///
    /// [`InvalidArgument::Pointer`] for a string that is not a JSON pointer to a claim.
    pub fn equals_claim(self, claim: &str) -> Result<ArgumentPolicy, InvalidArgument> {
        let claim = Pointer::new(claim)?;
        Ok(self.must(Condition::EqualsClaim(claim)))
    }

    /// Requires that it equals an item of the claim at this JSON pointer, an array:
    /// `/custom_claims/projects`. A claim that is missing or not an array contains nothing.
    ///
    /// # Errors
    ///
    /// [`InvalidArgument::Pointer`] for a string that is not a JSON pointer to a claim.
    pub fn contained_in_claim(self, claim: &str) -> Result<ArgumentPolicy, InvalidArgument> {
        let claim = Pointer::new(claim)?;
        Ok(self.must(Condition::InClaim(claim)))
    }

    /// Requires a string that matches `pattern`, in which `*` matches any number of any characters. They
    /// can be slashes and dots: `/data/*` also matches `/data/../etc/passwd`, so a pattern is no check of
    /// a path that the tool normalizes.
    pub fn matches(self, pattern: &str) -> ArgumentPolicy {
        self.must(Condition::Matches(Pattern::new(pattern)))
    }

    /// Requires a number that is at most `limit`.
    pub fn at_most(self, limit: i64) -> ArgumentPolicy {
        self.must(Condition::AtMost(limit))
    }

    /// Requires a number that is at least `limit`.
    pub fn at_least(self, limit: i64) -> ArgumentPolicy {
        self.must(Condition::AtLeast(limit))
    }

    /// Requires that it has a value, and not `null`.
    pub fn present(self) -> ArgumentPolicy {
        self.must(Condition::Present)
    }

    /// Requires that it is missing; `null` is a value. All arguments may be missing.
    pub fn absent(self) -> ArgumentPolicy {
        self.must(Condition::Absent)
    }

    fn must(self, condition: Condition) -> ArgumentPolicy {
        ArgumentPolicy::new(self.0, condition)
    }

    fn values<T: Into<Value>>(
        &self,
        values: impl IntoIterator<Item = T>,
    ) -> Result<Vec<Value>, InvalidArgument> {
        let values: Vec<_> = values.into_iter().map(Into::into).collect();
        if values.is_empty() {
            return Err(InvalidArgument::NoValues(self.0.to_string()));
        }
        Ok(values)
    }
}

//! [`policy_fn`]: closures as policies.

use std::fmt;

use super::denied::Denied;
use super::policy_request::PolicyRequest;
use super::policy_trait::Policy;

/// A policy made of a closure.
///
/// ```
/// use auth_core::policy::{Denied, policy_fn};
///
/// let only_machines = policy_fn(|request| match request.token().is_machine() {
///     true => Ok(()),
///     false => Err(Denied::Forbidden("a user".into())),
/// });
/// # let _ = only_machines;
/// ```
pub fn policy_fn<F>(check: F) -> PolicyFn<F>
where
    F: Fn(&PolicyRequest<'_>) -> Result<(), Denied> + Send + Sync + 'static,
{
    PolicyFn {
        check,
        needs_arguments: false,
        needs_member: false,
    }
}

/// A policy made by [`policy_fn`].
#[derive(Clone, Copy)]
pub struct PolicyFn<F> {
    check: F,
    needs_arguments: bool,
    needs_member: bool,
}

impl<F> PolicyFn<F> {
    /// Lets the closure see the [arguments](PolicyRequest::arguments) of operations. Default: it
    /// sees none, and bodies are not read for it.
    #[must_use]
    pub fn needing_arguments(mut self) -> Self {
        self.needs_arguments = true;
        self
    }

    /// Lets the closure see the [member](PolicyRequest::member) that the caller is. Default: it sees none.
    #[must_use]
    pub fn needing_member(mut self) -> Self {
        self.needs_member = true;
        self
    }
}

impl<F> Policy for PolicyFn<F>
where
    F: Fn(&PolicyRequest<'_>) -> Result<(), Denied> + Send + Sync + 'static,
{
    fn check(&self, request: &PolicyRequest<'_>) -> Result<(), Denied> {
        (self.check)(request)
    }

    fn needs_arguments(&self) -> bool {
        self.needs_arguments
    }

    fn needs_member(&self) -> bool {
        self.needs_member
    }
}

impl<F> fmt::Debug for PolicyFn<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("PolicyFn")
            .field(&std::any::type_name::<F>())
            .finish()
    }
}

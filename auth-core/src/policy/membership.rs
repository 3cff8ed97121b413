//! [`active_member`] and [`in_group`]: what the directory knows of the caller now.

use super::denied::Denied;
use super::policy_request::PolicyRequest;
use super::policy_trait::Policy;
use crate::directory::Member;

/// Requires that the caller is an active member of the organization of the token when the request arrives, by the
/// [`Directory`](crate::directory::Directory) of the layer. Machines are no members.
///
/// No scope can make a caller a member, so the response is a 403 without a challenge; 503 while the directory is
/// unavailable, also where the policy is a part of [`any_of`](super::any_of()) or [`not`](super::not()).
///
/// ```
/// use auth_core::directory::Directory;
/// use auth_core::layer::AuthLayer;
/// use auth_core::policy::{OperationPolicy, active_member, in_group};
/// use auth_core::provider::AuthProvider;
///
/// # fn demo(provider: impl AuthProvider, directory: impl Directory) -> Result<(), Box<dyn std::error::Error>> {
/// let operations = OperationPolicy::builder().tool("pay", in_group("dirgroup_1")).build()?;
/// let layer = AuthLayer::builder(provider)
///     .directory(directory)
///     .policy(active_member())
///     .operations(operations)
///     .build()?;
/// # let _ = layer; Ok(()) }
/// ```
///
/// A stream stays open until its caller is checked again, every
/// [60 s](crate::layer::AuthLayerBuilder::recheck_streams_every) by default, by the policies of the layer and not by those
/// of rules, and while the directory is unavailable. A revocation ends it at once.
#[must_use]
pub fn active_member() -> ActiveMember {
    ActiveMember
}

/// Requires an [active member](active_member()) who is in the group with this id, such as `dirgroup_1`.
///
/// So its negation also allows machines and those who are no active members: combine it with [`active_member`].
#[must_use]
pub fn in_group(id: impl Into<String>) -> InGroup {
    InGroup(GroupIs::WithId(id.into()))
}

/// Requires an [active member](active_member()) who is in a group with this name; the case of letters matters.
///
/// The administrators of each organization choose the names of its groups, and who is in them. So this is for rights
/// that every organization may give to its members, not for rights over what belongs to others.
#[must_use]
pub fn in_group_named(name: impl Into<String>) -> InGroup {
    InGroup(GroupIs::Named(name.into()))
}

/// The policy made by [`active_member`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ActiveMember;

/// The policy made by [`in_group`] and [`in_group_named`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InGroup(GroupIs);

#[derive(Debug, Clone, PartialEq, Eq)]
enum GroupIs {
    WithId(String),
    Named(String),
}

impl Policy for ActiveMember {
    fn check(&self, request: &PolicyRequest<'_>) -> Result<(), Denied> {
        match active(request) {
            Some(_) => Ok(()),
            None => Err(Denied::Forbidden(
                "the caller is no active member of the organization".into(),
            )),
        }
    }

    fn needs_member(&self) -> bool {
        true
    }
}

impl Policy for InGroup {
    fn check(&self, request: &PolicyRequest<'_>) -> Result<(), Denied> {
        let is_in = |member: &Member| match &self.0 {
            GroupIs::WithId(id) => member.is_in(id),
            GroupIs::Named(name) => member.is_in_named(name),
        };
        if active(request).is_some_and(is_in) {
            return Ok(());
        }
        let reason = match &self.0 {
            GroupIs::WithId(id) => format!("the group {id:?} is required"),
            GroupIs::Named(name) => format!("a group named {name:?} is required"),
        };
        Err(Denied::Forbidden(reason.into()))
    }

    fn needs_member(&self) -> bool {
        true
    }
}

fn active<'a>(request: &PolicyRequest<'a>) -> Option<&'a Member> {
    request.member().filter(|member| member.is_active())
}

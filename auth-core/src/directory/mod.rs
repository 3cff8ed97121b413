//! The directory: who is a member of an organization now, and of which groups.
//!
//! A token states what was true when it was issued. A [`Directory`] knows what is true now, from memory, so that
//! policies can ask it about every request: [`active_member`](crate::policy::active_member()),
//! [`in_group`](crate::policy::in_group()), [`in_group_named`](crate::policy::in_group_named()). Tools ask it through
//! their `Caller`, handlers through their [`AuthContext`](crate::layer::AuthContext::directory). The crate
//! `auth-scalekit` has one that follows the directories of Scalekit.
//!
//! | file | job |
//! |---|---|
//! | here | [`Directory`]: the trait |
//! | `member` | [`Member`]: a user in an organization |
//! | `group` | [`Group`]: a group of an organization |

mod group;
mod member;

use std::fmt::Debug;
use std::sync::Arc;

pub use group::Group;
pub use member::Member;

use crate::verifier::Unavailable;

/// Knows the members and groups of organizations. [`AuthLayerBuilder::directory`] connects it.
///
/// The layer asks while it decides on a request, so an implementation answers from memory, and never blocks.
///
/// [`AuthLayerBuilder::directory`]: crate::layer::AuthLayerBuilder::directory
///
/// ```
/// use auth_core::directory::{Directory, Group, Member};
/// use auth_core::verifier::Unavailable;
///
/// /// A directory that never changes.
/// #[derive(Debug)]
/// struct Founders;
///
/// impl Directory for Founders {
///     fn member(&self, organization: &str, subject: &str) -> Result<Option<Member>, Unavailable> {
///         let founders = Group::new("founders").with_name("Founders");
///         let is_founder = organization == "org_1" && ["ada", "grace"].contains(&subject);
///         Ok(is_founder.then(|| Member::active(subject).with_groups([founders])))
///     }
///
///     fn groups(&self, organization: &str) -> Result<Vec<Group>, Unavailable> {
///         let founders = Group::new("founders").with_name("Founders");
///         Ok((organization == "org_1").then_some(founders).into_iter().collect())
///     }
///
///     fn members_of(&self, organization: &str, group_id: &str) -> Result<Vec<Member>, Unavailable> {
///         let members = ["ada", "grace"].map(|subject| self.member(organization, subject));
///         let members: Result<Vec<_>, _> = members.into_iter().collect();
///         Ok(members?.into_iter().flatten().filter(|member| member.is_in(group_id)).collect())
///     }
/// }
/// ```
pub trait Directory: Debug + Send + Sync + 'static {
    /// The user with this `sub` in this organization; `None` if the directory knows both, and the user is no member.
    ///
    /// # Errors
    ///
    /// [`Unavailable`] if that is not known now: the request is answered with 503.
    fn member(&self, organization: &str, subject: &str) -> Result<Option<Member>, Unavailable>;

    /// The groups of this organization, in no particular order. None of an unknown organization.
    ///
    /// # Errors
    ///
    /// [`Unavailable`] if they are not known now.
    fn groups(&self, organization: &str) -> Result<Vec<Group>, Unavailable>;

    /// The members of this organization who are in the group with this id, in no particular order.
    ///
    /// # Errors
    ///
    /// [`Unavailable`] if they are not known now.
    fn members_of(&self, organization: &str, group_id: &str) -> Result<Vec<Member>, Unavailable>;
}

/// Implements the trait for a pointer, by that of its target.
macro_rules! forwarded {
    ($($pointer:ident),*) => {$(
        #[deny(clippy::missing_trait_methods)]
        impl<D: Directory + ?Sized> Directory for $pointer<D> {
            fn member(&self, organization: &str, subject: &str) -> Result<Option<Member>, Unavailable> {
                (**self).member(organization, subject)
            }

            fn groups(&self, organization: &str) -> Result<Vec<Group>, Unavailable> {
                (**self).groups(organization)
            }

            fn members_of(&self, organization: &str, group_id: &str) -> Result<Vec<Member>, Unavailable> {
                (**self).members_of(organization, group_id)
            }
        }
    )*};
}

forwarded!(Arc, Box);

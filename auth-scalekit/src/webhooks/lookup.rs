//! [`UserLookup`]: which user of Scalekit a user of a directory is.

use std::fmt::Debug;
use std::sync::Arc;

use auth_core::support::async_trait;
use auth_core::verifier::Unavailable;

/// Finds users by e-mail address: events about users of a directory (SCIM) do not contain the `sub` of their tokens.
#[async_trait]
pub trait UserLookup: Debug + Send + Sync + 'static {
    /// The users (`usr_…`) of the organization with this e-mail address, without regard to the case of ASCII
    /// letters. None if there is none, or if it cannot be determined until a setting is changed: then
    /// [`WithoutLookup`] decides.
    ///
    /// # Errors
    ///
    /// [`Unavailable`] if it cannot be determined now, and may be later; the event is delivered again.
    async fn subjects(&self, organization: &str, email: &str) -> Result<Vec<String>, Unavailable>;
}

/// What revokes the tokens of a user of a directory who was deleted or deactivated and cannot be looked up: no
/// [`UserLookup`] is configured, the event contains no e-mail address of 3 to 100 characters, or the lookup finds
/// no user. The last is no proof that there are no tokens: the membership may have been removed before the event
/// arrives, the address may have changed, or this server may lack the permission to search.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum WithoutLookup {
    /// All earlier tokens of the organization are revoked, which costs its other users a refresh. So does a user of
    /// the directory who never had a token.
    #[default]
    RevokeOrganization,
    /// Nothing is revoked: the tokens of the user stay valid until they expire.
    DangerousIgnore,
}

macro_rules! forwarded {
    ($($pointer:ident),*) => {$(
        #[async_trait]
        #[deny(clippy::missing_trait_methods)]
        impl<L: UserLookup + ?Sized> UserLookup for $pointer<L> {
            async fn subjects(
                &self,
                organization: &str,
                email: &str,
            ) -> Result<Vec<String>, Unavailable> {
                (**self).subjects(organization, email).await
            }
        }
    )*};
}

forwarded!(Arc, Box);

//! [`read`]: one call, and what is kept of its answer.

use super::answer::Problem;
use super::calls::Call;
use super::found::{ClientNumbers, Count, Found};
use crate::management::{
    AuthenticationLogFilter, ConsentFilter, DirectoryGroupFilter, DirectoryUserFilter, EventFilter,
    IncludedPermissions, Management, ManagementError, Pages, PermissionType,
};

/// At most this number of consents is counted: three pages.
const MAX_CONSENTS: usize = 90;
/// A domain that cannot exist (RFC 2606), so no user is found.
const NO_ADDRESS: &str = "scalekit-doctor@example.invalid";
/// No key, but of a form that is not refused before it is looked up.
#[cfg(feature = "api-keys")]
const NO_KEY: &str = "scalekit-doctor";

/// Makes the call; `id` is that of the resource.
pub(super) async fn read(
    api: &Management,
    id: &str,
    call: Call,
    found: &mut Found,
) -> Result<(), Problem> {
    match call {
        Call::Resource => found.resource = Some(api.resource(id).await?),
        Call::Clients => {
            let clients = api.resource_clients(id).await?;
            found.clients = Some(ClientNumbers::of(&clients.clients));
        }
        Call::Consents => {
            let consents = api.consents(&ConsentFilter::new(id));
            found.consents = Some(count(consents).await?);
        }
        #[cfg(feature = "api-keys")]
        Call::ApiKey => drop(api.validate_api_key(NO_KEY).await?),
        Call::Events => drop(api.events_page(&EventFilter::new(), None).await?),
        Call::Organizations => {
            found.organization = first(api.organizations()).await?.map(|it| it.id);
        }
        Call::Users => {
            if let Some(user) = first(api.users()).await? {
                let membership = user.memberships.into_iter().next();
                let organization = membership.map(|it| it.organization_id);
                found.organization = found.organization.take().or(organization);
                found.user = Some(user.id);
            }
        }
        Call::Members => {
            let member = first(api.organization_users(found.organization()?)).await?;
            found.user = member.map(|user| user.id).or(found.user.take());
        }
        Call::UserSearch => drop(api.find_users(found.organization()?, NO_ADDRESS).await?),
        Call::UserSessions => {
            let sessions = api.user_sessions(found.user()?).await?;
            found.session = sessions.into_iter().next().map(|it| it.session_id);
        }
        Call::Session => drop(api.session(found.session()?).await?),
        Call::UserRoles => {
            drop(api.user_roles(found.organization()?, found.user()?).await?);
        }
        Call::UserPermissions => {
            let (organization, user) = (found.organization()?, found.user()?);
            drop(api.user_permissions(organization, user).await?);
        }
        Call::Roles => drop(api.roles(IncludedPermissions::None).await?),
        Call::Permissions => drop(first(api.permissions(PermissionType::All)).await?),
        Call::OrganizationRoles => {
            let organization = found.organization()?;
            drop(
                api.organization_roles(organization, IncludedPermissions::None)
                    .await?,
            );
        }
        Call::Directories => {
            let directories = api.directories(found.organization()?).await?;
            found.directory = directories.into_iter().next().map(|it| it.id);
        }
        Call::DirectoryUsers => {
            let (organization, directory) = (found.organization()?, found.directory()?);
            let filter = DirectoryUserFilter::new();
            drop(first(api.directory_users(organization, directory, &filter)).await?);
        }
        Call::DirectoryGroups => {
            let (organization, directory) = (found.organization()?, found.directory()?);
            let filter = DirectoryGroupFilter::new();
            drop(first(api.directory_groups(organization, directory, &filter)).await?);
        }
        Call::Logs => {
            let filter = AuthenticationLogFilter::new().resource(id);
            drop(first(api.authentication_logs(&filter)).await?);
        }
    }
    Ok(())
}

/// The first item of a list: one call.
async fn first<T>(mut pages: Pages<T>) -> Result<Option<T>, ManagementError> {
    pages.try_next().await
}

async fn count<T>(mut pages: Pages<T>) -> Result<Count, ManagementError> {
    let mut items = 0;
    while items < MAX_CONSENTS {
        if pages.try_next().await?.is_none() {
            return Ok(Count::Exactly(items));
        }
        items += 1;
    }
    Ok(Count::AtLeast(items))
}

impl From<ManagementError> for Problem {
    fn from(error: ManagementError) -> Self {
        Self::Failed(error)
    }
}

//! Organizations lose their single sign-on, or are deleted.

use super::Admin;
use crate::change::About;
use crate::event::EventType;

impl Admin<'_> {
    /// Switches single sign-on of an organization off: event `organization.sso_disabled`. Nothing else changes. Returns
    /// the id of the event.
    pub fn disable_sso(&self, organization: &str) -> String {
        self.note(
            EventType::OrganizationSsoDisabled,
            &About::organization(organization),
        )
    }

    /// Deletes the connection for single sign-on of an organization: event `organization.sso_deleted`. Nothing else
    /// changes. Returns the id of the event.
    pub fn delete_sso(&self, organization: &str) -> String {
        self.note(
            EventType::OrganizationSsoDeleted,
            &About::organization(organization),
        )
    }

    /// Deletes an organization: event `organization.deleted`. No user is a member any more, with the effect of
    /// [`remove_member`](Self::remove_member) but without its event, and the machine clients of the organization are
    /// [deleted](crate::MockScalekit::delete_client). Returns the id of the event.
    pub fn delete_organization(&self, organization: &str) -> String {
        let issuer = self.issuer;
        // The event describes it as it was.
        let id = self.note(
            EventType::OrganizationDeleted,
            &About::organization(organization),
        );
        issuer.settings.changes.delete_organization(organization);
        let state = &mut *issuer.state();
        let clients = state.clients.iter();
        let of_organization =
            clients.filter(|(_, client)| client.organization.as_deref() == Some(organization));
        let ids: Vec<String> = of_organization.map(|(id, _)| id.clone()).collect();
        for client in ids {
            state.delete_client(&client);
        }
        id
    }
}

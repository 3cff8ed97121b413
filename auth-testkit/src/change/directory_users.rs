//! Users of a customer's directory (SCIM) are deactivated and deleted.

use super::{About, Change};
use crate::event::EventType;
use crate::oauth::people;
use crate::settings::{Member, User};

impl Change<'_> {
    /// Deactivates or deletes the user of a directory with this e-mail address, and returns the id of the event.
    pub(crate) fn leave_directory(
        &mut self,
        email: &str,
        organization: &str,
        kind: EventType,
    ) -> String {
        let settings = self.settings;
        let all = people::all(settings, self.state).into_iter();
        let of_address = all.filter(|user| user.email.eq_ignore_ascii_case(email));
        let members = of_address.filter(|user| settings.is_member(user, organization));
        let members: Vec<User> = members.cloned().collect();
        // As the directory still describes the user.
        let described = members.first().cloned();
        for member in &members {
            settings
                .changes
                .set_member(member, organization, Member::Inactive);
        }
        let unknown = User::new(email).email(email);
        let about = About {
            organization: Some(organization),
            user: Some(described.as_ref().unwrap_or(&unknown)),
            is_inactive: true,
            ..About::default()
        };
        self.note(kind, &about)
    }
}

//! Takes in webhooks: what an event states, and what has to be read because it does not state it.

use std::sync::PoisonError;

use auth_core::error::ErrorChain;
use auth_core::support::async_trait;

use super::error::DirectoryError;
use super::listing::{key, member};
use super::mirror::Listed;
use super::record::{Record, RecordKind, Version, id, to_nanos};
use super::scalekit_directory::{ScalekitDirectory, Shared};
use crate::management::ManagementErrorKind;
use crate::webhooks::{EventData, EventType, HandlerError, WebhookEvent, WebhookHandler};

/// What an event causes.
struct Effect {
    /// These are true since then.
    records: Vec<Record>,
    /// The memberships of these users may have changed too, and the event does not state how.
    members: Vec<(Box<str>, Box<str>)>,
    /// An organization that must be listed: nothing, or not all, is known of it.
    wanted: Option<Box<str>>,
}

/// Types of events that change the directory.
const EVENT_TYPES: &[EventType] = &[
    EventType::OrganizationCreated,
    EventType::OrganizationUpdated,
    EventType::OrganizationDeleted,
    EventType::DirectoryEnabled,
    EventType::DirectoryDisabled,
    EventType::DirectoryGroupCreated,
    EventType::DirectoryGroupUpdated,
    EventType::DirectoryGroupDeleted,
    EventType::DirectoryUserCreated,
    EventType::DirectoryUserUpdated,
    EventType::DirectoryUserDeleted,
    EventType::MembershipCreated,
    EventType::MembershipUpdated,
    EventType::MembershipDeleted,
    EventType::UserInvited,
    EventType::UserSignup,
];

/// Changes the directory. An event without an id that it needs changes nothing, and is logged: the next listing finds
/// the change.
#[async_trait]
impl WebhookHandler for ScalekitDirectory {
    async fn handle(&self, event: &WebhookEvent) -> Result<(), HandlerError> {
        self.0.take_in(event).await.map_err(Into::into)
    }

    fn event_types(&self) -> Option<&[EventType]> {
        Some(EVENT_TYPES)
    }
}

impl Shared {
    async fn take_in(&self, event: &WebhookEvent) -> Result<(), DirectoryError> {
        let Some(kind) = event.kind().filter(|kind| EVENT_TYPES.contains(kind)) else {
            return Ok(());
        };
        let now = self.settings.clock.now();
        let version = Version::of_event(event.occurred_by(now), event.id());
        if let (EventData::DirectoryUser(_), Some(store)) = (event.data(), &self.settings.store) {
            // It also concerns members whom another process has stored.
            self.read_changes(&**store).await?;
        }
        let Some(effect) = self.effect(kind, event, &version) else {
            let (event_id, event_type) = (event.id(), event.event_type());
            tracing::error!(
                event_id,
                event_type,
                "an event lacks an id that the directory needs"
            );
            return Ok(());
        };
        self.write(effect.records).await?;
        if let Some(organization_id) = effect.wanted {
            let mut wanted = self.wanted.lock().unwrap_or_else(PoisonError::into_inner);
            wanted.insert(organization_id);
            self.wake.notify_one();
        }
        for (organization_id, user_id) in effect.members {
            let record = self.read_member(&organization_id, &user_id, version.clone());
            self.write(vec![record.await?]).await?;
        }
        Ok(())
    }

    /// The membership as it is now, which is true since the event, or since this was read if that is later.
    async fn read_member(
        &self,
        organization_id: &str,
        user_id: &str,
        mut version: Version,
    ) -> Result<Record, DirectoryError> {
        let now = self.settings.clock.now();
        let read_at = now
            .checked_sub(self.settings.clock_skew)
            .map_or(0, to_nanos);
        version.nanos = version.nanos.max(read_at);
        let removed = |version| {
            let key = key(RecordKind::Member, organization_id, user_id.into());
            Record::removed(key, version)
        };
        match self.settings.management.user(user_id).await {
            Ok(user) => {
                let record = member(&user, organization_id, version.clone());
                Ok(record.unwrap_or_else(|| removed(version)))
            }
            Err(error) if error.kind() == ManagementErrorKind::NotFound => Ok(removed(version)),
            Err(error) => {
                let text = ErrorChain(&error);
                tracing::debug!(user_id, error = %text, "a member of the directory cannot be read now");
                Err(error.into())
            }
        }
    }

    /// `None` for an event without an id that it needs.
    fn effect(&self, kind: EventType, event: &WebhookEvent, version: &Version) -> Option<Effect> {
        use EventType as T;
        let envelope = event.organization_id();
        let organization = |stated: &Option<String>| stated.as_deref().or(envelope).and_then(id);
        let required = |stated: &Option<String>| stated.as_deref().and_then(id);
        let record = |kind, organization: &str, id, is_removed| {
            let key = key(kind, organization, id);
            match is_removed {
                true => Record::removed(key, version.clone()),
                false => Record::new(key, version.clone()),
            }
        };
        let (mut members, mut wanted) = (Vec::new(), None);
        let records = match event.data() {
            EventData::Organization(data) => {
                let id = organization(&data.id)?;
                let is_removed = kind == T::OrganizationDeleted;
                let (listed, _) = self.mirror.ask(&id, |_| ());
                wanted = (!is_removed && listed == Listed::Never).then(|| id.clone());
                let kind = RecordKind::Organization;
                vec![record(kind, &id, id.clone(), is_removed)]
            }
            EventData::Directory(data) => {
                let organization = organization(&data.organization_id)?;
                let id = required(&data.id)?;
                // By the type: Scalekit's sample of `directory_enabled` has `enabled: false`.
                let is_on = kind == T::DirectoryEnabled;
                // While it was off, it was not listed.
                wanted = is_on.then(|| organization.clone());
                let directory = record(RecordKind::Directory, &organization, id, false);
                vec![directory.with_active(Some(is_on))]
            }
            EventData::DirectoryGroup(data) => {
                let organization = organization(&data.organization_id)?;
                let id = required(&data.id)?;
                let is_removed = kind == T::DirectoryGroupDeleted;
                let group = record(RecordKind::DirectoryGroup, &organization, id, is_removed)
                    .with_name(data.display_name.as_deref())
                    .in_directory(required(&data.directory_id));
                vec![group]
            }
            EventData::DirectoryUser(data) => {
                let organization = organization(&data.organization_id)?;
                let id = required(&data.id)?;
                let is_removed = kind == T::DirectoryUserDeleted;
                let user = record(RecordKind::DirectoryUser, &organization, id, is_removed)
                    // Absent counts as inactive: a member with the default value may be left out.
                    .with_active(Some(data.active == Some(true)))
                    .with_email(data.email.as_deref());
                // A user who leaves or returns loses or regains the membership, which has no event.
                let same = self.mirror.members_beside(&user);
                members.extend(same.into_iter().map(|id| (organization.clone(), id)));
                let (mut records, mut ids) = (Vec::new(), Vec::new());
                for group in &data.groups {
                    // A group that cannot be identified gives no right.
                    let Some(id) = required(&group.id) else {
                        continue;
                    };
                    let named =
                        record(RecordKind::DirectoryGroup, &organization, id.clone(), false);
                    records.push(named.with_name(group.name.as_deref()));
                    ids.push(id);
                }
                records.push(user.in_groups(ids));
                records
            }
            EventData::Membership(data) => {
                let stated = data.organization.as_ref().and_then(|it| it.id.clone());
                let organization = organization(&stated)?;
                let user = data.user.as_ref()?;
                let id = required(&user.id)?;
                if kind == T::MembershipDeleted {
                    let member = record(RecordKind::Member, &organization, id, true);
                    vec![member.with_email(user.email.as_deref())]
                } else {
                    members.push((organization, id));
                    Vec::new()
                }
            }
            _ => Vec::new(),
        };
        Some(Effect {
            records,
            members,
            wanted,
        })
    }
}

//! From an event to revocations, by the table of `rules`.

use std::sync::Arc;
use std::time::SystemTime;

use auth_core::revocation::{Revocation, RevocationTarget};
use auth_core::verifier::Unavailable;

use super::event::{EventData, WebhookEvent};
use super::lookup::{UserLookup, WithoutLookup};
use super::rules::{Concerns, RevocationCause, RevocationRules, TABLE};

/// The addresses that Scalekit searches for, in characters. Others cannot be looked up, ever.
const SEARCHABLE: std::ops::RangeInclusive<usize> = 3..=100;

/// A member of the payload that a revocation needs is absent or not a string.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct MissingMember(pub(super) &'static str);

/// What is revoked, as far as the event alone determines it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Effect {
    Target(RevocationTarget),
    DirectoryUser {
        organization: Box<str>,
        email: Option<String>,
        /// Whether the organization may be revoked instead of a user who cannot be found.
        may_be_widened: bool,
    },
}

#[derive(Debug)]
pub(super) struct Effects {
    pub(super) issuer: Box<str>,
    pub(super) rules: RevocationRules,
    pub(super) lookup: Option<Arc<dyn UserLookup>>,
    pub(super) without_lookup: WithoutLookup,
}

impl Effects {
    /// The names of the types of events that can have an effect.
    pub(super) fn event_types(&self) -> Vec<&'static str> {
        let rows = TABLE
            .iter()
            .filter(|(_, cause, _)| self.rules.contains(*cause));
        let mut types: Vec<_> = rows.map(|(kind, ..)| kind.as_str()).collect();
        types.dedup();
        types
    }

    /// The effect of the event; `None` if it has none.
    pub(super) fn effect(&self, event: &WebhookEvent) -> Result<Option<Effect>, MissingMember> {
        let Some((cause, concerns)) = row_of(event) else {
            return Ok(None);
        };
        match self.rules.contains(cause) {
            true => effect_on(event, concerns).map(Some),
            false => Ok(None),
        }
    }

    /// The revocations of an effect, at the time of the event.
    pub(super) async fn revocations(
        &self,
        effect: Effect,
        at: SystemTime,
    ) -> Result<Vec<Revocation>, Unavailable> {
        let targets = match effect {
            Effect::Target(target) => vec![target],
            Effect::DirectoryUser {
                organization,
                email,
                may_be_widened,
            } => {
                let subjects = match (&self.lookup, email) {
                    (Some(lookup), Some(email)) => lookup.subjects(&organization, &email).await?,
                    _ => Vec::new(),
                };
                // A search without a result does not mean that there are no tokens: the membership may have been removed
                // before the event arrived, or the address changed.
                let widens = self.without_lookup == WithoutLookup::RevokeOrganization;
                match subjects.is_empty() && may_be_widened && widens {
                    true => vec![RevocationTarget::Organization(organization)],
                    false => {
                        let member =
                            |subject| RevocationTarget::member(subject, organization.clone());
                        subjects.into_iter().map(member).collect()
                    }
                }
            }
        };
        let revocation = |target| Revocation::new(self.issuer.clone(), target, at);
        Ok(targets.into_iter().map(revocation).collect())
    }
}

/// The row of the table for this event.
fn row_of(event: &WebhookEvent) -> Option<(RevocationCause, Concerns)> {
    let kind = event.kind()?;
    // Absent counts as inactive: a member with the default value may be left out.
    let is_active =
        matches!(event.data(), EventData::DirectoryUser(user) if user.active == Some(true));
    let applies = |concerns| match concerns {
        Concerns::ActiveDirectoryUser => is_active,
        Concerns::InactiveDirectoryUser => !is_active,
        _ => true,
    };
    let mut rows = TABLE.iter();
    let row = rows.find(|(known, _, concerns)| *known == kind && applies(*concerns));
    row.map(|(_, cause, concerns)| (*cause, *concerns))
}

fn effect_on(event: &WebhookEvent, concerns: Concerns) -> Result<Effect, MissingMember> {
    let target = match concerns {
        Concerns::Session => session_or_user(event)?,
        Concerns::Member => RevocationTarget::member(user_id(event)?, organization(event)?),
        Concerns::Organization => RevocationTarget::organization(organization(event)?),
        Concerns::Role => RevocationTarget::role(name(event)?),
        Concerns::Permission => RevocationTarget::permission(name(event)?),
        Concerns::DirectoryUser
        | Concerns::InactiveDirectoryUser
        | Concerns::ActiveDirectoryUser => {
            return Ok(Effect::DirectoryUser {
                organization: organization(event)?.into(),
                email: match event.data() {
                    EventData::DirectoryUser(user) => {
                        user.email.clone().filter(|email| is_searchable(email))
                    }
                    _ => None,
                },
                // A change of any attribute must not log out a whole organization.
                may_be_widened: concerns != Concerns::ActiveDirectoryUser,
            });
        }
    };
    Ok(Effect::Target(target))
}

fn is_searchable(email: &str) -> bool {
    SEARCHABLE.contains(&email.chars().count())
}

/// The session that has ended; if the event does not name it, the user, whose earlier tokens include those of the
/// session.
fn session_or_user(event: &WebhookEvent) -> Result<RevocationTarget, MissingMember> {
    let missing = MissingMember("data.user_session.session_id");
    let EventData::UserSession(data) = event.data() else {
        return Err(missing);
    };
    let session = data.user_session.as_ref();
    if let Some(id) = session.and_then(|session| session.session_id.as_deref()) {
        return Ok(RevocationTarget::session(id));
    }
    let user = data.user.as_ref().and_then(|user| user.id.as_deref());
    let user = user.or_else(|| session?.user_id.as_deref());
    user.map(RevocationTarget::subject).ok_or(missing)
}

fn user_id(event: &WebhookEvent) -> Result<&str, MissingMember> {
    let user = match event.data() {
        EventData::Membership(data) => data.user.as_ref(),
        _ => None,
    };
    let id = user.and_then(|user| user.id.as_deref());
    id.ok_or(MissingMember("data.user.id"))
}

/// The organization of the payload, else that of the envelope.
fn organization(event: &WebhookEvent) -> Result<&str, MissingMember> {
    let id = match event.data() {
        EventData::Membership(data) => data.organization.as_ref().and_then(|it| it.id.as_ref()),
        EventData::Organization(organization) => organization.id.as_ref(),
        EventData::DirectoryUser(user) => user.organization_id.as_ref(),
        EventData::Directory(directory) => directory.organization_id.as_ref(),
        EventData::Connection(connection) => connection.organization_id.as_ref(),
        _ => None,
    };
    let id = id.map(String::as_str).or(event.organization_id());
    id.ok_or(MissingMember("organization_id"))
}

fn name(event: &WebhookEvent) -> Result<&str, MissingMember> {
    let name = match event.data() {
        EventData::Role(role) => role.name.as_deref(),
        EventData::Permission(permission) => permission.name.as_deref(),
        _ => None,
    };
    name.ok_or(MissingMember("data.name"))
}

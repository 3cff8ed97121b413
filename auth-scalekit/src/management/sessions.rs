//! Sessions of users: read, list, revoke.

use std::time::SystemTime;

use super::answer::Answer;
use super::call::Call;
use super::client::Management;
use super::error::ManagementError;
use super::fields::{Fields, Malformed};
use super::id;
use super::open_enum::open_enum;

const SESSION: &str = "GET /api/v1/sessions/{session_id}";
const REVOKE: &str = "POST /api/v1/sessions/{session_id}/revoke";
const OF_USER: &str = "GET /api/v1/users/{user_id}/sessions";
const REVOKE_OF_USER: &str = "POST /api/v1/users/{user_id}/sessions/revoke";

/// A session of a user at Scalekit. Tokens name it in `sid`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Session {
    /// `ses_…`.
    pub session_id: String,
    /// `usr_…`; `sub` of the tokens.
    pub user_id: String,
    /// `org_…`, if the session is in an organization.
    pub organization_id: Option<String>,
    /// Its state by the API, which may be out of date about the times below.
    pub status: SessionStatus,
    /// When the user logged in.
    pub created_at: Option<SystemTime>,
    /// When it was last used.
    pub last_active_at: Option<SystemTime>,
    /// When it ends if it is not used until then.
    pub idle_expires_at: Option<SystemTime>,
    /// When it ends in any case.
    pub absolute_expires_at: Option<SystemTime>,
}

open_enum! {
    /// The state of a [`Session`].
    pub enum SessionStatus {
        /// It is in use.
        Active = "active",
        /// It was not used for too long, or has reached its end.
        Expired = "expired",
        /// It was revoked.
        Revoked = "revoked",
        /// The user logged out.
        LoggedOut = "logout",
    }
}

impl Session {
    /// Whether tokens of the session are still good at `now`: it is active, and neither end has been reached.
    #[must_use]
    pub fn is_active_at(&self, now: SystemTime) -> bool {
        let ends = [self.idle_expires_at, self.absolute_expires_at];
        self.status == SessionStatus::Active && ends.into_iter().flatten().all(|end| now < end)
    }

    fn read(fields: &Fields<'_>) -> Result<Self, Malformed> {
        Ok(Self {
            session_id: fields.id("session_id")?,
            user_id: fields.id("user_id")?,
            organization_id: fields.word("organization_id")?,
            status: SessionStatus::parse(&fields.id("status")?),
            created_at: fields.described_time("created_at"),
            last_active_at: fields.described_time("last_active_at"),
            idle_expires_at: fields.time("idle_expires_at")?,
            absolute_expires_at: fields.time("absolute_expires_at")?,
        })
    }
}

impl Management {
    /// Reads a session. Needs the permission `sessions:read`.
    ///
    /// ```
    /// # let run = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support/doc_test.rs"));
    /// # run(async |management: auth_scalekit::management::Management| {
    /// for session in management.user_sessions("usr_1").await? {
    ///     let now = management.session(&session.session_id).await?;
    ///     println!("{}: {:?}", now.session_id, now.status);
    /// }
    /// # Ok(())
    /// # });
    /// ```
    ///
    /// # Errors
    ///
    /// [`ManagementError`]; of the kind [`NotFound`](super::ManagementErrorKind::NotFound) for an unknown session.
    pub async fn session(&self, session_id: &str) -> Result<Session, ManagementError> {
        let id = id::session(SESSION, session_id)?;
        let path = format!("/api/v1/sessions/{id}");
        let answer = self.send(&Call::get(SESSION, path)).await?;
        let session = answer.read_fields(Session::read)?;
        match session.session_id == id {
            true => Ok(session),
            false => Err(answer.unreadable("another session")),
        }
    }

    /// Ends a session. Needs the permission `sessions:revoke`. Its tokens stay good here until they
    /// expire: [`ScalekitProvider::end_session`](crate::ScalekitProvider::end_session) also revokes them.
    ///
    /// ```
    /// # let run = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support/doc_test.rs"));
    /// # run(async |management: auth_scalekit::management::Management| {
    /// for session in management.user_sessions("usr_1").await? {
    ///     management.revoke_session(&session.session_id).await?;
    /// }
    /// # Ok(())
    /// # });
    /// ```
    ///
    /// # Errors
    ///
    /// [`ManagementError`]; of the kind [`NotFound`](super::ManagementErrorKind::NotFound) for an unknown session.
    pub async fn revoke_session(&self, session_id: &str) -> Result<(), ManagementError> {
        let id = id::session(REVOKE, session_id)?;
        let path = format!("/api/v1/sessions/{id}/revoke");
        self.revoke_by(Call::post(REVOKE, path)).await
    }

    /// Ends all sessions of a user. Needs the permission `sessions:revoke`. Their tokens stay good here until they
    /// expire: [`ScalekitProvider::end_sessions_of`](crate::ScalekitProvider::end_sessions_of) also revokes them.
    ///
    /// ```
    /// # let run = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support/doc_test.rs"));
    /// # run(async |management: auth_scalekit::management::Management| {
    /// management.revoke_sessions_of("usr_1").await?;
    /// # Ok(())
    /// # });
    /// ```
    ///
    /// # Errors
    ///
    /// [`ManagementError`]; of the kind [`NotFound`](super::ManagementErrorKind::NotFound) for an unknown user.
    pub async fn revoke_sessions_of(&self, user_id: &str) -> Result<(), ManagementError> {
        let id = id::user(REVOKE_OF_USER, user_id)?;
        let path = format!("/api/v1/users/{id}/sessions/revoke");
        self.revoke_by(Call::post(REVOKE_OF_USER, path).for_page())
            .await
    }

    /// Lists all sessions of a user, in any state. Needs the permission `sessions:read`.
    ///
    /// ```
    /// # let run = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support/doc_test.rs"));
    /// # run(async |management: auth_scalekit::management::Management| {
    /// let sessions = management.user_sessions("usr_1").await?;
    /// println!("{} sessions", sessions.len());
    /// # Ok(())
    /// # });
    /// ```
    ///
    /// # Errors
    ///
    /// [`ManagementError`]; of the kind [`NotFound`](super::ManagementErrorKind::NotFound) for an unknown user.
    pub async fn user_sessions(&self, user_id: &str) -> Result<Vec<Session>, ManagementError> {
        let id = id::user(OF_USER, user_id)?;
        let call = Call::get(OF_USER, format!("/api/v1/users/{id}/sessions"));
        let mut sessions = Vec::new();
        self.each_page(call, |answer| {
            sessions.extend(answer.read_fields(|page| page.list("sessions", Session::read))?);
            Ok(())
        })
        .await?;
        Ok(sessions)
    }

    /// The answer repeats what was revoked, which is known.
    async fn revoke_by(&self, call: Call) -> Result<(), ManagementError> {
        let answer: Answer = self.send(&call).await?;
        answer.object().map(|_| ())
    }
}

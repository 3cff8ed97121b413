//! Payloads about users: their sessions, their memberships and their connected accounts.

use std::time::SystemTime;

use super::fields::payload;
use super::organization::Organization;

payload! {
    /// A login or logout.
    UserSession shows [user, user_session] {
        /// The user.
        user: Option<User> = object,
        /// The session that has begun or ended.
        user_session: Option<Session> = object,
    }
}

payload! {
    /// A user in an organization.
    Membership shows [user, organization] {
        /// The organization.
        organization: Option<Organization> = object,
        /// The user. The roles are not part of the event.
        user: Option<User> = object,
    }
}

payload! {
    /// A user.
    User shows [id] {
        /// `usr_…`, the `sub` of the user's tokens.
        id: Option<String> = id,
        /// The e-mail address.
        email: Option<String> = id,
        /// The id that the application has given the user.
        external_id: Option<String> = id,
        /// When the user was created.
        create_time: Option<SystemTime> = time,
        /// When the user was last changed.
        update_time: Option<SystemTime> = time,
        /// When the user has last logged in.
        last_login_time: Option<SystemTime> = time,
        /// Name and more.
        user_profile: Option<UserProfile> = object,
    }
}

payload! {
    /// The profile of a user.
    UserProfile shows [id] {
        /// `usp_…`.
        id: Option<String> = id,
        /// The full name.
        name: Option<String> = string,
        /// The first name.
        given_name: Option<String> = string,
        /// The last name.
        family_name: Option<String> = string,
        /// Whether the e-mail address was verified.
        email_verified: Option<bool> = boolean,
        /// The URL of a picture.
        picture: Option<String> = string,
    }
}

payload! {
    /// A session of a user.
    Session shows [session_id, user_id, organization_id, status] {
        /// `ses_…`, the `sid` of the session's tokens.
        session_id: Option<String> = id,
        /// `usr_…`.
        user_id: Option<String> = id,
        /// The organization that is selected, `org_…`.
        organization_id: Option<String> = id,
        /// All organizations of the session.
        authenticated_organizations: Vec<String> = strings,
        /// `ACTIVE`, `EXPIRED`, `REVOKED`, `LOGOUT`, in lower or upper case.
        status: Option<String> = id,
        /// When it has begun.
        created_at: Option<SystemTime> = time,
        /// When it was last changed.
        updated_at: Option<SystemTime> = time,
        /// When it was last used.
        last_active_at: Option<SystemTime> = time,
        /// When it ends unless it is used.
        idle_expires_at: Option<SystemTime> = time,
        /// When it ends in any case.
        absolute_expires_at: Option<SystemTime> = time,
        /// When it has expired.
        expired_at: Option<SystemTime> = time,
        /// When the user has logged out.
        logout_at: Option<SystemTime> = time,
    }
}

payload! {
    /// An account of a user at another service.
    ConnectedAccount shows [id, connection_id, status, old_status] {
        /// `ca_…`.
        id: Option<String> = id,
        /// `conn_…`.
        connection_id: Option<String> = id,
        /// The name of the connection; only when the status has changed.
        connection_name: Option<String> = string,
        /// What the application calls the account, such as an e-mail address.
        identifier: Option<String> = string,
        /// The other service.
        provider: Option<String> = id,
        /// `OAUTH` and others.
        authorization_type: Option<String> = id,
        /// `PENDING_AUTH`, `ACTIVE`, `EXPIRED` and others.
        status: Option<String> = id,
        /// The status before; only when it has changed.
        old_status: Option<String> = id,
        /// When it was last used.
        last_used_at: Option<SystemTime> = time,
        /// When its token expires.
        token_expires_at: Option<SystemTime> = time,
    }
}

//! [`Revocation`]: one change after which tokens are refused.

use std::time::{Duration, SystemTime};

/// Which tokens a [`Revocation`] concerns. Values are compared byte by byte with those of the
/// token, within one issuer.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum RevocationTarget {
    /// The token with this `jti`, whenever it was issued.
    Token(Box<str>),
    /// All tokens of the session with this `sid`
    /// ([OpenID Connect Front-Channel Logout section 3](https://openid.net/specs/openid-connect-frontchannel-1_0.html#OPLogout)),
    /// whenever they were issued.
    Session(Box<str>),
    /// All earlier tokens of the subject (`sub`), in every organization and for every client.
    Subject(Box<str>),
    /// All earlier tokens of the subject in one organization.
    Member {
        /// `sub` of the tokens.
        subject: Box<str>,
        /// The organization of the tokens.
        organization: Box<str>,
    },
    /// All earlier tokens of an organization.
    Organization(Box<str>),
    /// All earlier tokens of a client (`client_id`).
    Client(Box<str>),
    /// All earlier tokens that contain this role
    /// ([`VerifiedToken::roles`](crate::token::VerifiedToken::roles)).
    Role(Box<str>),
    /// All earlier tokens that contain this permission
    /// ([`VerifiedToken::permissions`](crate::token::VerifiedToken::permissions)).
    Permission(Box<str>),
}

impl RevocationTarget {
    /// The token with this `jti`.
    pub fn token(token_id: impl Into<Box<str>>) -> Self {
        Self::Token(token_id.into())
    }

    /// The session with this `sid`.
    pub fn session(session_id: impl Into<Box<str>>) -> Self {
        Self::Session(session_id.into())
    }

    /// The subject with this `sub`.
    pub fn subject(subject: impl Into<Box<str>>) -> Self {
        Self::Subject(subject.into())
    }

    /// The subject with this `sub` in this organization.
    pub fn member(subject: impl Into<Box<str>>, organization: impl Into<Box<str>>) -> Self {
        Self::Member {
            subject: subject.into(),
            organization: organization.into(),
        }
    }

    /// The organization with this id.
    pub fn organization(organization: impl Into<Box<str>>) -> Self {
        Self::Organization(organization.into())
    }

    /// The client with this `client_id`.
    pub fn client(client_id: impl Into<Box<str>>) -> Self {
        Self::Client(client_id.into())
    }

    /// The role with this name.
    pub fn role(role: impl Into<Box<str>>) -> Self {
        Self::Role(role.into())
    }

    /// The permission with this name.
    pub fn permission(permission: impl Into<Box<str>>) -> Self {
        Self::Permission(permission.into())
    }
}

/// One change after which tokens are refused.
///
/// A token or a session is refused whenever the token was issued. For all other targets, tokens
/// issued before [`at`](Self::at) are refused, so that a login after the change is accepted. `iat`
/// has whole seconds: after a change at 10.5 s, a token of second 10 is refused, since it may be the
/// older one. So is a token without `iat`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Revocation {
    pub(super) issuer: Box<str>,
    pub(super) target: RevocationTarget,
    pub(super) at: SystemTime,
}

impl Revocation {
    /// Revokes what `target` names, of this issuer
    /// ([`VerifiedToken::canonical_issuer`](crate::token::VerifiedToken::canonical_issuer) if it
    /// has several names). `at` is the time of the change, by the clock of the issuer. One of whole
    /// seconds is taken for that of an issuer whose times have no fractions: it counts as the last
    /// nanosecond of its second.
    pub fn new(issuer: impl Into<Box<str>>, target: RevocationTarget, at: SystemTime) -> Self {
        let since = at.duration_since(SystemTime::UNIX_EPOCH);
        let is_whole = since.is_ok_and(|since| since.subsec_nanos() == 0);
        let rest = Duration::from_nanos(999_999_999);
        Self {
            issuer: issuer.into(),
            target,
            at: match is_whole {
                true => at.checked_add(rest).unwrap_or(at),
                false => at,
            },
        }
    }

    /// The issuer of the tokens.
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// Which of its tokens are revoked.
    #[must_use]
    pub fn target(&self) -> &RevocationTarget {
        &self.target
    }

    /// The time of the change.
    #[must_use]
    pub fn at(&self) -> SystemTime {
        self.at
    }
}

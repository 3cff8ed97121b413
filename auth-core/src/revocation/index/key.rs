//! [`Key`]: what identifies a revocation, and which of them concern a token.

use std::hash::{BuildHasher, Hasher};

use crate::revocation::RevocationTarget;
use crate::token::VerifiedToken;

/// An issuer, by its place in the list of issuers.
pub(super) type Issuer = u16;

/// The kind of a target, as it is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub(super) enum Kind {
    Token,
    Session,
    Subject,
    Member,
    Organization,
    Client,
    Role,
    Permission,
}

impl Kind {
    pub(super) const COUNT: usize = 8;
    pub(super) const LISTS: [Self; 2] = [Self::Role, Self::Permission];
    const ALL: [Self; Self::COUNT] = [
        Self::Token,
        Self::Session,
        Self::Subject,
        Self::Member,
        Self::Organization,
        Self::Client,
        Self::Role,
        Self::Permission,
    ];

    pub(super) fn of(target: &RevocationTarget) -> Self {
        match target {
            RevocationTarget::Token(_) => Self::Token,
            RevocationTarget::Session(_) => Self::Session,
            RevocationTarget::Subject(_) => Self::Subject,
            RevocationTarget::Member { .. } => Self::Member,
            RevocationTarget::Organization(_) => Self::Organization,
            RevocationTarget::Client(_) => Self::Client,
            RevocationTarget::Role(_) => Self::Role,
            RevocationTarget::Permission(_) => Self::Permission,
        }
    }

    fn from_byte(byte: u8) -> Option<Self> {
        Self::ALL.get(usize::from(byte)).copied()
    }

    /// Whether tokens are concerned whenever they were issued.
    pub(super) fn is_timeless(self) -> bool {
        matches!(self, Self::Token | Self::Session)
    }

    /// Whether a token can have several of them, in a claim that has to be parsed.
    pub(super) fn is_in_a_list(self) -> bool {
        Self::LISTS.contains(&self)
    }
}

/// What identifies a revocation: no two have the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Key<'a> {
    kind: Kind,
    issuer: Issuer,
    value: &'a str,
    /// The organization of a member.
    organization: &'a str,
}

impl<'a> Key<'a> {
    /// The key of a target.
    pub(super) fn of(target: &'a RevocationTarget, issuer: Issuer) -> Self {
        let kind = Kind::of(target);
        let (value, organization) = match target {
            RevocationTarget::Token(value)
            | RevocationTarget::Session(value)
            | RevocationTarget::Subject(value)
            | RevocationTarget::Organization(value)
            | RevocationTarget::Client(value)
            | RevocationTarget::Role(value)
            | RevocationTarget::Permission(value) => (&**value, ""),
            RevocationTarget::Member {
                subject,
                organization,
            } => (&**subject, &**organization),
        };
        Self::new(kind, issuer, value, organization)
    }

    /// Stands for all keys of this kind and issuer, for those who wait for any of them.
    pub(super) fn any(kind: Kind, issuer: Issuer) -> Self {
        Self::new(kind, issuer, "", "")
    }

    fn new(kind: Kind, issuer: Issuer, value: &'a str, organization: &'a str) -> Self {
        Self {
            kind,
            issuer,
            value,
            organization,
        }
    }

    pub(super) fn kind(&self) -> Kind {
        self.kind
    }

    pub(super) fn issuer(&self) -> Issuer {
        self.issuer
    }

    pub(super) fn hash(&self, hasher: &impl BuildHasher) -> u64 {
        let mut state = hasher.build_hasher();
        state.write_u32(u32::from(self.kind as u8) << 16 | u32::from(self.issuer));
        state.write(self.value.as_bytes());
        if self.kind == Kind::Member {
            state.write(self.organization.as_bytes());
        }
        state.finish()
    }

    /// Appends the key to `bytes`: kind, issuer, the length of the value, the value, the organization.
    pub(super) fn write(&self, bytes: &mut Vec<u8>) {
        bytes.push(self.kind as u8);
        bytes.extend(self.issuer.to_le_bytes());
        bytes.extend(length(self.value).to_le_bytes());
        bytes.extend(self.value.as_bytes());
        bytes.extend(self.organization.as_bytes());
    }

    /// How many bytes [`write`](Self::write) appends.
    pub(super) fn len(&self) -> usize {
        HEAD + self.value.len() + self.organization.len()
    }

    /// Whether [`write`](Self::write) has written these bytes for this key.
    pub(super) fn is(&self, bytes: &[u8]) -> bool {
        Self::parts(bytes).is_some_and(|(kind, issuer, value, organization)| {
            kind == self.kind as u8
                && issuer == self.issuer
                && value == self.value.as_bytes()
                && organization == self.organization.as_bytes()
        })
    }

    /// The key that [`write`](Self::write) has written.
    pub(super) fn read(bytes: &'a [u8]) -> Option<Self> {
        let (kind, issuer, value, organization) = Self::parts(bytes)?;
        Some(Self {
            kind: Kind::from_byte(kind)?,
            issuer,
            value: str::from_utf8(value).ok()?,
            organization: str::from_utf8(organization).ok()?,
        })
    }

    fn parts(bytes: &[u8]) -> Option<(u8, Issuer, &[u8], &[u8])> {
        let (head, rest) = bytes.split_first_chunk::<HEAD>()?;
        let [kind, issuer @ .., a, b, c, d] = head;
        let length = usize::try_from(u32::from_le_bytes([*a, *b, *c, *d])).ok()?;
        let (value, organization) = rest.split_at_checked(length)?;
        Some((*kind, Issuer::from_le_bytes(*issuer), value, organization))
    }

    /// The target with this key.
    pub(super) fn target(&self) -> RevocationTarget {
        match self.kind {
            Kind::Token => RevocationTarget::token(self.value),
            Kind::Session => RevocationTarget::session(self.value),
            Kind::Subject => RevocationTarget::subject(self.value),
            Kind::Member => RevocationTarget::member(self.value, self.organization),
            Kind::Organization => RevocationTarget::organization(self.value),
            Kind::Client => RevocationTarget::client(self.value),
            Kind::Role => RevocationTarget::role(self.value),
            Kind::Permission => RevocationTarget::permission(self.value),
        }
    }
}

/// The bytes of a key before its value.
const HEAD: usize = 7;

fn length(value: &str) -> u32 {
    u32::try_from(value.len()).unwrap_or(u32::MAX)
}

/// Whether `is_it` holds for one of the keys of the revocations that would concern the token, of the kinds that are
/// `wanted`. Without an allocation, and one after the other: the processor overlaps the memory accesses of searches
/// that do not depend on one another.
pub(super) fn any<'a>(
    token: &'a VerifiedToken,
    issuer: Issuer,
    wanted: impl Fn(Kind) -> bool,
    mut is_it: impl FnMut(Key<'a>) -> bool,
) -> bool {
    let (subject, organization) = (token.subject(), token.organization());
    let mut one = |kind, value: Option<&'a str>, organization| {
        wanted(kind)
            && value.is_some_and(|value| is_it(Key::new(kind, issuer, value, organization)))
    };
    one(Kind::Session, token.session_id(), "")
        || one(Kind::Token, token.token_id(), "")
        || one(Kind::Subject, Some(subject), "")
        || organization.is_some_and(|organization| one(Kind::Member, Some(subject), organization))
        || one(Kind::Organization, organization, "")
        || one(Kind::Client, token.client_id(), "")
        // The claims are parsed for these, if they were not yet.
        || (wanted(Kind::Role) && token.roles().any(|role| one(Kind::Role, Some(role), "")))
        || (wanted(Kind::Permission)
            && token.permissions().any(|name| one(Kind::Permission, Some(name), "")))
}

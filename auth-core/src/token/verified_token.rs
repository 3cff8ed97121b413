//! [`VerifiedToken`]: what is known about a caller once the token has been verified.

use std::fmt;
use std::sync::Arc;
use std::time::SystemTime;

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::confirmation::Confirmation;
use super::scope::Scopes;
use super::{Reuse, Validity};
use crate::support::json::{LazyObject, RawObject};

/// A verified access token: the proof type that only a
/// [`TokenVerifier`](crate::verifier::TokenVerifier) makes, through [`VerifiedToken::assertion`].
///
/// It does not contain the token string, so it can be logged, kept and passed to tools. Cheap to
/// clone.
#[derive(Clone)]
pub struct VerifiedToken {
    verified: Arc<Verified>,
}

#[derive(Clone)]
struct Verified {
    // Shared by all tokens of an issuer.
    issuer: Arc<str>,
    canonical_issuer: Option<Arc<str>>,
    subject: Box<str>,
    client_id: Option<Box<str>>,
    organization: Option<Box<str>>,
    // Many tokens have the same scopes.
    scopes: Arc<Scopes>,
    expires_at: SystemTime,
    issued_at: Option<SystemTime>,
    token_id: Option<Box<str>>,
    session_id: Option<Box<str>>,
    confirmation: Option<Confirmation>,
    claims: LazyObject,
    reuse: Option<Reuse>,
}

/// The caller, as a key to bind state to: equal for two tokens of the same caller.
///
/// A subject is unique within its issuer only (RFC 9068 section 5), user ids and client ids may
/// collide (RFC 9700 section 4.15), and the data of one organization is not for the same user in
/// another one. Hence four parts.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Principal {
    /// The issuer, by its canonical name if it has several ([`VerifiedToken::canonical_issuer`]).
    pub issuer: String,
    /// `sub` of the token.
    pub subject: String,
    /// The client that acts for the subject.
    pub client_id: Option<String>,
    /// The organization (tenant) that the caller acts for.
    pub organization: Option<String>,
}

impl VerifiedToken {
    /// States that a token with these properties has been verified: signature, issuer, audience and
    /// time. Calling this without having verified a token admits any caller.
    ///
    /// `expires_at` is the expiry of the token, without leeway.
    #[must_use]
    pub fn assertion(
        issuer: impl Into<Arc<str>>,
        subject: impl Into<Box<str>>,
        expires_at: SystemTime,
    ) -> Self {
        Self {
            verified: Arc::new(Verified {
                issuer: issuer.into(),
                canonical_issuer: None,
                subject: subject.into(),
                client_id: None,
                organization: None,
                scopes: Arc::default(),
                expires_at,
                issued_at: None,
                token_id: None,
                session_id: None,
                confirmation: None,
                claims: LazyObject::default(),
                reuse: None,
            }),
        }
    }

    /// Sets the canonical name of an issuer that has several: a caller is the same under each of
    /// them.
    #[must_use]
    pub fn with_canonical_issuer(mut self, issuer: impl Into<Arc<str>>) -> Self {
        self.verified_mut().canonical_issuer = Some(issuer.into());
        self
    }

    /// Sets the client that the token was issued to.
    #[must_use]
    pub fn with_client_id(mut self, client_id: impl Into<Box<str>>) -> Self {
        self.verified_mut().client_id = Some(client_id.into());
        self
    }

    /// Sets the organization (tenant) that the caller acts for.
    #[must_use]
    pub fn with_organization(mut self, organization: impl Into<Box<str>>) -> Self {
        self.verified_mut().organization = Some(organization.into());
        self
    }

    /// Sets the scopes that the token grants.
    #[must_use]
    pub fn with_scopes(mut self, scopes: impl Into<Arc<Scopes>>) -> Self {
        self.verified_mut().scopes = scopes.into();
        self
    }

    /// Sets the identifier of the token, `jti`.
    #[must_use]
    pub fn with_token_id(mut self, token_id: impl Into<Box<str>>) -> Self {
        self.verified_mut().token_id = Some(token_id.into());
        self
    }

    /// Sets the time at which the token was issued, `iat`. Revocations of a subject, an organization, a
    /// client or a role concern earlier tokens only, and every token without this time.
    #[must_use]
    pub fn with_issued_at(mut self, time: SystemTime) -> Self {
        self.verified_mut().issued_at = Some(time);
        self
    }

    /// Sets the session at the issuer in which the token was issued, `sid`.
    #[must_use]
    pub fn with_session_id(mut self, session_id: impl Into<Box<str>>) -> Self {
        self.verified_mut().session_id = Some(session_id.into());
        self
    }

    /// Binds the token to a key of the caller: it is valid only with a proof of possession of that
    /// key, which the layer has its [`ProofVerifier`](crate::proof::ProofVerifier) check for every
    /// request.
    #[must_use]
    pub fn with_confirmation(mut self, confirmation: Confirmation) -> Self {
        self.verified_mut().confirmation = Some(confirmation);
        self
    }

    /// Sets all claims of the token, for policies and tools that need more than the properties
    /// above.
    #[must_use]
    pub fn with_claims(mut self, claims: Map<String, Value>) -> Self {
        self.verified_mut().claims = claims.into();
        self
    }

    /// Sets all claims as raw JSON, which takes a quarter of the memory: they are parsed when one
    /// of them is first read. [`RawObject::parse`] has checked that they can be.
    #[must_use]
    pub fn with_raw_claims(mut self, text: RawObject) -> Self {
        self.verified_mut().claims = text.into();
        self
    }

    /// Lets the token be cached until `time`, by [`AuthLayer`](crate::layer::AuthLayer) and by
    /// [`CachedVerifier`](crate::verifier::CachedVerifier). Default: it is verified for every
    /// request.
    ///
    /// A revoked token may be accepted until then, so keep the time short. It should not be after
    /// the expiry of the token, unless the verifier grants a leeway.
    #[must_use]
    pub fn reusable_until(mut self, time: SystemTime) -> Self {
        let reuse = &mut self.verified_mut().reuse;
        let validity = reuse.take().and_then(|reuse| reuse.validity);
        *reuse = Some(Reuse {
            until: time,
            validity,
        });
        self
    }

    /// Lets the token be cached only while this condition holds, within the time of
    /// [`reusable_until`](Self::reusable_until), without which it is not cached at all.
    #[must_use]
    pub fn while_holds(mut self, validity: Arc<dyn Validity>) -> Self {
        let reuse = self.verified_mut().reuse.get_or_insert(Reuse {
            until: SystemTime::UNIX_EPOCH,
            validity: None,
        });
        reuse.validity = Some(validity);
        self
    }

    /// The same token, but never cached.
    #[must_use]
    pub(crate) fn without_reuse(mut self) -> Self {
        if self.verified.reuse.is_some() {
            self.verified_mut().reuse = None;
        }
        self
    }

    pub(crate) fn reuse(&self) -> Option<&Reuse> {
        self.verified.reuse.as_ref()
    }

    fn verified_mut(&mut self) -> &mut Verified {
        Arc::make_mut(&mut self.verified)
    }

    /// The authorization server that issued the token: `iss`.
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.verified.issuer
    }

    /// The canonical name of the issuer if it has several; else [`issuer`](Self::issuer).
    #[must_use]
    pub fn canonical_issuer(&self) -> &str {
        let canonical = self.verified.canonical_issuer.as_deref();
        canonical.unwrap_or(&self.verified.issuer)
    }

    /// The subject of the token: `sub`.
    #[must_use]
    pub fn subject(&self) -> &str {
        &self.verified.subject
    }

    /// The client that the token was issued to: `client_id`.
    #[must_use]
    pub fn client_id(&self) -> Option<&str> {
        self.verified.client_id.as_deref()
    }

    /// The organization (tenant) that the caller acts for.
    #[must_use]
    pub fn organization(&self) -> Option<&str> {
        self.verified.organization.as_deref()
    }

    /// The granted scopes, without the narrower ones that they include by the
    /// [hierarchy](crate::token::ScopeHierarchy) of a layer; use
    /// [`AuthContext::has_scope`](crate::layer::AuthContext::has_scope) or
    /// [`PolicyRequest::has_scope`](crate::policy::PolicyRequest::has_scope) to check for one.
    #[must_use]
    pub fn scopes(&self) -> &Scopes {
        &self.verified.scopes
    }

    /// The expiry of the token, without leeway: `exp`.
    #[must_use]
    pub fn expires_at(&self) -> SystemTime {
        self.verified.expires_at
    }

    /// The identifier of the token: `jti`.
    #[must_use]
    pub fn token_id(&self) -> Option<&str> {
        self.verified.token_id.as_deref()
    }

    /// The time at which the token was issued: `iat`.
    #[must_use]
    pub fn issued_at(&self) -> Option<SystemTime> {
        self.verified.issued_at
    }

    /// The session at the issuer in which the token was issued: `sid`
    /// ([OpenID Connect Front-Channel Logout section 3](https://openid.net/specs/openid-connect-frontchannel-1_0.html#OPLogout)).
    /// Not the MCP session.
    #[must_use]
    pub fn session_id(&self) -> Option<&str> {
        self.verified.session_id.as_deref()
    }

    /// The key whose possession the caller has to prove: `cnf`. `None` for a bearer token.
    #[must_use]
    pub fn confirmation(&self) -> Option<&Confirmation> {
        self.verified.confirmation.as_ref()
    }

    /// All claims.
    #[must_use]
    pub fn claims(&self) -> &Map<String, Value> {
        self.verified.claims.members()
    }

    /// The claims as a type of your application.
    ///
    /// # Errors
    ///
    /// The error of `serde` if the claims do not fit the type.
    ///
    /// # Example
    ///
    /// ```
    /// #[derive(serde::Deserialize)]
    /// struct Plan {
    ///     plan: String,
    /// }
    /// # fn demo(token: &auth_core::token::VerifiedToken) -> Result<(), serde_json::Error> {
    /// let Plan { plan } = token.claims_as()?;
    /// # let _ = plan; Ok(()) }
    /// ```
    pub fn claims_as<T: DeserializeOwned>(&self) -> Result<T, serde_json::Error> {
        T::deserialize(self.claims())
    }

    /// One claim by JSON pointer ([RFC 6901](https://www.rfc-editor.org/rfc/rfc6901)): `/oid`,
    /// `/custom_claims/plan`, `/roles/0`. `None` when there is none, or when `pointer` does not
    /// begin with a slash.
    #[must_use]
    pub fn claim(&self, pointer: &str) -> Option<&Value> {
        self.verified.claims.pointer(pointer)
    }

    /// The roles of the caller in its organization: the strings in the `roles` claim
    /// ([RFC 9068 section 2.2.3.1](https://www.rfc-editor.org/rfc/rfc9068#section-2.2.3.1)). Members of
    /// other types are left out; a claim that is not an array has no roles.
    pub fn roles(&self) -> impl Iterator<Item = &str> {
        self.strings_of("roles")
    }

    /// The permissions of the caller in its organization: the strings in the `permissions` claim, read
    /// as [`roles`](Self::roles) are.
    pub fn permissions(&self) -> impl Iterator<Item = &str> {
        self.strings_of("permissions")
    }

    fn strings_of(&self, claim: &str) -> impl Iterator<Item = &str> + use<'_> {
        let members = self.claims().get(claim).and_then(Value::as_array);
        members.into_iter().flatten().filter_map(Value::as_str)
    }

    /// Whether the token was issued to a client on its own behalf: `sub` is the client.
    #[must_use]
    pub fn is_machine(&self) -> bool {
        self.client_id() == Some(self.subject())
    }

    /// The caller, as a key to bind state to.
    #[must_use]
    pub fn principal(&self) -> Principal {
        Principal {
            issuer: self.canonical_issuer().to_owned(),
            subject: self.subject().to_owned(),
            client_id: self.client_id().map(str::to_owned),
            organization: self.organization().map(str::to_owned),
        }
    }
}

/// Without the claims: they are data of the user, which does not belong into logs.
impl fmt::Debug for VerifiedToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VerifiedToken")
            .field("issuer", &self.issuer())
            .field("subject", &self.subject())
            .field("client_id", &self.client_id())
            .field("organization", &self.organization())
            .field("scopes", &self.scopes())
            .field("expires_at", &self.expires_at())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn token(claims: Value) -> VerifiedToken {
        let Value::Object(claims) = claims else {
            panic!("claims are an object");
        };
        VerifiedToken::assertion("https://as.example", "usr_1", SystemTime::UNIX_EPOCH)
            .with_claims(claims)
    }

    #[test]
    fn claims_are_found_by_json_pointer() {
        let token = token(json!({"oid": "org_1", "a/b": {"c~d": [1, 2]}, "~1": 3}));
        for (pointer, expected) in [
            ("/oid", Some(json!("org_1"))),
            ("/a~1b/c~0d/1", Some(json!(2))),
            ("/~01", Some(json!(3))),
            ("oid", None),
            ("", None),
            ("/", None),
            ("/oid/x", None),
        ] {
            assert_eq!(token.claim(pointer).cloned(), expected, "{pointer:?}");
        }
    }

    #[test]
    fn claims_from_raw_json_equal_claims_from_members() {
        let claims = json!({"oid": "org_1", "roles": ["admin", {"n": 1.5}]});
        let text = token(json!({})).with_raw_claims(RawObject::parse(claims.to_string()).unwrap());
        assert_eq!(text.claims(), token(claims).claims());
        assert_eq!(text.claim("/roles/1/n"), Some(&json!(1.5)));
    }

    #[test]
    fn claims_deserialize_into_a_custom_type() {
        #[derive(Debug, PartialEq, serde::Deserialize)]
        struct Own {
            oid: String,
            seats: Option<u32>,
        }
        let own: Own = token(json!({"oid": "org_1", "other": []}))
            .claims_as()
            .unwrap();
        assert_eq!((own.oid.as_str(), own.seats), ("org_1", None));
        assert!(token(json!({"oid": 7})).claims_as::<Own>().is_err());
    }

    #[test]
    fn roles_and_permissions_are_the_strings_of_an_array() {
        let strings = |claims| {
            let token = token(claims);
            let [roles, permissions] = [
                token.roles().collect::<Vec<_>>().join(" "),
                token.permissions().collect::<Vec<_>>().join(" "),
            ];
            (roles, permissions)
        };
        for (claims, roles, permissions) in [
            (json!({"roles": ["admin", "user"]}), "admin user", ""),
            (json!({"permissions": ["notes:delete"]}), "", "notes:delete"),
            (
                json!({"roles": [1, "admin", null, ["x"], {"value": "y"}]}),
                "admin",
                "",
            ),
            (json!({"roles": "admin", "permissions": {"a": "b"}}), "", ""),
            (json!({"roles": null}), "", ""),
            (json!({"roles": []}), "", ""),
            (json!({}), "", ""),
        ] {
            let expected = (roles.to_owned(), permissions.to_owned());
            assert_eq!(strings(claims.clone()), expected, "{claims}");
        }
    }

    #[test]
    fn a_client_can_be_the_subject() {
        let token = token(json!({}));
        assert!(!token.is_machine());
        assert!(!token.clone().with_client_id("m2m_1").is_machine());
        assert!(token.with_client_id("usr_1").is_machine());
    }

    #[test]
    fn accessors_return_what_was_set() {
        let bare = token(json!({}));
        assert_eq!(bare.issuer(), "https://as.example");
        assert_eq!(bare.subject(), "usr_1");
        assert_eq!(bare.expires_at(), SystemTime::UNIX_EPOCH);
        let optional = |token: &VerifiedToken| {
            let ids = [token.client_id(), token.organization()];
            let ids = [ids[0], ids[1], token.token_id(), token.session_id()];
            ids.map(|id| id.map(str::to_owned))
        };
        assert_eq!(optional(&bare), [const { None }; 4]);
        assert_eq!(bare.issued_at(), None);
        assert!(bare.scopes().is_empty() && bare.claims().is_empty());

        let later = SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(60);
        let full = VerifiedToken::assertion("https://as.example", "usr_1", later)
            .with_client_id("m2m_1")
            .with_organization("org_1")
            .with_token_id("at_1")
            .with_session_id("ses_1")
            .with_issued_at(SystemTime::UNIX_EPOCH)
            .with_scopes(Scopes::parse("read").unwrap());
        assert_eq!(full.expires_at(), later);
        assert_eq!(full.issued_at(), Some(SystemTime::UNIX_EPOCH));
        let expected = ["m2m_1", "org_1", "at_1", "ses_1"].map(|id| Some(id.to_owned()));
        assert_eq!(optional(&full), expected);
        assert_eq!(full.scopes().to_string(), "read");
        let principal = Principal {
            issuer: "https://as.example".into(),
            subject: "usr_1".into(),
            client_id: Some("m2m_1".into()),
            organization: Some("org_1".into()),
        };
        assert_eq!(full.principal(), principal);
    }

    #[test]
    fn debug_omits_the_claims() {
        let shown = format!("{:?}", token(json!({"email": "marker"})));
        assert!(shown.contains("usr_1"), "the control: {shown}");
        assert!(!shown.contains("marker"), "{shown}");
    }
}

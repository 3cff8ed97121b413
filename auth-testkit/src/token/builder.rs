//! The builder of valid tokens. The defects are in the folder beside this file.

use std::fmt;
use std::time::{Duration, SystemTime};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;

use super::claims::unix_seconds;
use super::finish::Finish;
use super::{Grantee, Who, access_token, jws};
use crate::keys::Signer;
use crate::settings::AuthorizationServer;
use crate::settings::{Organization, Settings, TokenIssuer, User};
use crate::values::OrderedObject;
use crate::values::id;

/// Builds an access token without a login; returned by [`MockScalekit::token`](crate::MockScalekit::token).
///
/// Without further calls, it signs what live Scalekit issues to a signed-in user: RS256, type `JWT`, all scopes of
/// the resource, valid from now (by the issuer's clock when the builder was made) for the issuer's
/// access token lifetime (default 3600 seconds). Every correct verifier accepts it.
///
/// Later calls win. A clone signs the same session and token id, so an invalid token made from a clone
/// differs from its control in its defect only:
///
/// ```
/// # async fn example() {
/// # let scalekit = auth_testkit::MockScalekit::start().await;
/// let control = scalekit.token().scopes(["notes:read"]);
/// let defect = control.clone().wrong_audience();
/// # drop((control, defect));
/// # }
/// ```
#[derive(Clone)]
pub struct TokenBuilder {
    pub(in crate::token) settings: Settings,
    pub(in crate::token) signer: Signer,
    pub(in crate::token) now: SystemTime,
    pub(in crate::token) header: OrderedObject,
    pub(in crate::token) claims: OrderedObject,
    /// The header, when it is not the members.
    pub(in crate::token) raw_header: Option<Vec<u8>>,
    /// The payload, when it is not the claims.
    pub(in crate::token) payload: Option<Vec<u8>>,
    pub(in crate::token) signature: jws::Signature,
    /// The claims that are shown in place of those that were signed.
    pub(in crate::token) shown_claims: Option<OrderedObject>,
    pub(in crate::token) finish: Finish,
}

impl TokenBuilder {
    pub(crate) fn new(
        settings: Settings,
        signer: Signer,
        (user, organization): (&User, Option<&Organization>),
        now: SystemTime,
    ) -> Self {
        let grantee = Grantee {
            server: AuthorizationServer::Resource,
            client_id: "m2m_1000000001",
            scopes: &settings.scopes,
            who: Who::User {
                user,
                organization,
                session_id: &id::fresh("ses"),
            },
        };
        Self {
            claims: access_token(&settings, &grantee, now),
            header: jws::header(&signer),
            signature: jws::Signature::Key(signer.key.clone(), signer.key.algorithm),
            raw_header: None,
            payload: None,
            shown_claims: None,
            finish: Finish::default(),
            settings,
            signer,
            now,
        }
    }

    /// The token in compact serialization (RFC 7515 section 7.1).
    #[must_use]
    pub fn sign(&self) -> String {
        let payload = match &self.payload {
            Some(payload) => payload.clone(),
            None => self.claims.to_json(),
        };
        let header = match &self.raw_header {
            Some(header) => header.clone(),
            None => self.header.to_json(),
        };
        let mut parts = jws::compact(&header, &payload, &self.signature);
        if let Some(shown) = &self.shown_claims {
            parts[1] = URL_SAFE_NO_PAD.encode(shown.to_json());
        }
        self.finish.apply(parts)
    }

    /// These bytes as the header, in place of its members: for what no JSON writer would write. The
    /// signature covers them, by the issuer's key.
    #[must_use]
    pub fn raw_header(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.raw_header = Some(bytes.into());
        self
    }

    /// These bytes as the payload, in place of the claims; the signature covers them.
    #[must_use]
    pub fn raw_payload(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.payload = Some(bytes.into());
        self
    }

    /// Claim `sub`; default that of the issuer's [`User`].
    #[must_use]
    pub fn subject(self, sub: impl Into<String>) -> Self {
        self.claim("sub", sub.into())
    }

    /// Claim `client_id`: `m2m_` and digits, or a client metadata URL; default `m2m_1000000001`.
    #[must_use]
    pub fn client_id(self, id: impl Into<String>) -> Self {
        self.claim("client_id", id.into())
    }

    /// Claim `oid`; default that of the issuer's [`User`].
    #[must_use]
    pub fn organization(self, id: impl Into<String>) -> Self {
        self.claim("oid", id.into())
    }

    /// Claim `roles`.
    #[must_use]
    pub fn roles<S: Into<String>>(self, roles: impl IntoIterator<Item = S>) -> Self {
        self.claim("roles", strings(roles))
    }

    /// Claim `permissions`.
    #[must_use]
    pub fn permissions<S: Into<String>>(self, permissions: impl IntoIterator<Item = S>) -> Self {
        self.claim("permissions", strings(permissions))
    }

    /// Claim `sid`, such as a session that was [opened](crate::Admin::open_session) for the token. Default: a fresh
    /// id, of which the issuer knows no session.
    #[must_use]
    pub fn session(self, id: impl Into<String>) -> Self {
        self.claim("sid", id.into())
    }

    /// Claims `scope` (one string) and `scopes` (array), as Scalekit sends both; default all
    /// scopes of the resource.
    #[must_use]
    pub fn scopes<S: Into<String>>(self, scopes: impl IntoIterator<Item = S>) -> Self {
        let scopes = strings(scopes);
        self.claim("scope", scopes.join(" "))
            .claim("scopes", scopes)
    }

    /// The token of a machine client: `sub` equals `client_id`, and no user, organization, role or
    /// session is named. Call it after [`client_id`](Self::client_id).
    #[must_use]
    pub fn machine(mut self) -> Self {
        for of_a_user in [
            "oid",
            "xoid",
            "xuid",
            "roles",
            "permissions",
            "custom_claims",
            "sid",
        ] {
            self.claims.remove(of_a_user);
        }
        let client_id = self
            .claims
            .string("client_id")
            .unwrap_or_default()
            .to_owned();
        self.subject(client_id)
    }

    /// Any claim, in place of one of the same name.
    #[must_use]
    pub fn claim(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.claims.set(name, value);
        self
    }

    /// Leaves a claim out.
    #[must_use]
    pub fn without_claim(mut self, name: &str) -> Self {
        self.claims.remove(name);
        self
    }

    /// Any header parameter, in place of one of the same name. The way of signing stays.
    #[must_use]
    pub fn header(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.header.set(name, value);
        self
    }

    /// Leaves a header parameter out.
    #[must_use]
    pub fn without_header(mut self, name: &str) -> Self {
        self.header.remove(name);
        self
    }

    /// Either of the two `iss` forms that Scalekit uses.
    #[must_use]
    pub fn issuer_form(mut self, form: TokenIssuer) -> Self {
        self.settings.token_issuer = form;
        let iss = self.settings.token_iss();
        self.claim("iss", iss)
    }

    /// Claim `exp`: this long after `iat`, in whole seconds.
    #[must_use]
    pub fn lifetime(self, lifetime: Duration) -> Self {
        let issued = self
            .claims
            .seconds("iat")
            .unwrap_or_else(|| unix_seconds(self.now));
        self.claim("exp", issued.saturating_add(lifetime.as_secs()))
    }

    /// Claims `iat`, `nbf` and `exp` of a token issued at this moment, with the same lifetime.
    #[must_use]
    pub fn issued_at(self, moment: SystemTime) -> Self {
        let now = unix_seconds(self.now);
        let issued = self.claims.seconds("iat").unwrap_or(now);
        let lifetime = self
            .claims
            .seconds("exp")
            .unwrap_or(issued)
            .saturating_sub(issued);
        let iat = unix_seconds(moment);
        self.claim("iat", iat)
            .claim("nbf", iat)
            .claim("exp", iat.saturating_add(lifetime))
    }
}

fn strings<S: Into<String>>(values: impl IntoIterator<Item = S>) -> Vec<String> {
    values.into_iter().map(Into::into).collect()
}

/// Shows the subject and the key, and no part of the token.
impl fmt::Debug for TokenBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenBuilder")
            .field("sub", &self.claims.string("sub"))
            .field("kid", &self.header.string("kid"))
            .finish_non_exhaustive()
    }
}

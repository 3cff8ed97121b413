//! An enterprise's identity provider, whose assertions an issuer exchanges for access tokens
//! (draft-ietf-oauth-identity-assertion-authz-grant, "ID-JAG").

use std::fmt;
use std::time::{Duration, SystemTime};

use jsonwebtoken::Algorithm;
use serde_json::Value;

use crate::keys::{Signer, TestKey};
use crate::settings::TrustedIssuer;
use crate::token::{signed, unix_seconds};
use crate::values::OrderedObject;
use crate::values::id;

/// The type of an Identity Assertion JWT Authorization Grant.
pub(crate) const ID_JAG_TYPE: &str = "oauth-id-jag+jwt";

/// An identity provider that signs assertions about its users; the issuer trusts it after
/// [`MockScalekitBuilder::trust`](crate::MockScalekitBuilder::trust).
///
/// ```
/// # async fn example() {
/// use auth_testkit::identity_provider::IdentityProvider;
/// use auth_testkit::{Client, MockScalekit};
///
/// let idp = IdentityProvider::new("https://idp.example");
/// let scalekit = MockScalekit::builder().trust(&idp).start().await;
/// let client = scalekit.register_client(Client::confidential("m2m_7", "not a secret"));
/// let assertion = idp.assertion("usr_7", &client, scalekit.issuer(), scalekit.clock().now());
/// // grant_type=urn:ietf:params:oauth:grant-type:jwt-bearer&assertion=…
/// # drop(assertion.sign());
/// # }
/// ```
#[derive(Clone)]
pub struct IdentityProvider {
    issuer: String,
    signer: Signer,
}

/// Builds an assertion, which is valid unless something is changed.
#[derive(Clone)]
pub struct Assertion {
    signer: Signer,
    header: OrderedObject,
    claims: OrderedObject,
}

impl IdentityProvider {
    /// One with this issuer identifier and a new key (`ES256`).
    #[must_use]
    pub fn new(issuer: impl Into<String>) -> Self {
        Self {
            issuer: issuer.into(),
            signer: Signer {
                kid: id::fresh("idp"),
                key: TestKey::published(Algorithm::ES256, 0),
            },
        }
    }

    /// An assertion that this user has authorized the client at the authorization server `audience`;
    /// valid for five minutes from `now`.
    #[must_use]
    pub fn assertion(
        &self,
        subject: &str,
        client_id: &str,
        audience: &str,
        now: SystemTime,
    ) -> Assertion {
        let mut header = OrderedObject::default();
        header.push("alg", "ES256");
        header.push("kid", self.signer.kid.as_str());
        header.push("typ", ID_JAG_TYPE);
        let iat = unix_seconds(now);
        let mut claims = OrderedObject::default();
        claims.push("iss", self.issuer.as_str());
        claims.push("sub", subject);
        claims.push("aud", audience);
        claims.push("client_id", client_id);
        claims.push("jti", id::fresh("jag"));
        claims.push("iat", iat);
        claims.push("exp", iat + Duration::from_secs(300).as_secs());
        Assertion {
            signer: self.signer.clone(),
            header,
            claims,
        }
    }

    pub(crate) fn trusted(&self) -> TrustedIssuer {
        TrustedIssuer {
            issuer: self.issuer.clone(),
            signer: self.signer.clone(),
        }
    }
}

impl Assertion {
    /// Claim `scope`: what the client may ask for at most.
    #[must_use]
    pub fn scope(self, scope: &str) -> Self {
        self.claim("scope", scope)
    }

    /// Claim `resource`: where the client may go.
    #[must_use]
    pub fn resource(self, resource: &str) -> Self {
        self.claim("resource", resource)
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

    /// Any header parameter, in place of one of the same name.
    #[must_use]
    pub fn header(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.header.set(name, value);
        self
    }

    /// Signed by a key that is not the provider's.
    #[must_use]
    pub fn wrong_key(mut self) -> Self {
        self.signer.key = TestKey::attacker(&self.signer.key);
        self
    }

    /// The assertion in compact serialization.
    #[must_use]
    pub fn sign(&self) -> String {
        signed(&self.header, &self.claims, &self.signer)
    }
}

impl fmt::Debug for IdentityProvider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IdentityProvider")
            .field("issuer", &self.issuer)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Assertion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Assertion")
            .field("sub", &self.claims.string("sub"))
            .finish_non_exhaustive()
    }
}

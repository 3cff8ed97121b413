//! One server for several tenants, behind a proxy that ends TLS: a verifier that looks at the host, keys that are
//! bound to a client certificate, and an authorizer that looks at the arguments of a tool.
//!
//! ```sh
//! cargo run -p examples --bin tenants
//! curl http://127.0.0.1:8000/mcp -H 'Host: one.localhost' -H 'Authorization: Bearer key-1' \
//!   -d '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"build","arguments":{"project":"apollo"}}}'
//! curl http://127.0.0.1:8000/mcp -H 'Host: two.localhost' -H 'Authorization: Bearer key-1' \
//!   -H 'Client-Cert: :YSBjZXJ0aWZpY2F0ZQ==:' -d '{"jsonrpc":"2.0","id":1,"method":"tools/list"}'
//! ```
//!
//! Another host, key, project or certificate is refused.
//!
//! | part | job |
//! |---|---|
//! | [`with_client_certificate`] | takes the certificate from the proxy's `Client-Cert` header (RFC 9440) |
//! | [`Tenants`] | finds the owner of a key, in the tenant that the host names; the result may be reused for that host only |
//! | [`CertificateProof`] | refuses a bound key on a connection without its certificate |
//! | [`OwnProjects`] | whether the caller may work on the project that the tool is called for |

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use auth_core::error::ConfigErrors;
use auth_core::layer::AuthLayer;
use auth_core::policy::{AuthorizationRequest, Authorizer, Denied, NotAuthorized};
use auth_core::proof::{CertificateProof, ClientCertificate};
use auth_core::provider::{ProtectedResourceMetadata, PublicUrl, ResourceServer};
use auth_core::support::async_trait;
use auth_core::token::{Confirmation, VerifiedToken};
use auth_core::verifier::{InvalidReason, RequestHead, TokenVerifier, VerifyError, VerifyRequest};
use axum::Router;
use axum::extract::Request;
use axum::middleware::{Next, from_fn};
use axum::response::Response;
use axum::routing::post;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use http::header::HOST;

/// Who gives out the keys.
const ISSUER: &str = "https://keys.example.com";

/// A key of one tenant.
#[derive(Debug, Clone)]
pub struct Key {
    /// Whose it is.
    pub user: String,
    /// The `x5t#S256` of the certificate that it is bound to, if it is.
    pub certificate: Option<String>,
}

/// The keys of each tenant, by the host that the tenant's clients call.
#[derive(Debug, Default)]
pub struct Tenants(pub BTreeMap<String, BTreeMap<String, Key>>);

impl Tenants {
    /// The tenant that a request is for; none for an unknown host.
    fn of(&self, head: RequestHead<'_>) -> Option<(&str, &BTreeMap<String, Key>)> {
        let host = match head.uri().host() {
            Some(host) => host,
            None => head.header(HOST)?.to_str().ok()?.split(':').next()?,
        };
        let (name, keys) = self.0.get_key_value(&host.to_ascii_lowercase())?;
        Some((name, keys))
    }
}

#[async_trait]
impl TokenVerifier for Tenants {
    async fn verify(&self, request: VerifyRequest<'_>) -> Result<VerifiedToken, VerifyError> {
        let key = request.token().at_most(256)?.secret();
        let (tenant, keys) = self
            .of(request.head())
            .ok_or(InvalidReason::WrongAudience)?;
        let Key { user, certificate } = keys.get(key).ok_or(InvalidReason::Other)?;
        let end = request.now() + Duration::from_secs(3600);
        let mut token = VerifiedToken::assertion(ISSUER, user.as_str(), end)
            .with_organization(tenant)
            .reusable_until(request.now() + Duration::from_secs(30));
        if let Some(thumbprint) = certificate {
            let thumbprint = Confirmation::CertificateThumbprint(thumbprint.as_str().into());
            token = token.with_confirmation(thumbprint);
        }
        Ok(token)
    }

    fn vary<'a>(&'a self, head: RequestHead<'a>) -> Option<Cow<'a, str>> {
        let tenant = self.of(head).map_or("", |(name, _)| name);
        Some(Cow::Borrowed(tenant))
    }
}

/// The projects of each user. A real table is a database, which is why an authorizer may take its time.
#[derive(Debug, Default)]
pub struct OwnProjects(pub BTreeMap<String, BTreeSet<String>>);

#[async_trait]
impl Authorizer for OwnProjects {
    fn needs_arguments(&self) -> bool {
        true
    }

    async fn authorize(&self, request: AuthorizationRequest<'_>) -> Result<(), NotAuthorized> {
        // A tool that has nothing to do with projects.
        let Some(project) = request.argument("/project") else {
            return Ok(());
        };
        let own = self.0.get(request.token().subject());
        let is_own = |project: &str| own.is_some_and(|own| own.contains(project));
        match project.as_str().is_some_and(is_own) {
            true => Ok(()),
            false => Err(Denied::Forbidden("another one's project".into()).into()),
        }
    }
}

/// Takes the client certificate from the proxy. The proxy must take this header out of what clients send
/// ([RFC 9440 section 2.4](https://www.rfc-editor.org/rfc/rfc9440#section-2.4)), and must be the only way here.
pub async fn with_client_certificate(mut request: Request, next: Next) -> Response {
    let header = request.headers_mut().remove("client-cert");
    let der = header.as_ref().and_then(|value| {
        // A Byte Sequence of RFC 8941 section 3.3.5.
        let text = value.to_str().ok()?.trim();
        let base64 = text.strip_prefix(':')?.strip_suffix(':')?;
        BASE64_STANDARD.decode(base64).ok()
    });
    if let Some(der) = der {
        let certificate = ClientCertificate::from_der(&der);
        request.extensions_mut().insert(certificate);
    }
    next.run(request).await
}

/// A greeting behind all of that.
///
/// # Errors
///
/// [`ConfigErrors`] when a setting cannot be used.
pub fn app(
    tenants: Tenants,
    projects: OwnProjects,
    resource: PublicUrl,
) -> Result<Router, ConfigErrors> {
    let metadata = ProtectedResourceMetadata::new(resource, [ISSUER])
        .with_tls_client_certificate_bound_access_tokens(true);
    let layer = AuthLayer::builder(ResourceServer::new(tenants, metadata))
        .proof_verifier(CertificateProof::new())
        .authorizer(projects)
        // Each tenant has its host, and the verifier knows them all.
        .dangerous_any_host()
        .build()?;
    let router = Router::new().route("/mcp", post(greet));
    let guarded = auth_core::axum::protect(router, &layer).into_service();
    Ok(Router::new()
        .fallback_service(guarded)
        .layer(from_fn(with_client_certificate)))
}

async fn greet(caller: auth_core::axum::Authenticated) -> String {
    let tenant = caller.0.organization().unwrap_or_default();
    format!("hello {} of {tenant}\n", caller.0.subject())
}

/// Two tenants with a key of the same text each, one of which is bound to the certificate with the DER encoding
/// `der`, and one project.
#[must_use]
pub fn example(der: &[u8]) -> (Tenants, OwnProjects) {
    let certificate = ClientCertificate::from_der(der).thumbprint();
    let keys = |user: &str, certificate: Option<String>| {
        let user = user.to_owned();
        BTreeMap::from([("key-1".to_owned(), Key { user, certificate })])
    };
    let tenants = [
        ("one.localhost".to_owned(), keys("ada", None)),
        ("two.localhost".to_owned(), keys("bob", Some(certificate))),
    ];
    let projects = [("ada".to_owned(), BTreeSet::from(["apollo".to_owned()]))];
    (Tenants(tenants.into()), OwnProjects(projects.into()))
}

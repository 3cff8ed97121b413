//! A certificate authority that lives as long as its issuer.

use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, KeyUsagePurpose,
};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

use super::Secured;

/// The names by which this machine is reached.
const NAMES: [&str; 3] = ["localhost", "127.0.0.1", "::1"];

/// A certificate authority, and a server's certificate that it has signed. Its key is made anew for
/// each issuer and is nowhere else, so trusting it is no risk once the issuer has stopped.
pub(crate) struct Authority {
    /// The authority's own certificate, for clients to trust.
    pub(crate) pem: String,
    pub(crate) secured: Secured,
}

impl Authority {
    pub(crate) fn new() -> Self {
        make().expect("a certificate can be made of constants and fresh keys")
    }
}

fn make() -> Result<Authority, Box<dyn std::error::Error>> {
    let mut authority = CertificateParams::default();
    let name = "mock scalekit, for tests only";
    authority.distinguished_name.push(DnType::CommonName, name);
    authority.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    authority.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    let authority = CertifiedIssuer::self_signed(authority, KeyPair::generate()?)?;

    let key = KeyPair::generate()?;
    let server = CertificateParams::new(NAMES.map(str::to_owned))?;
    let certificate = server.signed_by(&key, &authority)?;
    // Not the process-wide provider of rustls: there may be none, or another.
    let provider = Arc::new(aws_lc_rs::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(
            vec![certificate.der().clone()],
            PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der())),
        )?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(Authority {
        pem: authority.pem(),
        secured: Secured::Tls(TlsAcceptor::from(Arc::new(config))),
    })
}

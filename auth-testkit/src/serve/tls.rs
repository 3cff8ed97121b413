//! A certificate authority that lives as long as its issuer.

use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, KeyUsagePurpose,
};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

use url::Url;

use super::Secured;

/// The names by which this machine is reached from itself.
const NAMES: [&str; 3] = ["localhost", "127.0.0.1", "::1"];

/// A certificate authority, and a server's certificate that it has signed. Its key is made anew for
/// each issuer and is nowhere else, so trusting it is no risk once the issuer has stopped.
pub(crate) struct Authority {
    /// The authority's own certificate, for clients to trust.
    pub(crate) pem: String,
    pub(crate) secured: Secured,
}

impl Authority {
    /// One for these names and the host of a URL.
    pub(crate) fn new(url: &str) -> Self {
        let host = Url::parse(url).ok();
        let host = host.as_ref().and_then(Url::host_str).unwrap_or_default();
        // An IPv6 address is in brackets.
        let host = host.trim_start_matches('[').trim_end_matches(']');
        make(host).expect("a certificate can be made for a host of a URL")
    }
}

fn make(host: &str) -> Result<Authority, Box<dyn std::error::Error>> {
    let mut authority = CertificateParams::default();
    let name = "mock scalekit, for tests only";
    authority.distinguished_name.push(DnType::CommonName, name);
    authority.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    authority.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    let authority = CertifiedIssuer::self_signed(authority, KeyPair::generate()?)?;

    let key = KeyPair::generate()?;
    let mut names: Vec<String> = NAMES.iter().map(|name| (*name).to_owned()).collect();
    if !NAMES.contains(&host) {
        names.push(host.to_owned());
    }
    let server = CertificateParams::new(names)?;
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

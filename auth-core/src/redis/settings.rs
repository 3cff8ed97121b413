//! [`RedisSettings`]: where Redis is, and how the connection is secured.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use percent_encoding::percent_decode_str;
use rustls_native_certs::load_native_certs;
use secrecy::{ExposeSecret, SecretString};
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};
use url::Url;

use crate::error::{ConfigError, ConfigErrors, ErrorChain};
use crate::support::is_loopback_host;

const SETTING: &str = "redis_url";
const DEFAULT_PORT: u16 = 6379;

/// Where Redis is, and how the connection is secured. Shows no password.
#[derive(Debug, Clone)]
#[must_use = "pass the settings to `RedisRevocations::connect`"]
pub struct RedisSettings {
    url: SecretString,
    password: Option<SecretString>,
    ca_file: Option<PathBuf>,
    prefix: String,
    plain_text: bool,
}

/// Settings that were checked.
#[derive(Clone)]
pub(super) struct Checked {
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) tls: Option<(Arc<ClientConfig>, ServerName<'static>)>,
    pub(super) username: Option<String>,
    pub(super) password: Option<SecretString>,
    pub(super) database: i64,
    pub(super) prefix: String,
}

impl RedisSettings {
    /// Redis at `rediss://host:port/database`, or `redis://` without TLS, which is accepted for this machine only.
    /// Defaults: port 6379, database 0. A user and a password can be in the URL, percent-encoded.
    pub fn new(url: impl Into<String>) -> Self {
        Self {
            url: url.into().into(),
            password: None,
            ca_file: None,
            prefix: "auth:".into(),
            plain_text: false,
        }
    }

    /// Sets the password; replaces that in the URL.
    pub fn password(mut self, password: impl Into<String>) -> Self {
        self.password = Some(password.into().into());
        self
    }

    /// Trusts the certificates in this PEM file, and no others. Default: those that the system trusts.
    pub fn ca_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.ca_file = Some(path.into());
        self
    }

    /// What the names of all keys begin with: different for deployments that share a Redis. Default: `auth:`.
    pub fn prefix(mut self, prefix: impl Into<String>) -> Self {
        self.prefix = prefix.into();
        self
    }

    /// Connects to another machine without TLS: who is on the way reads the password, and can add and hide
    /// revocations.
    pub fn dangerous_plain_text(mut self) -> Self {
        self.plain_text = true;
        self
    }

    pub(super) fn check(&self) -> Result<Checked, ConfigErrors> {
        let fail = |problem: &str| ConfigErrors::from(ConfigError::new(SETTING, problem));
        // The errors of the parser do not repeat the URL, which may contain a password.
        let url = Url::parse(self.url.expose_secret())
            .map_err(|error| fail(&format!("is not a URL ({error}): give rediss://host:port")))?;
        let tls = match url.scheme() {
            "rediss" => true,
            "redis" => false,
            _ => return Err(fail("has another scheme: use rediss:// or redis://")),
        };
        let Some(host) = url.host_str().filter(|host| !host.is_empty()) else {
            return Err(fail("has no host: give rediss://host:port"));
        };
        if url.query().is_some() || url.fragment().is_some() {
            return Err(fail("has a query or a fragment: remove it"));
        }
        if !tls && !is_loopback_host(host) && !self.plain_text {
            let text = "sends all data without TLS to another machine: use rediss://, \
                or dangerous_plain_text()";
            return Err(fail(text));
        }
        if !tls && self.ca_file.is_some() {
            return Err(ConfigError::new("ca_file", "is for TLS: use rediss://").into());
        }
        if self.prefix.is_empty() {
            return Err(ConfigError::new("prefix", "is empty: give one, such as auth:").into());
        }
        let database = match url.path().trim_matches('/') {
            "" => 0,
            number => number
                .parse()
                .ok()
                .filter(|number| *number >= 0)
                .ok_or_else(|| {
                    fail("has a path that is not the number of a database: remove it")
                })?,
        };
        let decode = |text: &str| -> Result<String, ConfigErrors> {
            let decoded = percent_decode_str(text).decode_utf8();
            let decoded = decoded.map(std::borrow::Cow::into_owned);
            decoded.map_err(|_| fail("has a user or password that is not UTF-8"))
        };
        let username = match url.username() {
            "" => None,
            username => Some(decode(username)?),
        };
        let password = match (&self.password, url.password()) {
            (Some(password), _) => Some(password.clone()),
            (None, Some(password)) => Some(decode(password)?.into()),
            (None, None) => None,
        };
        let host = host
            .trim_start_matches('[')
            .trim_end_matches(']')
            .to_owned();
        let tls = match tls {
            true => Some((Arc::new(self.tls()?), server_name(&host)?)),
            false => None,
        };
        Ok(Checked {
            host,
            port: url.port().unwrap_or(DEFAULT_PORT),
            tls,
            username,
            password,
            database,
            prefix: self.prefix.clone(),
        })
    }

    fn tls(&self) -> Result<ClientConfig, ConfigErrors> {
        let mut roots = RootCertStore::empty();
        match &self.ca_file {
            Some(path) => {
                let fail = |problem: &dyn fmt::Display| {
                    let text = format!("{}: {problem}", path.display());
                    ConfigErrors::from(ConfigError::new("ca_file", text))
                };
                let certificates = CertificateDer::pem_file_iter(path)
                    .map_err(|error| fail(&ErrorChain(&error)))?;
                for certificate in certificates {
                    let certificate = certificate.map_err(|error| fail(&ErrorChain(&error)))?;
                    roots
                        .add(certificate)
                        .map_err(|error| fail(&ErrorChain(&error)))?;
                }
                if roots.is_empty() {
                    return Err(fail(&"has no certificate in PEM format"));
                }
            }
            None => {
                roots.add_parsable_certificates(load_native_certs().certs);
                if roots.is_empty() {
                    let text = "is not set, and the system has no certificates: name a PEM file";
                    return Err(ConfigError::new("ca_file", text).into());
                }
            }
        }
        // Named here: the default of the process is missing, or a panic, where a build has two.
        let provider = Arc::new(aws_lc_rs::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| ConfigError::new("TLS", ErrorChain(&error)))?;
        Ok(config.with_root_certificates(roots).with_no_client_auth())
    }
}

fn server_name(host: &str) -> Result<ServerName<'static>, ConfigErrors> {
    ServerName::try_from(host.to_owned())
        .map_err(|error| ConfigError::new(SETTING, format!("has no usable host: {error}")).into())
}

impl Checked {
    /// Where it connects to, for messages.
    pub(super) fn place(&self) -> String {
        format!("{}:{}", self.host, self.port)
    }

    /// The name of a key.
    pub(super) fn key(&self, name: &str) -> String {
        format!("{}{name}", self.prefix)
    }
}

impl fmt::Debug for Checked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Checked")
            .field("place", &self.place())
            .field("tls", &self.tls.is_some())
            .field("prefix", &self.prefix)
            .finish_non_exhaustive()
    }
}

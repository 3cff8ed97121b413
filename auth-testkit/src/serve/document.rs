//! Fetching a client metadata document, whose URL comes from an unauthenticated request: no redirect, no proxy, no
//! address that is not public, little time and little space (draft-ietf-oauth-client-id-metadata-document
//! section 6).

use std::io;
use std::net::IpAddr;
use std::sync::OnceLock;
use std::time::Duration;

use auth_core::support::is_public_address;
use http::StatusCode;
use http::header::{ACCEPT, CONTENT_TYPE};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::redirect::Policy;
use url::{Host, Url};

const TOTAL_TIMEOUT: Duration = Duration::from_secs(3);

/// The draft recommends 5 KB.
const MAX_DOCUMENT: usize = 5 * 1024;

/// Fetches documents; its client is made at the first one, since reading the TLS roots takes time.
#[derive(Debug)]
pub(super) struct Documents {
    /// Whether a document may be on this machine.
    loopback: bool,
    client: OnceLock<reqwest::Client>,
}

impl Documents {
    pub(super) fn new(loopback: bool) -> Self {
        Self {
            loopback,
            client: OnceLock::new(),
        }
    }

    /// # Errors
    ///
    /// Why the document cannot be used, for the error page of the authorization request.
    pub(super) async fn fetch(&self, url: &Url) -> Result<Vec<u8>, String> {
        if let Some(address) = literal(url)
            && !may_go_to(address, self.loopback)
        {
            return Err("the document is at an address that is not public".to_owned());
        }
        let request = self.client().get(url.clone());
        let response = request.header(ACCEPT, "application/json").send().await;
        let mut response = response.map_err(|error| cause(&error))?;
        if response.status() != StatusCode::OK {
            let status = response.status().as_u16();
            return Err(format!("fetching the document gave status {status}"));
        }
        let mime = response.headers().get(CONTENT_TYPE);
        let mime = mime.and_then(|mime| mime.to_str().ok()).unwrap_or_default();
        if !is_json(mime) {
            return Err("the document is not served as application/json".to_owned());
        }
        let mut body = Vec::new();
        while let Some(part) = response.chunk().await.map_err(|error| cause(&error))? {
            body.extend_from_slice(&part);
            if body.len() > MAX_DOCUMENT {
                return Err(format!("the document has more than {MAX_DOCUMENT} bytes"));
            }
        }
        Ok(body)
    }

    fn client(&self) -> &reqwest::Client {
        self.client.get_or_init(|| {
            reqwest::Client::builder()
                .redirect(Policy::none())
                .no_proxy()
                .dns_resolver(Allowed {
                    loopback: self.loopback,
                })
                .pool_max_idle_per_host(0)
                .timeout(TOTAL_TIMEOUT)
                .build()
                .expect("the TLS roots can be read")
        })
    }
}

/// Resolves by the system, and keeps the addresses that may be gone to.
#[derive(Debug)]
struct Allowed {
    loopback: bool,
}

impl Resolve for Allowed {
    fn resolve(&self, name: Name) -> Resolving {
        let loopback = self.loopback;
        Box::pin(async move {
            // The port is a placeholder; reqwest puts the right one in.
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let allowed: Vec<_> = found
                .filter(|found| may_go_to(found.ip(), loopback))
                .collect();
            if allowed.is_empty() {
                return Err(io::Error::other("its name leads to no public address").into());
            }
            Ok(Box::new(allowed.into_iter()) as Addrs)
        })
    }
}

fn may_go_to(address: IpAddr, loopback: bool) -> bool {
    is_public_address(address) || (loopback && address.is_loopback())
}

fn literal(url: &Url) -> Option<IpAddr> {
    match url.host()? {
        Host::Domain(_) => None,
        Host::Ipv4(address) => Some(IpAddr::V4(address)),
        Host::Ipv6(address) => Some(IpAddr::V6(address)),
    }
}

fn is_json(mime: &str) -> bool {
    let essence = mime.split(';').next().unwrap_or_default().trim();
    essence.eq_ignore_ascii_case("application/json")
        || (essence.starts_with("application/") && essence.ends_with("+json"))
}

/// The innermost error: the outer ones only say that something failed.
fn cause(error: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    format!("the document cannot be fetched: {cause}")
}

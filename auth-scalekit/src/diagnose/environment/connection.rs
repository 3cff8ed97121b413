//! Whether the environment can be reached: its name resolves, then a connection opens.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use auth_core::provider::PublicUrl;
use auth_core::support::is_public_address;
use tokio::time::timeout;
use url::{Host, Url};

use crate::diagnose::http::{HttpReply, TransportError};
use crate::diagnose::report::{Check, Finding, Severity, format};

const LOOKUP_TIMEOUT: Duration = Duration::from_secs(3);

const CHECK_NAME: &str =
    "check SCALEKIT_ENVIRONMENT_URL for a typing error, then this machine's network and DNS";

/// Whether the host name of the environment resolves to an address that may be used.
pub(crate) async fn name(environment: &PublicUrl, private: bool) -> Finding {
    // It was validated by the same parser.
    let url = Url::parse(environment.as_str()).ok();
    let port = url.as_ref().and_then(Url::port_or_known_default);
    match url.as_ref().and_then(Url::host) {
        _ if environment.is_loopback() => Check::Dns.ok(format!("{environment} is this machine")),
        Some(Host::Domain(name)) => {
            let lookup = tokio::net::lookup_host((name, port.unwrap_or(443)));
            match timeout(LOOKUP_TIMEOUT, lookup).await {
                Ok(Ok(found)) => {
                    let addresses: Vec<_> = found.map(|address: SocketAddr| address.ip()).collect();
                    check_addresses(name, &addresses, private)
                }
                Ok(Err(error)) => unresolved(name, &error),
                Err(_) => Check::Dns.failure(
                    "timeout",
                    format!("the name {name} is not resolved within 3 s"),
                    CHECK_NAME,
                ),
            }
        }
        _ => Check::Dns.ok(format!("{environment} is an address, no name")),
    }
}

fn unresolved(name: &str, error: &io::Error) -> Finding {
    let what = format!("the name {name} cannot be resolved: {error}");
    Check::Dns.failure("unresolved", what, CHECK_NAME)
}

fn check_addresses(name: &str, addresses: &[IpAddr], private: bool) -> Finding {
    let public = addresses
        .iter()
        .filter(|address| is_public_address(**address));
    let public = public.count();
    let texts: Vec<_> = addresses.iter().map(ToString::to_string).collect();
    let texts = format::list(texts.iter().map(String::as_str));
    match (public, private) {
        (0, _) if addresses.is_empty() => Check::Dns.failure(
            "unresolved",
            format!("the name {name} leads to no address"),
            CHECK_NAME,
        ),
        (0, false) => Check::Dns.failure(
            "private-address",
            format!("the name {name} leads to private addresses alone: {texts}"),
            "allow them if they are meant, with allow_private_addresses() of ScalekitBuilder; \
             otherwise a name server between here and there is wrong",
        ),
        (0, true) => Check::Dns.note(format!(
            "the name {name} leads to private addresses, which are allowed: {texts}"
        )),
        (public, false) if public < addresses.len() => Check::Dns.note(format!(
            "the name {name} leads to private addresses too, which are left out: {texts}"
        )),
        _ => Check::Dns.ok(format!("the name {name} leads to {texts}")),
    }
}

/// The result of the first request to the environment.
pub(crate) fn connection(
    environment: &PublicUrl,
    first: &Result<HttpReply, TransportError>,
) -> Finding {
    let check = Check::Connection;
    let Err(problem) = first else {
        return check.ok(format!("{environment} answers"));
    };
    let fix = match problem {
        TransportError::Refused => {
            "check the host and the port of SCALEKIT_ENVIRONMENT_URL: nothing listens there"
        }
        TransportError::TimedOut => {
            "let this machine connect to it: a firewall may drop what is sent, and HTTPS_PROXY is not used"
        }
        TransportError::Tls(_) => {
            "check that SCALEKIT_ENVIRONMENT_URL leads to Scalekit, that the certificates which this \
             machine trusts are up to date, and that no proxy intercepts TLS"
        }
        TransportError::Broken(_) => {
            "check that SCALEKIT_ENVIRONMENT_URL leads to Scalekit, then run this check again"
        }
    };
    check.failure(
        problem.code(),
        format!("{environment} {}", problem.what()),
        fix,
    )
}

/// Whether checks that depend on this finding can run.
pub(crate) fn is_usable(finding: &Finding) -> bool {
    !matches!(finding.severity, Severity::Failure | Severity::Skipped)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_a_name_leads() {
        let verdict = |addresses: &[&str], private| {
            let addresses: Vec<_> = addresses.iter().map(|text| text.parse().unwrap()).collect();
            let finding = check_addresses("acme.example", &addresses, private);
            (finding.severity, finding.code)
        };
        let failure = |code| (Severity::Failure, Some(code));
        assert_eq!(
            verdict(&["1.1.1.1"], false),
            (Severity::Ok, None),
            "the control"
        );
        assert_eq!(verdict(&["10.0.0.1"], false), failure("private-address"));
        assert_eq!(verdict(&["10.0.0.1"], true), (Severity::Note, None));
        assert_eq!(verdict(&["1.1.1.1", "::1"], false), (Severity::Note, None));
        assert_eq!(verdict(&["1.1.1.1", "::1"], true), (Severity::Ok, None));
        assert_eq!(verdict(&[], false), failure("unresolved"));
    }
}

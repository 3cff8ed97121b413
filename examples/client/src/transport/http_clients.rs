//! The HTTP clients: proxies, time limits and redirects.

use std::{sync::Arc, time::Duration};

use reqwest::{
    Client, ClientBuilder, StatusCode,
    redirect::{Attempt, Policy},
};
use url::Url;

use super::addresses::Addresses;
use crate::{error::ClientError, web_url::is_loopback};

/// The number of redirects that are followed at most.
pub(crate) const MAX_REDIRECTS: usize = 10;

/// Whether requests may go through the proxy of the environment (`HTTPS_PROXY` and others). It resolves names itself, so
/// the rule for addresses does not apply to what it connects to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum EnvironmentProxy {
    #[default]
    Ignored,
    Trusted,
}

impl EnvironmentProxy {
    /// What to add to the failure of a connection: the variable of a proxy that is set and not used.
    pub(crate) fn note(self) -> Option<String> {
        let names = ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"];
        let mut set = names
            .into_iter()
            .filter(|name| std::env::var_os(name).is_some());
        let name = set.next().filter(|_| self == Self::Ignored)?;
        Some(format!(
            "{name} is set and not used without --dangerously-trust-proxy"
        ))
    }
}

/// The client for OAuth requests, which follows no redirects.
pub(super) fn login_client(
    addresses: &Addresses,
    proxy: EnvironmentProxy,
) -> Result<Client, ClientError> {
    build(
        bounded(addresses, proxy)
            .dns_resolver(Arc::new(addresses.clone()))
            .redirect(Policy::none()),
    )
}

/// The client for the one OAuth request that may be redirected, the registration; within its origin.
pub(super) fn following_client(
    addresses: &Addresses,
    proxy: EnvironmentProxy,
) -> Result<Client, ClientError> {
    build(
        bounded(addresses, proxy)
            .dns_resolver(Arc::new(addresses.clone()))
            .redirect(Policy::custom(|attempt| {
                if stays_in_origin(&attempt) {
                    attempt.follow()
                } else {
                    attempt.stop()
                }
            })),
    )
}

/// The client for MCP requests. Idle connections are not kept: a request would have to wait on one whose last response
/// was not read to its end.
///
/// # Errors
///
/// [`ClientError::Internal`] when it cannot be set up.
pub(crate) fn mcp_client(server: &Url, proxy: EnvironmentProxy) -> Result<Client, ClientError> {
    build(
        proxied(Client::builder(), proxy, is_loopback(server))
            .connect_timeout(Duration::from_secs(10))
            .pool_max_idle_per_host(0)
            .redirect(Policy::custom(|attempt| {
                // 301 to 303 turn a POST into a GET; another origin must not get the token.
                let keeps_body = matches!(
                    attempt.status(),
                    StatusCode::TEMPORARY_REDIRECT | StatusCode::PERMANENT_REDIRECT
                );
                if keeps_body && stays_in_origin(&attempt) {
                    attempt.follow()
                } else {
                    attempt.stop()
                }
            })),
    )
}

/// Reaches loopback without any proxy, which could not reach it and would get the codes and tokens.
fn proxied(builder: ClientBuilder, proxy: EnvironmentProxy, loopback: bool) -> ClientBuilder {
    match proxy {
        EnvironmentProxy::Trusted if !loopback => builder,
        _ => builder.no_proxy(),
    }
}

fn bounded(addresses: &Addresses, proxy: EnvironmentProxy) -> ClientBuilder {
    proxied(Client::builder(), proxy, addresses.loopback)
        .connect_timeout(Duration::from_secs(10))
        .timeout(Duration::from_secs(30))
}

fn build(builder: ClientBuilder) -> Result<Client, ClientError> {
    builder
        .build()
        .map_err(|error| ClientError::Internal(format!("cannot set up the HTTP client: {error}")))
}

fn stays_in_origin(attempt: &Attempt<'_>) -> bool {
    attempt.previous().len() <= MAX_REDIRECTS
        && attempt
            .previous()
            .last()
            .is_some_and(|from| from.origin() == attempt.url().origin())
}

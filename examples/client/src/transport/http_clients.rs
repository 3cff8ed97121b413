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

/// The client for OAuth requests, which follows no redirects.
pub(super) fn login_client(addresses: &Addresses) -> Result<Client, ClientError> {
    build(
        bounded(addresses)
            .dns_resolver(Arc::new(addresses.clone()))
            .redirect(Policy::none()),
    )
}

/// The client for the one OAuth request that may be redirected, the registration; within its origin.
pub(super) fn following_client(addresses: &Addresses) -> Result<Client, ClientError> {
    build(
        bounded(addresses)
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
/// [`ClientError::Mcp`] when it cannot be set up.
pub(crate) fn mcp_client(server: &Url) -> Result<Client, ClientError> {
    build(
        direct_to_loopback(Client::builder(), is_loopback(server))
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

/// Reaches loopback without the proxy of the environment, which could not reach it and would get the codes and tokens.
fn direct_to_loopback(builder: ClientBuilder, loopback: bool) -> ClientBuilder {
    if loopback {
        builder.no_proxy()
    } else {
        builder
    }
}

fn bounded(addresses: &Addresses) -> ClientBuilder {
    direct_to_loopback(Client::builder(), addresses.loopback)
        .connect_timeout(Duration::from_secs(10))
        .timeout(Duration::from_secs(30))
}

fn build(builder: ClientBuilder) -> Result<Client, ClientError> {
    builder
        .build()
        .map_err(|error| ClientError::Mcp(format!("cannot set up the HTTP client: {error}")))
}

fn stays_in_origin(attempt: &Attempt<'_>) -> bool {
    attempt.previous().len() <= MAX_REDIRECTS
        && attempt
            .previous()
            .last()
            .is_some_and(|from| from.origin() == attempt.url().origin())
}

//! The settings of an issuer: the same options on the command line and in the control API.

mod users;
mod webhooks;

use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener};
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};
use jsonwebtoken::Algorithm;
use serde::Deserialize;
use url::Url;

use super::Failure;
use crate::builder::vet_public_url;
use crate::keys::has_public_key;
use crate::settings::{
    Directory, EventOrder, Leniency, ManagementRateLimit, Misbehaviour, RefreshTokens, TokenIssuer,
};
use crate::values::Secret;
use crate::{MockScalekit, MockScalekitBuilder, TestClock};

pub(super) use webhooks::{secrets, webhook_secrets};

/// The options of an issuer. Unknown ones are errors, so that a misspelt one is not ignored.
#[derive(Debug, Clone, Args, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Settings {
    /// The address to serve on, and the control API with it. Other machines can reach any but a loopback
    /// one, and the signing keys are public: no real service may trust this issuer
    #[arg(long, value_name = "ADDRESS", default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST))]
    #[serde(deserialize_with = "address")]
    host: IpAddr,
    /// The port to serve on; 0 selects a free port
    #[arg(long, default_value_t = 0)]
    port: u16,
    /// Scheme, host and port by which others reach the issuer, such as http://scalekit:8080: with it begin
    /// all URLs in tokens and documents. Needed where --host is 0.0.0.0 or ::
    #[arg(long, value_name = "URL")]
    public_url: Option<String>,
    /// The id of the protected MCP server: res_ and digits
    #[arg(long, default_value = "res_1000000001")]
    resource_id: String,
    /// The URL of the protected MCP server, byte for byte; it is then in `aud`, and clients may ask
    /// for no other resource
    #[arg(long)]
    resource: Option<String>,
    /// Serve an MCP server too, at /mcp of the issuer, which is then the resource: clients can log in and call
    /// its tools. Every request needs the first scope; the tool `echo` no other, the tool `write` the second
    #[arg(long)]
    mcp_server: bool,
    /// The scopes of the resource, separated by commas
    #[arg(long, value_delimiter = ',', default_value = "notes:read,notes:write")]
    scopes: Vec<String>,
    /// A file with organizations, roles, users and machine clients, in TOML or JSON by its extension. The first
    /// user approves, unless `login_hint` or the page chooses another
    #[arg(long, value_name = "FILE", value_parser = users::read_file)]
    #[serde(deserialize_with = "users::read_member")]
    directory: Option<Directory>,
    /// The `sub` of the user who approves [default: usr_1000000001]
    #[arg(long)]
    user: Option<String>,
    /// The user's e-mail address [default: ada@example.com]
    #[arg(long)]
    email: Option<String>,
    /// The organization the user signs in to [default: org_1000000001]
    #[arg(long)]
    organization: Option<String>,
    /// The user's roles, separated by commas [default: member]
    #[arg(long, value_delimiter = ',')]
    roles: Option<Vec<String>>,
    /// The user's permissions, separated by commas
    #[arg(long, value_delimiter = ',')]
    permissions: Vec<String>,
    /// Another user who can sign in, by `login_hint` or on the page; can be given repeatedly
    #[arg(long, value_name = "SUB")]
    also_user: Vec<String>,
    /// Users log in at this page of yours, which posts them to the issuer ("bring your own auth"). The readiness line
    /// then has the connection, and a client for that call
    #[arg(long, value_name = "LOGIN_URL")]
    byoa: Option<String>,
    /// The id of the connection to the login page: conn_ and digits; needs --byoa [default: conn_1000000001]
    #[arg(long, value_name = "ID")]
    connection: Option<String>,
    /// Send events to this URL, as signed webhooks; can be given repeatedly
    #[arg(long, value_name = "URL")]
    webhook_url: Vec<String>,
    /// What they are signed with: whsec_ and 24 to 64 bytes in base64; repeatedly during a rotation. Without one the
    /// readiness line has a fresh one
    #[arg(long, value_name = "SECRET", value_parser = webhooks::secret)]
    #[serde(deserialize_with = "secrets")]
    webhook_secret: Vec<Secret>,
    /// A file with such a secret; can be given repeatedly
    #[arg(long, value_name = "FILE")]
    #[serde(skip)]
    webhook_secret_file: Vec<PathBuf>,
    /// The readiness line has a client for calls of the management API, such as those about sessions and events
    #[arg(long)]
    management_client: bool,
    /// A session that is revoked by the API makes the event user.logout, which Scalekit does not document
    #[arg(long)]
    logout_event_of_revocation: bool,
    /// How many calls of the management API are allowed in a minute; more are refused with 429 [default: any number]
    #[arg(long, value_name = "CALLS")]
    management_rate_limit: Option<u32>,
    /// These refusals have the header Retry-After; needs --management-rate-limit
    #[arg(long)]
    management_retry_after: bool,
    /// The events API lists the oldest events first
    #[arg(long)]
    events_oldest_first: bool,
    /// Which issuer access tokens name
    #[arg(long, value_enum, default_value_t = Iss::Environment)]
    token_issuer: Iss,
    /// What tokens are signed with: RS256, PS256, ES256, EdDSA …
    #[arg(long, default_value = "RS256")]
    algorithm: Algorithm,
    /// Seconds from `iat` to `exp`
    #[arg(long, default_value_t = 3600)]
    lifetime: u64,
    /// When clients get refresh tokens
    #[arg(long, value_enum, default_value_t = Refresh::WhenAsked)]
    refresh_tokens: Refresh,
    /// Seconds in which a refresh token that was exchanged may be exchanged again, any number of times;
    /// 0: not at all
    #[arg(long, default_value_t = 30)]
    refresh_grace: u64,
    /// Authorization requests show a consent page; without it every request is approved at once
    #[arg(long)]
    consent_page: bool,
    /// Clients cannot register themselves
    #[arg(long)]
    no_registration: bool,
    /// Redirect URIs of private-use schemes (cursor://…, com.example.app:/…) are refused, as MCP asks
    /// for https or loopback
    #[arg(long)]
    no_private_use_redirects: bool,
    /// Client metadata documents are not fetched
    #[arg(long)]
    no_client_metadata: bool,
    /// The resource's metadata names the revocation endpoint, which Scalekit's does not
    #[arg(long)]
    resource_revocation: bool,
    /// A rule that is not enforced; can be given repeatedly
    #[arg(long, value_name = "RULE")]
    #[serde(deserialize_with = "by_name")]
    lenient: Vec<Leniency>,
    /// Something that the issuer does wrong, or its MCP server (needs --mcp-server then); can be given
    /// repeatedly. `mock-scalekit misbehaviours` lists all
    #[arg(long, value_name = "WHAT")]
    #[serde(deserialize_with = "by_name")]
    misbehave: Vec<Misbehaviour>,
    /// Serve over TLS, with a throw-away certificate authority
    #[arg(long)]
    tls: bool,
}

/// Which issuer access tokens name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Iss {
    Environment,
    Resource,
}

impl From<Iss> for TokenIssuer {
    fn from(iss: Iss) -> Self {
        match iss {
            Iss::Environment => Self::Environment,
            Iss::Resource => Self::Resource,
        }
    }
}

/// When clients get refresh tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Refresh {
    /// When they ask for the scope `offline_access`, which the metadata does not list
    WhenAsked,
    /// When they ask for the scope `offline_access`, which the metadata lists
    Advertised,
    /// Always
    Always,
    /// Always, and the scope `offline_access` is added to what they ask for
    Added,
    /// Never
    Never,
}

impl Settings {
    /// Starts an issuer that is like this, on a clock that runs.
    ///
    /// # Errors
    ///
    /// A text that names the option which cannot be used.
    pub(super) fn start(&self, clock: &TestClock) -> Result<MockScalekit, Failure> {
        check_resource_id(&self.resource_id)?;
        if !has_public_key(self.algorithm) {
            let given = self.algorithm;
            return Err(format!("algorithm: expected one with a public key, got {given:?}").into());
        }
        if self.mcp_server && self.resource.is_some() {
            return Err(
                "resource: cannot be set together with mcp-server, whose URL is the resource"
                    .into(),
            );
        }
        if let Some(one) = self
            .misbehave
            .iter()
            .find(|one| one.needs_mcp_server() && !self.mcp_server)
        {
            return Err(format!("misbehave: {one} needs mcp-server, which is off").into());
        }
        if self.management_retry_after && self.management_rate_limit.is_none() {
            return Err("management-retry-after: needs management-rate-limit".into());
        }
        self.check_users()?;
        self.check_public_url()?;
        let listener = listen("port", (self.host, self.port))?;
        let mut builder = self.builder(clock).listener(listener);
        // Such an address is there only when the option names it.
        builder = builder.dangerous_listen_on_network(!self.host.is_loopback());
        if let Some(url) = &self.public_url {
            builder = builder.public_url(url);
        }
        Ok(builder.start_blocking())
    }

    fn check_public_url(&self) -> Result<(), Failure> {
        match &self.public_url {
            None if self.host.is_unspecified() => Err(format!(
                "public-url: needed, as {} is no address that others can connect to; expected scheme, host \
                 and port by which they reach the issuer, such as http://scalekit:8080",
                self.host
            )
            .into()),
            None => Ok(()),
            Some(url) if self.tls && url.starts_with("http:") => {
                Err(format!("public-url: expected https, as TLS is on; got {url:?}").into())
            }
            Some(url) => Ok(vet_public_url(url).map_err(|problem| format!("public-url: {problem}"))?),
        }
    }

    /// Whether a client of the environment was asked for.
    pub(super) fn has_management_client(&self) -> bool {
        self.management_client
    }

    /// Where the control API is served, too.
    pub(super) fn host(&self) -> IpAddr {
        self.host
    }

    /// The URL of another port of the same host, for those who reach the issuer by its public URL.
    pub(super) fn beside(&self, address: SocketAddr) -> String {
        let public = self
            .public_url
            .as_ref()
            .filter(|_| !self.host.is_loopback());
        let public = public.and_then(|url| Url::parse(url).ok());
        match public.as_ref().and_then(Url::host_str) {
            Some(host) => format!("http://{host}:{}", address.port()),
            None => format!("http://{address}"),
        }
    }

    fn builder(&self, clock: &TestClock) -> MockScalekitBuilder {
        let mut builder = MockScalekit::builder()
            .clock(clock.clone())
            .resource_id(&self.resource_id)
            .scopes(&self.scopes)
            .token_issuer(self.token_issuer.into())
            .signing_algorithm(self.algorithm)
            .access_token_lifetime(Duration::from_secs(self.lifetime))
            .refresh_tokens(match self.refresh_tokens {
                Refresh::WhenAsked => RefreshTokens::WhenAsked,
                Refresh::Advertised => RefreshTokens::Advertised,
                Refresh::Always => RefreshTokens::Always,
                Refresh::Added => RefreshTokens::Added,
                Refresh::Never => RefreshTokens::Never,
            })
            .refresh_grace(Duration::from_secs(self.refresh_grace))
            .consent_page(self.consent_page)
            .dynamic_registration(!self.no_registration)
            .private_use_redirects(!self.no_private_use_redirects)
            .client_metadata_documents(!self.no_client_metadata)
            .resource_revocation(self.resource_revocation)
            .logout_event_of_revocation(self.logout_event_of_revocation)
            .event_order(match self.events_oldest_first {
                true => EventOrder::OldestFirst,
                false => EventOrder::NewestFirst,
            });
        if let Some(calls) = self.management_rate_limit {
            let limit = ManagementRateLimit::per_minute(calls);
            builder = builder.management_rate_limit(match self.management_retry_after {
                true => limit.with_retry_after(),
                false => limit,
            });
        }
        if let Some(url) = &self.resource {
            builder = builder.resource_url(url);
        }
        if self.mcp_server {
            builder = builder.mcp_server();
        }
        builder = self.with_users(builder);
        for leniency in &self.lenient {
            builder = builder.lenient(*leniency);
        }
        for misbehaviour in &self.misbehave {
            builder = builder.misbehave(*misbehaviour);
        }
        match self.tls {
            true => builder.tls(),
            false => builder,
        }
    }
}

/// # Errors
///
/// When it is no id of Scalekit's.
pub(super) fn check_resource_id(given: &str) -> Result<(), Failure> {
    let digits = given.strip_prefix("res_").unwrap_or_default();
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(format!("resource-id: expected res_ and digits, got {given:?}").into());
    }
    Ok(())
}

/// # Errors
///
/// A text that names the option, when the port is unavailable, or the address is none of this machine's.
pub(super) fn listen(option: &str, (host, port): (IpAddr, u16)) -> Result<TcpListener, Failure> {
    let address = SocketAddr::new(host, port);
    TcpListener::bind(address)
        .map_err(|error| format!("{option}: cannot serve on {address}: {error}").into())
}

/// The defaults are those of the command line.
impl Default for Settings {
    fn default() -> Self {
        use clap::Parser;
        #[derive(Debug, Parser)]
        struct Nothing {
            #[command(flatten)]
            settings: Settings,
        }
        Nothing::parse_from(["mock-scalekit"]).settings
    }
}

/// The member `host`, from JSON.
fn address<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<IpAddr, D::Error> {
    let text = String::deserialize(deserializer)?;
    text.parse().map_err(|_| {
        serde::de::Error::custom(format!("host: expected an ip address, got {text:?}"))
    })
}

/// The warning for a socket that other machines can reach.
pub(super) fn warning(what: &str, address: SocketAddr, why: &str) -> Option<String> {
    let is_exposed = !address.ip().is_loopback();
    is_exposed
        .then(|| format!("mock-scalekit: other machines can reach {what} at {address}: {why}"))
}

/// Names of a catalogue, from JSON.
pub(super) fn by_name<'de, D, T>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    D: serde::Deserializer<'de>,
    T: std::str::FromStr<Err = crate::UnknownName>,
{
    let names = Vec::<String>::deserialize(deserializer)?;
    let parsed = names.iter().map(|name| name.parse());
    parsed
        .collect::<Result<_, _>>()
        .map_err(serde::de::Error::custom)
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    fn settings(options: &[&str]) -> Settings {
        #[derive(Debug, Parser)]
        struct Options {
            #[command(flatten)]
            settings: Settings,
        }
        let options = std::iter::once("mock-scalekit").chain(options.iter().copied());
        Options::try_parse_from(options).unwrap().settings
    }

    #[test]
    fn the_control_api_is_where_the_issuer_is() {
        let public = "--public-url=http://scalekit:8080";
        for (options, bound, url) in [
            (vec![], "127.0.0.1:9", "http://127.0.0.1:9"),
            // There may be a proxy before the issuer, and none before this.
            (vec![public], "127.0.0.1:9", "http://127.0.0.1:9"),
            (
                vec!["--host=0.0.0.0", public],
                "0.0.0.0:9",
                "http://scalekit:9",
            ),
            (vec!["--host=::", public], "[::]:9", "http://scalekit:9"),
            (vec!["--host=10.0.0.7"], "10.0.0.7:9", "http://10.0.0.7:9"),
            (
                vec!["--host=10.0.0.7", public],
                "10.0.0.7:9",
                "http://scalekit:9",
            ),
            (
                vec!["--host=::", "--public-url=http://[fd00::7]:1"],
                "[::]:9",
                "http://[fd00::7]:9",
            ),
        ] {
            let settings = settings(&options);
            assert_eq!(
                settings.check_public_url().map_err(|e| e.to_string()),
                Ok(())
            );
            assert_eq!(settings.beside(bound.parse().unwrap()), url, "{options:?}");
        }
    }

    #[test]
    fn who_can_be_reached_by_others_is_warned() {
        for (address, warned) in [
            ("127.0.0.1:9", false),
            ("127.8.8.8:9", false),
            ("[::1]:9", false),
            ("0.0.0.0:9", true),
            ("[::]:9", true),
            ("10.0.0.7:9", true),
            ("[fe80::7]:9", true),
        ] {
            let text = warning(
                "the issuer",
                address.parse().unwrap(),
                "its keys are public",
            );
            assert_eq!(text.is_some(), warned, "{address}");
            let shown = format!("the issuer at {address}: its keys are public");
            assert!(text.is_none_or(|text| text.ends_with(&shown)));
        }
    }
}

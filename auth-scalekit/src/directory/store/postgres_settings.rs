//! [`PostgresSettings`]: where PostgreSQL is, and how the connection is secured.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use auth_core::support::is_loopback_host;
use secrecy::{ExposeSecret, SecretString};
use sqlx::postgres::{PgConnectOptions, PgSslMode};
use url::Url;

use super::error::{DirectoryStoreError, Problem};

/// The parameters of the URL that are used. sqlx ignores others, and logs them with their values.
const PARAMETERS: [&str; 12] = [
    "application_name",
    "dbname",
    "host",
    "hostaddr",
    "options",
    "password",
    "port",
    "sslcert",
    "sslkey",
    "sslmode",
    "sslrootcert",
    "user",
];

/// How long one statement, and a transaction without one, may take.
const STATEMENT_TIMEOUT: Duration = Duration::from_secs(5);

/// Where PostgreSQL is, and how the connection is secured. Shows no password.
#[derive(Clone)]
#[must_use = "pass the settings to `DirectoryStore::postgres`"]
pub struct PostgresSettings {
    url: SecretString,
    password: Option<SecretString>,
    plain_text: bool,
}

impl PostgresSettings {
    /// PostgreSQL at `postgres://user:password@host:port/database`, with these parameters of its
    /// [connection URIs](https://www.postgresql.org/docs/current/libpq-connect.html): `application_name`, `dbname`, `host`,
    /// `hostaddr`, `options`, `password`, `port`, `sslcert`, `sslkey`, `sslmode`, `sslrootcert`, `user`. To another machine,
    /// the default is `sslmode=verify-full`, and no weaker mode is accepted.
    pub fn new(url: impl Into<String>) -> Self {
        Self {
            url: url.into().into(),
            password: None,
            plain_text: false,
        }
    }

    /// Sets the password; replaces that in the URL.
    pub fn password(mut self, password: impl Into<String>) -> Self {
        self.password = Some(password.into().into());
        self
    }

    /// Connects to another machine by the `sslmode` of the URL, also without TLS: who is on the way reads the password
    /// and the users, and can change who is active.
    pub fn dangerous_plain_text(mut self) -> Self {
        self.plain_text = true;
        self
    }

    /// The options, and how errors name the database.
    pub(super) fn check(&self) -> Result<(PgConnectOptions, Box<str>), DirectoryStoreError> {
        let fail = |database: &str, problem| DirectoryStoreError {
            database: database.into(),
            step: "PostgresSettings",
            problem,
        };
        let url = self.url.expose_secret();
        let parsed = Url::parse(url).ok();
        let mut parameters = parsed.iter().flat_map(Url::query_pairs);
        if let Some((name, _)) = parameters.find(|(name, _)| !PARAMETERS.contains(&&**name)) {
            return Err(fail("of the URL", Problem::Parameter((*name).into())));
        }
        let is_postgres = ["postgres://", "postgresql://"]
            .iter()
            .any(|it| url.starts_with(it));
        let options = PgConnectOptions::from_str(url).ok().filter(|_| is_postgres);
        let Some(mut options) = options else {
            let problem = "is no URL of PostgreSQL: use postgres://user@host:port/database";
            return Err(fail("of the URL", Problem::Setting(problem)));
        };
        let name = options.get_database().unwrap_or("of its user");
        let (host, port) = (options.get_host(), options.get_port());
        let database = format!("{name} at {host}:{port}");
        let is_local =
            options.get_socket().is_some() || host.starts_with('/') || is_loopback_host(host);
        if !is_local && !self.plain_text {
            let is_stated = url.contains("sslmode=");
            if is_stated && !matches!(options.get_ssl_mode(), PgSslMode::VerifyFull) {
                let problem = "has an sslmode other than verify-full for another machine: leave it out, set \
                     sslrootcert for a certificate of a private authority, or call dangerous_plain_text";
                return Err(fail(&database, Problem::Setting(problem)));
            }
            options = options.ssl_mode(PgSslMode::VerifyFull);
        }
        if let Some(password) = &self.password {
            options = options.password(password.expose_secret());
        }
        let timeout = STATEMENT_TIMEOUT.as_millis().to_string();
        let options = options.application_name("auth-scalekit").options([
            ("statement_timeout", timeout.as_str()),
            ("idle_in_transaction_session_timeout", timeout.as_str()),
        ]);
        Ok((options, database.into()))
    }
}

impl fmt::Debug for PostgresSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PostgresSettings")
            .field("plain_text", &self.plain_text)
            .finish_non_exhaustive()
    }
}

//! [`JwtVerifierBuilder`]: the settings of a [`JwtVerifier`].

use std::sync::Arc;
use std::time::Duration;

use auth_core::error::{ConfigError, ConfigErrors};
use auth_core::support::{Clock, SystemClock};
use auth_core::verifier::MAX_LEEWAY;

use super::discovery::Discovery;
use super::token_type::TokenTypes;
use super::verifier::JwtVerifier;
use crate::claims::{
    ClaimNames, ClaimsMapping, DEFAULT_SCOPE_CLAIMS, MAX_NAME_BYTES, Presence, Rules,
};
use crate::jwks::algorithm::Algorithm;
use crate::jwks::{KeySet, KeySource};
use crate::remote::{Answers, FetchUrl, Fetcher, Freshness, Places, Renewal, Source};

/// The default for how far the clocks of issuer and server may differ.
const DEFAULT_LEEWAY: Duration = Duration::from_secs(60);
/// More than a few minutes is no clock skew (RFC 9068 section 4).
/// Real tokens have about 1 KiB; the limit bounds what an attacker can make us parse.
pub(crate) const DEFAULT_MAX_TOKEN_BYTES: usize = 8 * 1024;
/// How long a verified token is reused, unless its key is dropped before.
pub(crate) const DEFAULT_REUSE: Duration = Duration::from_secs(60);
/// A revocation other than by key or expiry takes effect after this time at the latest.
const MAX_REUSE: Duration = Duration::from_secs(60 * 60);
/// The largest allowed limit.
pub(crate) const LARGEST_MAX_TOKEN_BYTES: usize = 16 * 1024;

/// Settings of a [`JwtVerifier`].
#[derive(Debug)]
#[must_use = "call build() to get the verifier"]
pub struct JwtVerifierBuilder {
    issuers: Vec<TrustedIssuer>,
    audiences: Vec<String>,
    algorithms: Vec<Algorithm>,
    types: TokenTypes,
    requires_key_id: bool,
    leeway: Duration,
    max_lifetime: Option<Duration>,
    max_token_bytes: usize,
    claim_names: ClaimNames,
    accepts_bound_tokens: bool,
    permissions_are_scopes: bool,
    reuse: Duration,
    private_addresses: bool,
    clock: Arc<dyn Clock>,
}

#[derive(Debug)]
struct TrustedIssuer {
    names: Vec<String>,
    keys: KeysAt,
}

/// How the location of an issuer's keys is known.
#[derive(Debug)]
enum KeysAt {
    Url(String),
    /// From the metadata of the issuer, which has one name.
    Metadata,
}

impl JwtVerifierBuilder {
    /// Settings without an issuer yet.
    pub(super) fn new<A: Into<String>>(audiences: impl IntoIterator<Item = A>) -> Self {
        Self {
            issuers: Vec::new(),
            audiences: audiences.into_iter().map(Into::into).collect(),
            // Each type of key fits exactly one of them.
            algorithms: vec![
                Algorithm::Rs256,
                Algorithm::Es256,
                Algorithm::Es384,
                Algorithm::EdDsa,
            ],
            types: TokenTypes::default(),
            requires_key_id: false,
            leeway: DEFAULT_LEEWAY,
            max_lifetime: None,
            max_token_bytes: DEFAULT_MAX_TOKEN_BYTES,
            claim_names: ClaimNames {
                client_id: "client_id".into(),
                organization: None,
                scopes: DEFAULT_SCOPE_CLAIMS.map(Into::into).to_vec(),
            },
            accepts_bound_tokens: false,
            permissions_are_scopes: false,
            reuse: DEFAULT_REUSE,
            private_addresses: false,
            clock: Arc::new(SystemClock::new()),
        }
    }

    /// Trusts another issuer, under one or more names, with its own keys. Keys are never mixed: a
    /// key of one issuer verifies no token that names another.
    pub fn also_trust<I: Into<String>>(
        mut self,
        issuers: impl IntoIterator<Item = I>,
        jwks_url: impl Into<String>,
    ) -> Self {
        self.issuers.push(TrustedIssuer {
            names: issuers.into_iter().map(Into::into).collect(),
            keys: KeysAt::Url(jwks_url.into()),
        });
        self
    }

    /// Trusts another issuer, whose metadata names the location of its keys; see [`JwtVerifier::discover`].
    pub fn also_discover(mut self, issuer: impl Into<String>) -> Self {
        self.issuers.push(TrustedIssuer {
            names: vec![issuer.into()],
            keys: KeysAt::Metadata,
        });
        self
    }

    /// The accepted algorithms. Default: RS256, ES256, ES384 and EdDSA.
    pub fn algorithms(mut self, algorithms: impl IntoIterator<Item = Algorithm>) -> Self {
        self.algorithms = algorithms.into_iter().collect();
        self
    }

    /// The accepted `typ`. Default: [`TokenTypes::AtJwtOrUntyped`].
    pub fn token_types(mut self, types: TokenTypes) -> Self {
        self.types = types;
        self
    }

    /// Refuses a token without a `kid`, even while the issuer has one key. Default: that key is used, as
    /// `kid` is optional
    /// ([RFC 7515 section 4.1.4](https://www.rfc-editor.org/rfc/rfc7515#section-4.1.4)); with several
    /// keys for the algorithm, a token without a `kid` is refused anyway.
    pub fn require_key_id(mut self) -> Self {
        self.requires_key_id = true;
        self
    }

    /// How far the clocks of issuer and server may differ: 0 to 300 s, default 60 s.
    pub fn leeway(mut self, leeway: Duration) -> Self {
        self.leeway = leeway;
        self
    }

    /// The longest accepted time from `iat` to `exp`; tokens without `iat` are then refused.
    /// Default: no limit.
    pub fn max_lifetime(mut self, lifetime: Duration) -> Self {
        self.max_lifetime = Some(lifetime);
        self
    }

    /// The longest accepted token, in bytes: 1 to 16 KiB, default 8 KiB. A longer one is answered
    /// with 400, before anything of it is read or hashed.
    pub fn max_token_bytes(mut self, bytes: usize) -> Self {
        self.max_token_bytes = bytes;
        self
    }

    /// The claims to read scopes from: only the first one that is present is used. A string is
    /// separated by spaces, an array holds one scope per item. Default: `scope`, `scp`, `scopes`.
    pub fn scope_claims<T: Into<String>>(mut self, names: impl IntoIterator<Item = T>) -> Self {
        self.claim_names.scopes = names.into_iter().map(Into::into).collect();
        self
    }

    /// The claim that names the client. Default: `client_id`; some issuers use `azp`.
    pub fn client_id_claim(mut self, name: impl Into<String>) -> Self {
        self.claim_names.client_id = name.into();
        self
    }

    /// The claim that names the organization (tenant). Default: none.
    pub fn organization_claim(mut self, name: impl Into<String>) -> Self {
        self.claim_names.organization = Some(name.into());
        self
    }

    /// Accepts tokens that are bound to a key (`cnf`), for an
    /// [`AuthLayer`](auth_core::layer::AuthLayer) to check the proof: without a
    /// [`ProofVerifier`](auth_core::proof::ProofVerifier) it refuses them. A caller that uses the verifier without the layer
    /// must check [`VerifiedToken::confirmation`](auth_core::token::VerifiedToken::confirmation). Default: bound tokens are
    /// refused.
    pub fn accept_bound_tokens(mut self) -> Self {
        self.accepts_bound_tokens = true;
        self
    }

    /// Grants the permissions of the token (claim `permissions`) as scopes too. The permissions of a
    /// user are usually more than those that the user has consented to for this client, so the client
    /// can then do all that its user may do. Default: only scopes are scopes; see
    /// [`RequirePermission`](auth_core::policy::RequirePermission) for permissions.
    pub fn permissions_as_scopes(mut self) -> Self {
        self.permissions_are_scopes = true;
        self
    }

    /// How long a verified token may be reused without checking its signature again, and not past its own
    /// expiry: up to 1 h, default 60 s; zero checks every signature. It ends at once when the issuer drops the
    /// key. Verified tokens are cached by the layer ([`auth_core::verifier::TokenCache`]).
    pub fn reuse_tokens_for(mut self, time: Duration) -> Self {
        self.reuse = time;
        self
    }

    /// Also fetches keys from private addresses, for an issuer on a private network. Loopback is allowed
    /// without it if the URL names it.
    pub fn allow_private_addresses(mut self) -> Self {
        self.private_addresses = true;
        self
    }

    /// Sets the clock that the age of keys is measured with. Default: the operating system's.
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// Validates all settings.
    ///
    /// It does not wait for the network, and an issuer that is down is no error. Inside a tokio runtime the keys
    /// are fetched in the background from here on; a verifier that is built outside of one begins
    /// with the first [`ready`](auth_core::verifier::TokenVerifier::ready), or the first token that needs a key.
    ///
    /// # Errors
    ///
    /// [`ConfigErrors`] with every error.
    pub fn build(self) -> Result<JwtVerifier, ConfigErrors> {
        let mut errors = ConfigErrors::default();
        self.vet(&mut errors);
        let mut prepared = Vec::new();
        for issuer in &self.issuers {
            prepared.extend(self.key_places(issuer, &mut errors));
        }
        errors.into_result()?;
        // Only after validation: what is created here begins to fetch.
        let answers = Answers::of(prepared.len());
        let mut keys: Vec<KeySource> = Vec::with_capacity(prepared.len());
        for (places, fetcher) in prepared {
            let same = keys.iter().find(|keys| keys.is_at(&places)).cloned();
            keys.push(same.unwrap_or_else(|| self.keys(&answers, places, fetcher)));
        }
        let names = |issuer: TrustedIssuer| issuer.names.into_iter().map(Arc::from).collect();
        let rules = Rules {
            issuers: self.issuers.into_iter().map(names).collect(),
            audiences: self.audiences,
            leeway: self.leeway,
            max_lifetime: self.max_lifetime,
            presence: Presence::ALL,
            accepts_bound_tokens: self.accepts_bound_tokens,
        };
        Ok(JwtVerifier {
            claim_names: self.claim_names,
            mapping: ClaimsMapping::new(self.permissions_are_scopes),
            rules,
            algorithms: self.algorithms,
            types: self.types,
            requires_key_id: self.requires_key_id,
            max_token_bytes: self.max_token_bytes,
            keys,
            reuse: self.reuse,
        })
    }

    /// The location of an issuer's keys, and the client that fetches them.
    fn key_places(
        &self,
        issuer: &TrustedIssuer,
        errors: &mut ConfigErrors,
    ) -> Option<(Places, Fetcher)> {
        match &issuer.keys {
            KeysAt::Url(url) => {
                let url = FetchUrl::parse(url, self.private_addresses);
                let url = errors.collect("jwks_url", url)?;
                let fetcher = Fetcher::new(self.private_addresses || url.is_loopback())
                    .map_err(|error| format!("cannot be set up: {error}"));
                let fetcher = errors.collect("TLS", fetcher)?;
                Some((Places::Known(vec![url.as_str().into()]), fetcher))
            }
            KeysAt::Metadata => {
                let name = issuer.names.first()?;
                let clock = Arc::clone(&self.clock);
                let discovery = Discovery::of(name, self.private_addresses, clock);
                let discovery = errors.collect("issuer", discovery)?;
                Some((discovery.places, discovery.fetcher))
            }
        }
    }

    fn keys(&self, answers: &Answers<KeySet>, places: Places, fetcher: Fetcher) -> KeySource {
        let algorithms = self.algorithms.clone();
        KeySource::new(Source::new(
            answers,
            places,
            fetcher,
            Freshness::default(),
            Renewal::InBackground,
            Arc::clone(&self.clock),
            move |json| KeySet::parse(&json, &algorithms),
        ))
    }

    fn vet(&self, errors: &mut ConfigErrors) {
        vet_leeway(errors, self.leeway);
        vet_max_token_bytes(errors, self.max_token_bytes);
        vet_reuse(errors, self.reuse);
        let mut fault = |setting: &'static str, problem: &str| {
            errors.push(ConfigError::new(setting, problem));
        };
        let names: Vec<_> = self
            .issuers
            .iter()
            .flat_map(|issuer| &issuer.names)
            .collect();
        if self.issuers.iter().any(|issuer| issuer.names.is_empty())
            || names.iter().any(|name| name.is_empty())
        {
            fault(
                "issuers",
                "must each have at least one name: use the iss of its tokens",
            );
        }
        let twice = |(index, name)| names.iter().take(index).any(|other| other == name);
        if names.iter().enumerate().any(twice) {
            fault("issuers", "must have names that are unique across issuers");
        }
        if self.audiences.is_empty() || self.audiences.iter().any(String::is_empty) {
            fault(
                "audiences",
                "must not be empty: tokens for others would be accepted",
            );
        }
        let names = &self.claim_names;
        let in_order = |name: &String| (1..=MAX_NAME_BYTES).contains(&name.len());
        for (setting, is_in_order) in [
            ("scope_claims", names.scopes.iter().all(in_order)),
            ("client_id_claim", in_order(&names.client_id)),
            (
                "organization_claim",
                names.organization.iter().all(in_order),
            ),
        ] {
            if !is_in_order {
                fault(setting, "must be names of claims, of 1 to 256 bytes");
            }
        }
        if self.algorithms.is_empty() {
            fault(
                "algorithms",
                "must not be empty: name what the issuer signs with",
            );
        }
    }
}

/// Limits the reuse of a token.
pub(crate) fn vet_reuse(errors: &mut ConfigErrors, time: Duration) {
    if time > MAX_REUSE {
        let problem = "must be 1 h at most: a revoked token works for that long";
        errors.push(ConfigError::new("reuse_tokens_for", problem));
    }
}

/// Refuses a limit that would let an attacker make us parse too much, and one that admits no token.
pub(crate) fn vet_max_token_bytes(errors: &mut ConfigErrors, bytes: usize) {
    if !(1..=LARGEST_MAX_TOKEN_BYTES).contains(&bytes) {
        let problem = format!("must be 1 to {LARGEST_MAX_TOKEN_BYTES}");
        errors.push(ConfigError::new("max_token_bytes", problem));
    }
}

/// Limits the leeway to a plausible clock skew.
pub(crate) fn vet_leeway(errors: &mut ConfigErrors, leeway: Duration) {
    if leeway > MAX_LEEWAY {
        let problem = "must be 300 s at most: correct the clock instead";
        errors.push(ConfigError::new("leeway", problem));
    }
}

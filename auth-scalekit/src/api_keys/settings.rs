//! [`ApiKeys`]: which keys are accepted, and what they may do.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use auth_core::error::{ConfigError, ConfigErrors};
use auth_core::revocation::Revocations;
use auth_core::support::Clock;
use auth_core::token::Scopes;

use super::binding::Binding;
use super::grant::Grant;
use super::key_format::KeyFormat;
use super::scalekit::ScalekitKeys;
use super::token::KeyRules;
use super::verifier::ApiKeyVerifier;
use crate::lookup::{Caching, Lookup, LookupSettings, MAX_CALLS, MIN_CALLS, TokenFormat};
use crate::management::Management;

const DEFAULT_REUSE: Duration = Duration::from_secs(60);
/// An invalidated key is accepted for this long.
const MAX_REUSE: Duration = Duration::from_secs(60);
/// How long a key that was refused is refused again without a call: one that is created a moment later is accepted soon.
const REFUSED_TTL: Duration = Duration::from_secs(10);
const DEFAULT_CALLS: usize = 64;
const DEFAULT_UNKNOWN_PER_MINUTE: u32 = 120;
const MAX_UNKNOWN_PER_MINUTE: u32 = 60_000;

/// Settings of an [`ApiKeyVerifier`]. At least one of [`for_organizations`](Self::for_organizations),
/// [`for_claim`](Self::for_claim) and [`for_roles`](Self::for_roles) is required; a key must satisfy all that are set.
#[derive(Clone)]
#[must_use = "give it to ScalekitBuilder::api_keys"]
pub struct ApiKeys {
    binding: Binding,
    accepts_all: bool,
    claim: Option<String>,
    roles: Vec<(String, Vec<String>)>,
    format: KeyFormat,
    reuse: Duration,
    max_concurrent_calls: usize,
    unknown_per_minute: u32,
}

/// Validated settings.
pub(crate) struct VettedKeys {
    rules: (Binding, Grant),
    format: KeyFormat,
    caching: Caching,
    max_concurrent_calls: usize,
    unknown_per_minute: u32,
}

impl ApiKeys {
    /// The defaults, which accept no key.
    pub fn new() -> Self {
        Self {
            binding: Binding::default(),
            accepts_all: false,
            claim: None,
            roles: Vec::new(),
            format: KeyFormat::default(),
            reuse: DEFAULT_REUSE,
            max_concurrent_calls: DEFAULT_CALLS,
            unknown_per_minute: DEFAULT_UNKNOWN_PER_MINUTE,
        }
    }

    /// Accepts the keys of these organizations (`org_…`), at least one.
    pub fn for_organizations<T: Into<String>>(mut self, ids: impl IntoIterator<Item = T>) -> Self {
        let known = self.binding.organizations.get_or_insert_default();
        known.extend(ids.into_iter().map(Into::into));
        self
    }

    /// Accepts the keys that have this custom claim with exactly this value. For several claims, all are required.
    pub fn for_claim(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.binding.claims.push((name.into(), value.into()));
        self
    }

    /// Accepts the keys that have one of these roles, at least one.
    pub fn for_roles<T: Into<String>>(mut self, names: impl IntoIterator<Item = T>) -> Self {
        let known = self.binding.roles.get_or_insert_default();
        known.extend(names.into_iter().map(Into::into));
        self
    }

    /// Accepts every key of the environment.
    ///
    /// Dangerous, because a key has no audience: whatever server of the environment gets a key can use it here. Use it
    /// only if this server is the only one in its environment that takes keys.
    pub fn dangerous_accept_keys_for_any_server(mut self) -> Self {
        self.accepts_all = true;
        self
    }

    /// Grants the scopes in a custom claim of the key, separated by spaces. The creator of a key sets its
    /// claims. Default: keys have no scopes but those of their roles.
    pub fn scopes_claim(mut self, name: impl Into<String>) -> Self {
        self.claim = Some(name.into());
        self
    }

    /// Grants these scopes to the keys that have this role.
    pub fn scopes_of_role<T: Into<String>>(
        mut self,
        role: impl Into<String>,
        scopes: impl IntoIterator<Item = T>,
    ) -> Self {
        let scopes = scopes.into_iter().map(Into::into).collect();
        self.roles.push((role.into(), scopes));
        self
    }

    /// Which strings can be keys, of those with 16 to 512 letters, digits, `-` and `_`; others are refused without a call.
    /// It must return `true` for every key that Scalekit may issue. Default: all.
    pub fn key_format(
        mut self,
        is_possible: impl Fn(&str) -> bool + Send + Sync + 'static,
    ) -> Self {
        self.format.further = TokenFormat::new("key_format", is_possible);
        self
    }

    /// How long an accepted key is accepted again without a call: up to 60 s, which is the default; zero for a call
    /// about each request. An invalidated key is accepted for that long.
    pub fn reuse_for(mut self, time: Duration) -> Self {
        self.reuse = time;
        self
    }

    /// The most concurrent calls about keys: 4 to 4096, default 64. Half of them is reserved for keys that were accepted
    /// within the last hour.
    pub fn max_concurrent_calls(mut self, calls: usize) -> Self {
        self.max_concurrent_calls = calls;
        self
    }

    /// The most calls a minute about keys that were not accepted within the last hour: 1 to 60,000, default 120; and as
    /// many for those of them that are sent again after a 503. Further ones are 503 with `Retry-After`.
    ///
    /// Scalekit limits the calls of an environment by an account's plan. Invented keys use up this budget, and not the
    /// calls for keys that were accepted before. Raise it if many clients with different keys start at once.
    pub fn unknown_keys_per_minute(mut self, calls: u32) -> Self {
        self.unknown_per_minute = calls;
        self
    }

    /// Validates the settings; errors are added to `errors`.
    pub(crate) fn vet(self, errors: &mut ConfigErrors) -> Option<VettedKeys> {
        let mut expect = |good: bool, setting: &'static str, problem: &str| {
            if !good {
                errors.push(ConfigError::new(setting, problem));
            }
        };
        let is_bound = !self.binding.is_empty();
        expect(
            is_bound || self.accepts_all,
            "api_keys",
            "are for no server: call for_organizations, for_claim or for_roles",
        );
        expect(
            !(is_bound && self.accepts_all),
            "api_keys",
            "are for this server alone and for any: take out dangerous_accept_keys_for_any_server",
        );
        let is_id = |id: &String| id.starts_with("org_") && id.len() > "org_".len();
        let are_ids = |ids: &Vec<String>| !ids.is_empty() && ids.iter().all(is_id);
        expect(
            self.binding.organizations.as_ref().is_none_or(are_ids),
            "api_keys.for_organizations",
            "must be ids of organizations (org_…), at least one; not their names or external ids",
        );
        let claims = self.binding.claims.iter();
        expect(
            claims
                .clone()
                .all(|(name, value)| is_stated(name) && is_stated(value)),
            "api_keys.for_claim",
            EMPTY,
        );
        let contradicts = |(name, value): &(String, String)| {
            let mut others = claims.clone();
            others.any(|(other, another)| name == other && value != another)
        };
        expect(
            !claims.clone().any(contradicts),
            "api_keys.for_claim",
            "requires two values of the same claim, which no key has",
        );
        let are_names =
            |names: &Vec<String>| !names.is_empty() && names.iter().all(|name| is_stated(name));
        expect(
            self.binding.roles.as_ref().is_none_or(are_names),
            "api_keys.for_roles",
            "must be names of roles, at least one",
        );
        expect(
            self.claim.as_deref().is_none_or(is_stated),
            "api_keys.scopes_claim",
            EMPTY,
        );
        expect(
            self.reuse <= MAX_REUSE,
            "api_keys.reuse_for",
            "must be 60 s at most: an invalidated key is accepted for that long",
        );
        expect(
            (MIN_CALLS..=MAX_CALLS).contains(&self.max_concurrent_calls),
            "api_keys.max_concurrent_calls",
            &format!("must be {MIN_CALLS} to {MAX_CALLS}"),
        );
        expect(
            (1..=MAX_UNKNOWN_PER_MINUTE).contains(&self.unknown_per_minute),
            "api_keys.unknown_keys_per_minute",
            &format!("must be 1 to {MAX_UNKNOWN_PER_MINUTE}"),
        );
        let roles = self.roles.into_iter().map(scopes_of_role).collect();
        let roles = errors.collect("api_keys.scopes_of_role", roles)?;
        let grant = Grant {
            claim: self.claim,
            roles,
        };
        Some(VettedKeys {
            rules: (self.binding, grant),
            format: self.format,
            caching: Caching::new().ttl(self.reuse).refused_ttl(REFUSED_TTL),
            max_concurrent_calls: self.max_concurrent_calls,
            unknown_per_minute: self.unknown_per_minute,
        })
    }
}

const EMPTY: &str = "must not be empty";

fn is_stated(text: &str) -> bool {
    !text.trim().is_empty()
}

fn scopes_of_role((role, scopes): (String, Vec<String>)) -> Result<(String, Scopes), String> {
    if !is_stated(&role) {
        return Err("has a role without a name".into());
    }
    match Scopes::new(&scopes) {
        Ok(scopes) if scopes.is_empty() => Err(format!("has no scopes for the role {role:?}")),
        Ok(scopes) => Ok((role, scopes)),
        Err(error) => Err(format!("of the role {role:?}: {error}")),
    }
}

impl VettedKeys {
    /// Whether keys have any scopes.
    pub(crate) fn grant_scopes(&self) -> bool {
        !self.rules.1.is_empty()
    }

    /// The verifier of the keys of an environment.
    pub(crate) fn verifier(
        self,
        environment: &str,
        management: Management,
        revocations: Arc<dyn Revocations>,
        clock: Arc<dyn Clock>,
    ) -> ApiKeyVerifier {
        let (binding, grant) = self.rules;
        let scalekit = ScalekitKeys {
            management,
            rules: KeyRules {
                issuer: environment.into(),
                binding,
                grant,
                revocations,
            },
        };
        let settings = LookupSettings {
            name: "API keys of Scalekit",
            caching: &self.caching,
            max_concurrent_calls: self.max_concurrent_calls,
            unknown_per_minute: Some(self.unknown_per_minute),
            clock,
        };
        ApiKeyVerifier {
            format: self.format,
            lookup: Lookup::new(scalekit, settings),
        }
    }
}

impl Default for ApiKeys {
    fn default() -> Self {
        Self::new()
    }
}

/// Shows no values, which may be names of customers.
impl fmt::Debug for ApiKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ApiKeys").finish_non_exhaustive()
    }
}

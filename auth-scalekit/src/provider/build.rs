//! [`ScalekitBuilder::build`]: validates all settings, and makes the [`ScalekitProvider`] of them.

use std::sync::Arc;
use std::time::Duration;

use auth_core::error::{ConfigError, ConfigErrors};
use auth_core::provider::{ProtectedResourceMetadata, PublicUrl};
use auth_core::revocation::{MemoryRevocations, RevocationStore};
use auth_core::support::Clock;

use super::builder::ScalekitBuilder;
use super::resource_id::ResourceId;
use super::server_metadata::ServerMetadata;
use super::setting::{environment_url, scopes, vet};
use super::{Parts, ScalekitProvider};
use crate::jwt::{Algorithm, JwtVerifier, vet_leeway, vet_max_token_bytes, vet_reuse};
#[cfg(feature = "api-keys")]
use crate::management::NOT_SET_UP;
use crate::management::{Management, ManagementSettings};
use crate::remote::{Fetcher, METADATA_PATH};
use crate::revocation::{Revoker, ScalekitSessions};

impl ScalekitBuilder {
    /// Validates all settings. It does not wait for the network: the keys are fetched in the background, as
    /// those of a [`JwtVerifier`] are; see [`ready`](auth_core::verifier::TokenVerifier::ready).
    ///
    /// # Errors
    ///
    /// [`ConfigErrors`] with every error, each under the name of its setting.
    pub fn build(self) -> Result<ScalekitProvider, ConfigErrors> {
        let mut errors = ConfigErrors::default();
        let environment = vet(&mut errors, &self.environment_url, environment_url);
        let resource_id = vet(&mut errors, &self.resource_id, |text| {
            ResourceId::parse(text).map_err(|error| error.to_string())
        });
        let mcp_url = vet(&mut errors, &self.mcp_url, |text| {
            PublicUrl::parse(text).map_err(|error| error.to_string())
        });
        let required = vet(&mut errors, &self.required_scopes, scopes);
        let supported = self.scopes_supported.map_or_else(
            || required.clone(),
            |texts| errors.collect("scopes_supported", scopes(&texts.join(" "))),
        );
        if let Some(leeway) = self.leeway {
            vet_leeway(&mut errors, leeway);
        }
        if let Some(bytes) = self.max_token_bytes {
            vet_max_token_bytes(&mut errors, bytes);
        }
        vet_reuse(&mut errors, self.reuse);
        let credentials = self.credentials.ok().and_then(|it| it.vet(&mut errors));
        #[cfg(feature = "api-keys")]
        let keys = self.api_keys.and_then(|keys| keys.vet(&mut errors));
        #[cfg(feature = "api-keys")]
        if let Some(keys) = &keys {
            if credentials.is_none() {
                let problem = format_args!("need the management API: {NOT_SET_UP}");
                errors.push(ConfigError::new("api_keys", problem));
            }
            if !keys.grant_scopes() && required.as_ref().is_some_and(|it| !it.is_empty()) {
                errors.push(ConfigError::new("api_keys", NO_SCOPES));
            }
        }
        Revoker::vet_clock_skew(&mut errors, self.revocation_clock_skew);
        ScalekitSessions::vet_cache(&mut errors, self.live_session_cache);
        let (Some(environment), Some(resource_id), Some(mcp_url), Some(required), Some(supported)) =
            (environment, resource_id, mcp_url, required, supported)
        else {
            return Err(errors);
        };
        errors.into_result()?;

        let server = resource_id.authorization_server(&environment);
        let issuers = [environment.to_string(), server.clone()];
        let mut verifier = JwtVerifier::builder(
            issuers.clone(),
            [resource_id.as_str()],
            format!("{environment}/keys"),
        )
        .algorithms([Algorithm::Rs256])
        .organization_claim("oid")
        .reuse_tokens_for(self.reuse)
        .clock(Arc::clone(&self.clock));
        if let Some(leeway) = self.leeway {
            verifier = verifier.leeway(leeway);
        }
        if let Some(lifetime) = self.max_lifetime {
            verifier = verifier.max_lifetime(lifetime);
        }
        if let Some(bytes) = self.max_token_bytes {
            verifier = verifier.max_token_bytes(bytes);
        }
        if self.private_addresses {
            verifier = verifier.allow_private_addresses();
        }
        if self.accepts_bound_tokens {
            verifier = verifier.accept_bound_tokens();
        }
        if self.permissions_are_scopes {
            verifier = verifier.permissions_as_scopes();
        }
        let verifier = verifier.build()?;
        let private = self.private_addresses || environment.is_loopback();
        let management = match credentials {
            Some((client_id, client_secret)) => Some(Management::new(ManagementSettings {
                environment: &environment,
                client_id,
                client_secret,
                private,
                clock: Arc::clone(&self.clock),
            })?),
            None => None,
        };
        let revoker = Revoker {
            issuer: environment.as_str().into(),
            store: self
                .revocations
                .unwrap_or_else(|| in_memory(&self.clock, self.max_lifetime)),
            clock_skew: self.revocation_clock_skew,
            clock: Arc::clone(&self.clock),
            management,
        };
        #[cfg(feature = "api-keys")]
        let keys = keys.zip(revoker.management.clone());
        #[cfg(feature = "api-keys")]
        let keys = keys.map(|(keys, management)| {
            let (store, clock) = (Arc::clone(&revoker.store), Arc::clone(&self.clock));
            keys.verifier(environment.as_str(), management, store, clock)
        });
        let live_sessions = revoker.management.clone().map(|management| {
            let (store, issuer) = (Arc::clone(&revoker.store), revoker.issuer.clone());
            let clock = Arc::clone(&self.clock);
            ScalekitSessions::new(management, store, issuer, self.live_session_cache, clock)
        });
        let server_metadata = if self.forward_server_metadata {
            let fetcher = Fetcher::new(private)
                .map_err(|error| ConfigError::new("TLS", format!("cannot be set up: {error}")))?;
            let urls = vec![
                // The form of RFC 8414, and the one that Scalekit's own tools use.
                format!("{environment}{}/resources/{resource_id}", METADATA_PATH),
                format!("{server}{}", METADATA_PATH),
            ];
            Some(ServerMetadata::fetched(urls, issuers, fetcher, self.clock))
        } else {
            None
        };
        let mut metadata = ProtectedResourceMetadata::new(mcp_url, [server]);
        metadata.scopes_supported = supported;
        metadata.resource_name = self.resource_name;
        metadata.resource_documentation = self.resource_documentation;
        Ok(ScalekitProvider::from_parts(Parts {
            environment,
            metadata,
            required_scopes: required,
            policies: self.policies,
            verifier,
            server_metadata,
            revoker,
            live_sessions,
            #[cfg(feature = "api-keys")]
            keys,
        }))
    }
}

#[cfg(feature = "api-keys")]
const NO_SCOPES: &str = "have no scopes, but required_scopes are set, so that no key could do anything: call \
     scopes_claim or scopes_of_role";

/// The default store.
fn in_memory(clock: &Arc<dyn Clock>, max_lifetime: Option<Duration>) -> Arc<dyn RevocationStore> {
    let longest = MemoryRevocations::DEFAULT_MAX_TOKEN_LIFETIME;
    let lifetime = max_lifetime.unwrap_or_default().max(longest);
    let store = MemoryRevocations::with_clock(Arc::clone(clock));
    Arc::new(store.with_max_token_lifetime(lifetime))
}

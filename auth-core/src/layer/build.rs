//! [`AuthLayerBuilder::build`]: validates all settings, and makes the [`Guard`] of them.

use super::AuthLayer;
use super::builder::{AuthLayerBuilder, Sessions};
use super::guard::Guard;
use super::host::AllowedHosts;
use super::origin::AllowedOrigins;
use super::paths::Paths;
use super::stream_rules::StreamRules;
use crate::audit::Recorder;
use crate::error::{ConfigError, ConfigErrors, ErrorChain};
use crate::operation::BodyBudget;
use crate::policy::{OperationPolicy, Policy, RequireScopes, all_of};
use crate::provider::{
    AuthProvider, DocumentSource, ProtectedResourceMetadata, PublicDocument, WELL_KNOWN_SUFFIX,
};
use crate::session::{SessionBinding, SessionKey};
use crate::support::NoRandomBytes;
use crate::token::Scopes;
use crate::verifier::VerifiedTokens;
use crate::wire::{ChallengeWriter, well_known};

impl AuthLayerBuilder {
    /// Validates the settings and builds the layer.
    ///
    /// # Errors
    ///
    /// [`ConfigErrors`], all of them at once: no authorization server; `offline_access` among the
    /// scopes of the resource, which is a scope of the authorization server; a document whose path
    /// is not absolute or is taken; a public route or an exempt path that is not a plain path, or
    /// is the MCP endpoint, also as a nested router sees it; a metadata document that is not JSON;
    /// a recheck interval of less than 1 s; a policy that needs a live session without
    /// [`live_sessions`](Self::live_sessions), or a member without a [`directory`](Self::directory); no random bytes for a key.
    pub fn build(self) -> Result<AuthLayer, ConfigErrors> {
        guard(self).map(AuthLayer::of)
    }
}

fn guard(builder: AuthLayerBuilder) -> Result<Guard, ConfigErrors> {
    let mut errors = ConfigErrors::default();
    let metadata = builder.provider.metadata();
    check_metadata(metadata, builder.provider.required_scopes(), &mut errors);
    let json = serialized(metadata, &mut errors);
    check_paths(&builder, metadata, &mut errors);
    check_streams(builder.streams.as_ref(), &mut errors);
    check_policies(&builder, &mut errors);
    let always_live = check_live_sessions(&builder, &mut errors);
    let always_member = check_directory(&builder, &mut errors);
    let sessions = session_binding(builder.sessions, &mut errors);
    let verified = VerifiedTokens::new(builder.token_cache);
    let verified = verified.unwrap_or_else(|error| {
        errors.push(no_key("token_cache", &error));
        None
    });
    let mut metadata_paths = vec![metadata.path()];
    if builder.root_alias {
        metadata_paths.push(format!("/.well-known/{WELL_KNOWN_SUFFIX}"));
    }
    let documents = builder.provider.documents();
    check_documents(
        documents.iter().map(|document| document.path()),
        &metadata_paths,
        &mut errors,
    );
    errors.into_result()?;

    let mut operations = builder.operations;
    if builder.check_bodies || !builder.authorizers.is_empty() {
        let operations = operations.get_or_insert_with(OperationPolicy::without_rules);
        if builder.authorizers.iter().any(|it| it.needs_arguments()) {
            operations.keep_all_arguments();
        }
        if builder.check_bodies {
            operations.read_every_body();
        }
    }
    let hosts = if builder.any_host {
        AllowedHosts::any()
    } else {
        AllowedHosts::for_resource(&metadata.resource)
    };
    let required = builder.provider.required_scopes().clone();
    let policies = all_of(builder.policies);
    let provider_policy = builder.provider.policy();
    let provider_scopes = provider_policy.map(Policy::scopes).unwrap_or_default();
    let scopes = required.union(&provider_scopes).union(&policies.scopes());
    let origins = builder
        .origins
        .unwrap_or_else(|| AllowedOrigins::for_resource(&metadata.resource));
    Ok(Guard {
        metadata_paths,
        metadata: PublicDocument::new(json, well_known::METADATA_MAX_AGE),
        documents,
        challenges: ChallengeWriter::new(&metadata.url(), scopes),
        hosts,
        origins,
        public_routes: builder.public_routes,
        anonymous: builder.anonymous,
        required: RequireScopes::or_nothing(required),
        policies,
        operations,
        anonymous_bodies: BodyBudget::new(builder.anonymous_body_budget),
        authorizers: builder.authorizers,
        hierarchy: builder.hierarchy,
        strategy: builder.strategy,
        sessions,
        streams: builder.streams,
        passes_token_on: builder.passes_token_on,
        recorder: Recorder::new(&metadata.resource, builder.sinks),
        verified,
        proofs: builder.proofs,
        revocations: builder
            .revocations
            .or_else(|| builder.provider.revocations()),
        live_sessions: builder.live_sessions,
        always_live,
        directory: builder.directory,
        always_member,
        clock: builder.clock,
        provider: builder.provider,
    })
}

fn check_metadata(
    metadata: &ProtectedResourceMetadata,
    required: &Scopes,
    errors: &mut ConfigErrors,
) {
    if metadata.authorization_servers.is_empty() {
        errors.push(ConfigError::new(
            "authorization_servers",
            "is empty: name at least one issuer, or no client can obtain a token",
        ));
    }
    for (setting, scopes) in [
        ("required_scopes", required),
        ("scopes_supported", &metadata.scopes_supported),
    ] {
        if scopes.contains("offline_access") {
            errors.push(ConfigError::new(
                setting,
                "must not contain \"offline_access\", a scope of the authorization server: remove it",
            ));
        }
    }
}

fn serialized(metadata: &ProtectedResourceMetadata, errors: &mut ConfigErrors) -> Vec<u8> {
    serde_json::to_vec(metadata).unwrap_or_else(|error| {
        let text = format!("cannot be written as JSON: {error}");
        errors.push(ConfigError::new("metadata", text));
        Vec::new()
    })
}

/// The paths that settings exclude from protection.
fn check_paths(
    builder: &AuthLayerBuilder,
    metadata: &ProtectedResourceMetadata,
    errors: &mut ConfigErrors,
) {
    let paths = Paths::new(metadata.resource.path(), builder.full_paths);
    let routes = builder.public_routes.paths();
    let routes = routes.map(|path| ("public_route", path));
    let operations = builder.operations.iter();
    let exempt = operations.flat_map(OperationPolicy::exempt_paths);
    for (setting, path) in routes.chain(exempt.map(|path| ("exempt_path", path))) {
        if let Err(error) = paths.vet(setting, path) {
            errors.push(error);
        }
    }
}

fn check_streams(streams: Option<&StreamRules>, errors: &mut ConfigErrors) {
    if streams.is_some_and(|rules| rules.recheck_every < StreamRules::MIN_RECHECK) {
        errors.push(ConfigError::new(
            "recheck_streams_every",
            "is less than 1 s: use at least 1 s",
        ));
    }
}

/// A policy that every request must pass sees no operation, so it cannot decide by arguments.
fn check_policies(builder: &AuthLayerBuilder, errors: &mut ConfigErrors) {
    let mut check = |setting, needs_arguments: bool| {
        if needs_arguments {
            let problem =
                "needs the arguments of an operation: add it to a rule about a tool or prompt";
            errors.push(ConfigError::new(setting, problem));
        }
    };
    for policy in &builder.policies {
        check("policy", policy.needs_arguments());
    }
    let of_provider = builder.provider.policy();
    check(
        "provider policy",
        of_provider.is_some_and(Policy::needs_arguments),
    );
}

/// Whether a policy of every request needs a live session. An error if any policy does, and nothing can be asked.
fn check_live_sessions(builder: &AuthLayerBuilder, errors: &mut ConfigErrors) -> bool {
    let always = policies_of_all(builder).any(Policy::needs_live_session);
    let operations = builder.operations.as_ref();
    let sometimes = operations.is_some_and(OperationPolicy::has_live_rules);
    if (always || sometimes) && builder.live_sessions.is_none() {
        let problem =
            "is not set, but a policy needs it: call live_sessions, or remove session_is_live";
        errors.push(ConfigError::new("live_sessions", problem));
    }
    always
}

/// Whether a policy of every request needs the member that the caller is. An error if any policy does, and there is no
/// directory.
fn check_directory(builder: &AuthLayerBuilder, errors: &mut ConfigErrors) -> bool {
    let always = policies_of_all(builder).any(Policy::needs_member);
    let operations = builder.operations.as_ref();
    let sometimes = operations.is_some_and(OperationPolicy::has_member_rules);
    if (always || sometimes) && builder.directory.is_none() {
        let problem = "is not set, but a policy needs it: call directory, or remove active_member and in_group";
        errors.push(ConfigError::new("directory", problem));
    }
    always
}

/// The policies of every request, whichever operation it is about.
fn policies_of_all(builder: &AuthLayerBuilder) -> impl Iterator<Item = &dyn Policy> {
    let of_provider = builder.provider.policy().into_iter();
    of_provider.chain(builder.policies.iter().map(AsRef::as_ref))
}

fn session_binding(sessions: Sessions, errors: &mut ConfigErrors) -> Option<SessionBinding> {
    match sessions {
        Sessions::Bound(binding) => Some(binding),
        Sessions::Unbound => None,
        Sessions::Own => match SessionKey::random() {
            Ok(key) => Some(SessionBinding::new(key)),
            Err(error) => {
                errors.push(no_key("sessions", &error));
                None
            }
        },
    }
}

fn no_key(setting: &'static str, error: &NoRandomBytes) -> ConfigError {
    let text = format!("cannot generate a random key: {}", ErrorChain(error));
    ConfigError::new(setting, text)
}

fn check_documents<'a>(
    documents: impl Iterator<Item = &'a str>,
    metadata_paths: &'a [String],
    errors: &mut ConfigErrors,
) {
    let mut taken: Vec<&str> = metadata_paths.iter().map(String::as_str).collect();
    for path in documents {
        if !path.starts_with('/') || taken.contains(&path) {
            let text = format!("has a document at {path:?}: name each path once, from the root");
            errors.push(ConfigError::new("documents", text));
        }
        taken.push(path);
    }
}

//! The server behind the layer.

use auth_core::error::{ConfigError, ConfigErrors};
use auth_core::layer::{AuthLayer, AuthLayerBuilder};
use auth_core::policy::{DryRun, OperationPolicy};
use auth_core::provider::AuthProvider;
use auth_core::token::ScopeHierarchy;
use axum::Router;

use super::policies::Policies;
use crate::project_notes::ProjectNotes;
use crate::server::app::with_layer;

/// The server behind a layer that asks these policies. `change` adds to the settings of the layer.
///
/// # Errors
///
/// [`ConfigErrors`] when a setting cannot be used.
pub fn app(
    provider: impl AuthProvider,
    policies: Policies,
    change: impl FnOnce(AuthLayerBuilder) -> AuthLayerBuilder,
) -> Result<Router, ConfigErrors> {
    let resource = provider.metadata().resource.clone();
    let hierarchy = ScopeHierarchy::flat()
        .imply("notes:write", "notes:read")
        .map_err(|error| ConfigError::new("scope_hierarchy", error))?;
    let layer = AuthLayer::builder(provider)
        .scope_hierarchy(hierarchy)
        // All rules are policies; of a list, callers see what they may use with some arguments.
        .operations(OperationPolicy::builder().filter_lists().build()?)
        .authorizer(policies.in_force)
        .check_bodies();
    let layer = match policies.dry_run {
        Some(next) => layer.authorizer(DryRun::new(next)),
        None => layer,
    };
    let notes = ProjectNotes::default();
    with_layer(change(layer), move || notes.clone(), true, &resource)
}

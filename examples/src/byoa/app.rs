//! The MCP server: rules over arguments and custom claims.

use std::error::Error;

use auth_core::layer::{AuthLayer, AuthLayerBuilder};
use auth_core::policy::Policy;
use auth_core::policy::{OperationPolicy, RequireClaim, RequireRole, all_of, any_of, argument};
use auth_core::provider::AuthProvider;
use axum::Router;

use crate::project_notes::ProjectNotes;
use crate::server::app::with_layer;

/// The claims that the login page decides about.
const PROJECTS: &str = "/custom_claims/projects";
const PLAN: &str = "/custom_claims/plan";

/// The server behind the layer.
///
/// # Errors
///
/// When a setting cannot be used.
pub fn app(
    provider: impl AuthProvider,
    change: impl FnOnce(AuthLayerBuilder) -> AuthLayerBuilder,
) -> Result<Router, Box<dyn Error>> {
    let resource = provider.metadata().resource.clone();
    let own_project = || argument("/project")?.contained_in_claim(PROJECTS);
    let own_or_no_project = || {
        let no_project: Box<dyn Policy> = Box::new(argument("/project")?.absent());
        Ok::<_, auth_core::policy::InvalidArgument>(any_of([no_project, Box::new(own_project()?)]))
    };
    let pays: Box<dyn Policy> = Box::new(RequireClaim::equals(PLAN, "pro")?);
    let operations = OperationPolicy::builder()
        .tool("notes_list", own_or_no_project()?)
        .tool("notes_add", own_or_no_project()?)
        .tool("deploy", all_of([pays, Box::new(own_project()?)]))
        .tool("reset", RequireRole::new("admin"))
        .filter_lists()
        .build()?;
    let layer = AuthLayer::builder(provider)
        .operations(operations)
        .check_bodies();
    let notes = ProjectNotes::default();
    Ok(with_layer(
        change(layer),
        move || notes.clone(),
        true,
        &resource,
    )?)
}

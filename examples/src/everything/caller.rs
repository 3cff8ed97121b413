//! Who is calling, for what is kept apart by caller.

use auth_core::AccessToken;
use http::request::Parts;
use rmcp::RoleServer;
use rmcp::service::RequestContext;

/// The subject of the verified token; none without the auth layer, where all callers are one.
pub(super) fn subject(context: &RequestContext<RoleServer>) -> Option<String> {
    let token = context
        .extensions
        .get::<Parts>()?
        .extensions
        .get::<AccessToken>()?;
    Some(token.subject().into())
}

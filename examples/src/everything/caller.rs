//! Who is calling, for what is kept apart by caller.

use auth_core::AuthContext;
use http::request::Parts;
use rmcp::RoleServer;
use rmcp::service::RequestContext;

/// The subject of the verified token; none without the auth layer, where all callers are one.
pub(super) fn subject(context: &RequestContext<RoleServer>) -> Option<String> {
    let parts = context.extensions.get::<Parts>()?;
    let token = AuthContext::of(&parts.extensions)?.token()?;
    Some(token.subject().into())
}

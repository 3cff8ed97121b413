//! The tools, a file for each kind.

mod asking;
mod changing;
mod content;
mod reporting;
mod rounds;
mod schemas;
mod working;

use rmcp::handler::server::router::tool::ToolRouter;

use super::Everything;

/// All of them.
pub(super) fn router() -> ToolRouter<Everything> {
    Everything::asking()
        + Everything::changing()
        + Everything::content()
        + Everything::reporting()
        + Everything::rounds()
        + Everything::schemas()
        + Everything::working()
}

//! Tools that tell everyone that something has changed.

use rmcp::{tool, tool_router};

use crate::everything::Everything;
use crate::everything::changes::Change;
use crate::everything::resources::WATCHED;

#[tool_router(router = changing, vis = "pub(super)")]
impl Everything {
    /// Tell everyone that the tools have changed.
    #[tool]
    fn test_trigger_tool_change(&self) -> String {
        self.shared.changes.tell(Change::Tools);
        "told".into()
    }

    /// Tell everyone that the prompts have changed.
    #[tool]
    fn test_trigger_prompt_change(&self) -> String {
        self.shared.changes.tell(Change::Prompts);
        "told".into()
    }

    /// Tell everyone who watches it that the watched resource has changed.
    #[tool]
    fn test_trigger_resource_change(&self) -> String {
        self.shared.changes.tell(Change::Resource(WATCHED.into()));
        "told".into()
    }
}

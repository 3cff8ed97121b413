//! The [`Inventory`] of rmcp's routers and lists.

use rmcp::handler::server::router::prompt::PromptRouter;
use rmcp::handler::server::router::tool::ToolRouter;
use rmcp::model::{MetaObject, Resource, ResourceTemplate};

use super::stated;
use crate::operation::Primitive;
use crate::policy::Inventory;

/// From rmcp (feature `rmcp`): each primitive with the requirement that its `_meta` states, see
/// [`auth_core::rmcp`](crate::rmcp).
impl Inventory {
    /// Adds the tools of a router, those that are disabled included.
    pub fn tool_router<S>(self, router: &ToolRouter<S>) -> Self {
        let tools = router.map.values().map(|route| &route.attr);
        let tools = tools.map(|tool| (&*tool.name, tool.meta.as_ref()));
        self.sorted(Primitive::Tool, tools)
    }

    /// Adds the prompts of a router.
    pub fn prompt_router<S>(self, router: &PromptRouter<S>) -> Self {
        let prompts = router.map.values().map(|route| &route.attr);
        let prompts = prompts.map(|prompt| (&*prompt.name, prompt.meta.as_ref()));
        self.sorted(Primitive::Prompt, prompts)
    }

    /// Adds resources. rmcp has no router for them: give it the list that
    /// [`list_resources`](rmcp::ServerHandler::list_resources) returns.
    pub fn resource_list<'a>(self, resources: impl IntoIterator<Item = &'a Resource>) -> Self {
        let resources = resources.into_iter();
        let resources = resources.map(|resource| (&*resource.uri, resource.meta.as_ref()));
        self.listed(Primitive::Resource, resources)
    }

    /// Adds resource templates, as
    /// [`list_resource_templates`](rmcp::ServerHandler::list_resource_templates) returns them.
    pub fn resource_template_list<'a>(
        self,
        templates: impl IntoIterator<Item = &'a ResourceTemplate>,
    ) -> Self {
        let templates = templates.into_iter();
        let templates = templates.map(|template| (&*template.uri_template, template.meta.as_ref()));
        self.listed(Primitive::ResourceTemplate, templates)
    }

    /// From a map, whose order differs from one start to the next.
    fn sorted<'a>(
        self,
        primitive: Primitive,
        all: impl Iterator<Item = (&'a str, Option<&'a MetaObject>)>,
    ) -> Self {
        let mut all: Vec<_> = all.collect();
        all.sort_by_key(|(name, _)| *name);
        self.listed(primitive, all.into_iter())
    }

    fn listed<'a>(
        self,
        primitive: Primitive,
        all: impl Iterator<Item = (&'a str, Option<&'a MetaObject>)>,
    ) -> Self {
        all.fold(self, |inventory, (name, meta)| {
            inventory.stating(primitive, name, stated::read(meta))
        })
    }
}

//! [`Primitive`]: the kinds of targets that rules are about.

use std::fmt;

/// A kind of primitive that an MCP server offers and that requests name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Primitive {
    /// A tool, by its name.
    Tool,
    /// A prompt, by its name.
    Prompt,
    /// A resource, by its URI.
    Resource,
    /// A resource template, by its URI template
    /// ([RFC 6570](https://www.rfc-editor.org/rfc/rfc6570)).
    ResourceTemplate,
    /// A skill, by the URI of its `SKILL.md`.
    Skill,
}

impl Primitive {
    /// All kinds.
    pub const ALL: [Self; 5] = [
        Self::Tool,
        Self::Prompt,
        Self::Resource,
        Self::ResourceTemplate,
        Self::Skill,
    ];

    /// Whether URIs name this kind. These kinds share one space of URIs: the file of a skill is read as a
    /// resource, and a template expands to resources.
    pub(crate) fn is_named_by_uri(self) -> bool {
        matches!(self, Self::Resource | Self::ResourceTemplate | Self::Skill)
    }

    /// Whether a rule about this kind can be about a primitive of the other kind, by its name.
    pub(crate) fn shares_names_with(self, other: Self) -> bool {
        self == other || (self.is_named_by_uri() && other.is_named_by_uri())
    }
}

impl fmt::Display for Primitive {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Tool => "tool",
            Self::Prompt => "prompt",
            Self::Resource => "resource",
            Self::ResourceTemplate => "resource template",
            Self::Skill => "skill",
        })
    }
}

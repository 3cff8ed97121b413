//! Which MCP operation is this request, and what does it ask of its caller?
//!
//! In this order, for every request that can carry a message and after the token has been verified:
//!
//! 1. `headers`: since 2026-07-28 a request names its operation in `Mcp-Method` and `Mcp-Name`.
//!    They are believed alone only if the inner service is declared to compare them with the body
//!    ([`OperationPolicyBuilder::inner_service_compares_headers`]).
//! 2. Else `body` keeps the body, up to a limit, and `message` finds the operations in it. Where
//!    headers name one as well, both must name the same.
//! 3. A body that cannot be read in exactly one way is refused: the inner service might read it
//!    another way. Where a method that has targets names none, the rules for all of them are asked.
//! 4. `rules`: all rules that an operation matches must say yes. For a batch, those of all its
//!    operations. Rules are about [primitives](Primitive); `method` is the table of which method touches
//!    which primitive.
//!
//! On the response path, `lists` can leave out of lists what the caller may not use.

mod body;
mod budget;
pub(crate) mod headers;
pub(crate) mod lists;
mod mcp_headers;
mod members;
pub(crate) mod message;
pub(crate) mod method;
mod primitive;
mod request_id;

use std::borrow::Cow;
use std::fmt;

use smallvec::SmallVec;
use smol_str::SmolStr;
use thiserror::Error;

use crate::support::json::ObjectText;

pub use body::RequestBody;
pub(crate) use budget::BodyBudget;
pub(crate) use lists::{ListFilter, ResponseKind as AnswerKind, is_list};
pub use mcp_headers::AmbiguousHeader;
#[cfg(feature = "cors")]
pub(crate) use mcp_headers::{DPOP, METHOD, NAME, PARAMETER_PREFIX, PROTOCOL_VERSION};
pub(crate) use mcp_headers::{LAST_EVENT_ID, McpHeaders, REQUEST_ID, SESSION_ID, SessionHeaders};
pub use primitive::Primitive;
pub(crate) use request_id::RequestId;

/// What a JSON-RPC message of MCP asks for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Operation {
    pub(crate) method: Cow<'static, str>,
    // Most names fit in here, without an allocation.
    pub(crate) name: Option<SmolStr>,
    pub(crate) primitive: Option<Primitive>,
}

impl Operation {
    /// An operation that names no primitive, such as `tools/list`.
    #[must_use]
    pub fn new(method: impl Into<Cow<'static, str>>) -> Self {
        Self {
            method: method.into(),
            name: None,
            primitive: None,
        }
    }

    /// The call of a tool.
    #[must_use]
    pub fn tool(name: impl AsRef<str>) -> Self {
        Self::new("tools/call").about(name)
    }

    /// The same method about one primitive of the kind that the method names: a tool or prompt by its
    /// name, a resource or skill by its URI.
    #[must_use]
    pub fn about(mut self, name: impl AsRef<str>) -> Self {
        self.primitive = method::target(&self.method).primitive();
        self.name = Some(SmolStr::new(name));
        self
    }

    /// The same method about one primitive of this kind.
    #[must_use]
    pub fn about_primitive(mut self, primitive: Primitive, name: impl AsRef<str>) -> Self {
        self.primitive = Some(primitive);
        self.name = Some(SmolStr::new(name));
        self
    }

    /// The JSON-RPC method, such as `tools/call`.
    #[must_use]
    pub fn method(&self) -> &str {
        &self.method
    }

    /// Which tool or prompt (its name), resource or skill (its URI) or template (its URI template)
    /// it is about. `None` when it is about no primitive, and when it does not name it.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// What [`name`](Self::name) names.
    #[must_use]
    pub fn primitive(&self) -> Option<Primitive> {
        self.primitive
    }
}

/// The operations of a body, for the fuzz targets.
#[cfg(feature = "fuzzing")]
pub(crate) fn operations_of(body: &[u8]) -> Result<Operations, OperationError> {
    message::operations(body, true).map(|read| read.operations)
}

/// Those of one request: one, unless it is a batch.
pub(crate) type Operations = SmallVec<[Operation; 1]>;

/// The `arguments` of each operation that has some. Empty where no authorizer needs them.
pub(crate) type Arguments = SmallVec<[Option<ObjectText>; 1]>;

/// How many characters of a method or a name are kept for logs.
const MAX_LOGGED: usize = 256;

impl Operation {
    /// The same with a method and a name of bounded length, for logs: the sender chose them.
    pub(crate) fn shortened(self) -> Self {
        let method = if self.method.len() > MAX_LOGGED {
            Cow::Owned(self.method.chars().take(MAX_LOGGED).collect())
        } else {
            self.method
        };
        Self {
            method,
            name: self.name.map(|name| {
                if name.len() > MAX_LOGGED {
                    name.chars().take(MAX_LOGGED).collect()
                } else {
                    name
                }
            }),
            primitive: self.primitive,
        }
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.name {
            // Escaped: a name is the sender's text.
            Some(name) => write!(f, "{} {name:?}", self.method.escape_debug()),
            None => write!(f, "{}", self.method.escape_debug()),
        }
    }
}

/// Why it cannot be determined which operation a request is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum OperationError {
    /// The body is not JSON, or has a member twice where it matters.
    #[error("the body is not json that can be read in exactly one way")]
    NotJson,
    /// The body is no JSON-RPC message, or one whose target cannot be told.
    #[error("the body is not a json-rpc message that names its target")]
    NotAMessage,
    /// `Mcp-Method` or `Mcp-Name` says something else than the body, or cannot be read.
    #[error("mcp-method or mcp-name does not match the body")]
    HeaderMismatch,
    /// The body is longer than the limit, in bytes.
    #[error("the body is longer than {0} bytes")]
    TooLarge(usize),
    /// Requests without a token hold as many bytes as they may together.
    #[error("requests without a token use up their memory budget")]
    OverBudget,
    /// The body ended before its end.
    #[error("the body did not arrive")]
    Incomplete,
}

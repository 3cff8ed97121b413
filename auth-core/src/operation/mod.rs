//! Determines which MCP operations a request asks for.
//!
//! For every request that can carry a message, after its token was verified:
//!
//! 1. `headers`: since 2026-07-28 a request names its operation in `Mcp-Method` and `Mcp-Name`. The
//!    layer relies on them only if the inner service is declared to compare them with the body
//!    ([`OperationPolicyBuilder::inner_service_compares_headers`]).
//! 2. Otherwise `body` buffers the body, up to a limit, and `message` finds the operations in it. If
//!    headers name an operation too, it must be the same.
//! 3. A body that can be read in more than one way is refused, since the inner service might read it
//!    differently. If a method that has targets names none, the rules for all possible targets apply.
//! 4. The [`OperationPolicy`](crate::policy::OperationPolicy) then evaluates all rules that match an operation;
//!    all must allow it, for a batch those of all its operations. Rules are about
//!    [primitives](Primitive), and `method` is the table of which method names which primitive.
//!
//! On the response path, `lists` removes from lists the items that the caller may not use.
//!
//! [`OperationPolicyBuilder::inner_service_compares_headers`]: crate::policy::OperationPolicyBuilder::inner_service_compares_headers

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

use crate::support::json::LazyObject;

pub use body::RequestBody;
pub(crate) use budget::BodyBudget;
pub(crate) use lists::{ListFilter, ResponseKind, is_list};
pub use mcp_headers::AmbiguousHeader;
#[cfg(feature = "cors")]
pub(crate) use mcp_headers::{DPOP, METHOD, NAME, PARAMETER_PREFIX, PROTOCOL_VERSION};
pub(crate) use mcp_headers::{LAST_EVENT_ID, McpHeaders, REQUEST_ID, SESSION_ID, SessionHeaders};
pub use primitive::Primitive;
pub(crate) use request_id::RequestId;

/// An operation that a client requests: an MCP method and its target.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Operation {
    pub(crate) method: Cow<'static, str>,
    // Stores short names, which most are, without an allocation.
    pub(crate) name: Option<SmolStr>,
    pub(crate) primitive: Option<Primitive>,
}

impl Operation {
    /// An operation without a target, such as `tools/list`.
    #[must_use]
    pub fn new(method: impl Into<Cow<'static, str>>) -> Self {
        Self {
            method: method.into(),
            name: None,
            primitive: None,
        }
    }

    /// A call of this tool.
    #[must_use]
    pub fn tool(name: impl AsRef<str>) -> Self {
        Self::new("tools/call").with_name(name)
    }

    /// Sets the target, of the kind that the method names: a tool or prompt by its name, a resource or
    /// skill by its URI.
    #[must_use]
    pub fn with_name(mut self, name: impl AsRef<str>) -> Self {
        self.primitive = method::target(&self.method).primitive();
        self.name = Some(SmolStr::new(name));
        self
    }

    /// Sets the target, a primitive of this kind.
    #[must_use]
    pub fn with_primitive(mut self, primitive: Primitive, name: impl AsRef<str>) -> Self {
        self.primitive = Some(primitive);
        self.name = Some(SmolStr::new(name));
        self
    }

    /// The JSON-RPC method, such as `tools/call`.
    #[must_use]
    pub fn method(&self) -> &str {
        &self.method
    }

    /// The name of the target: the name of a tool or prompt, the URI of a resource or skill, or the URI
    /// template of a resource template. `None` when the operation names no target.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// The kind of the target. `None` when the operation names no target.
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

/// The operations of a request: a single one, unless it is a batch or a subscription.
pub(crate) type Operations = SmallVec<[Operation; 1]>;

/// The `arguments` of each operation, if it has any. Empty if neither a policy nor an authorizer
/// needs them.
pub(crate) type Arguments = SmallVec<[Option<LazyObject>; 1]>;

/// The longest method or name in logs, in characters.
const MAX_LOGGED: usize = 256;

impl Operation {
    /// Truncates method and name, for logs, since the sender chose them.
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
            // Escaped, since the sender chose the name.
            Some(name) => write!(f, "{} {name:?}", self.method.escape_debug()),
            None => write!(f, "{}", self.method.escape_debug()),
        }
    }
}

/// Why the operations of a request cannot be determined.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum OperationError {
    /// The body is not JSON, or duplicates a member that decides about the operation.
    #[error("the body is not json that can be read in exactly one way")]
    NotJson,
    /// The body is not a JSON-RPC message, or its target cannot be determined.
    #[error("the body is not a json-rpc message that names its target")]
    NotAMessage,
    /// `Mcp-Method` or `Mcp-Name` differs from the body, or cannot be decoded.
    #[error("mcp-method or mcp-name does not match the body")]
    HeaderMismatch,
    /// The body is longer than the limit, in bytes.
    #[error("the body is longer than {0} bytes")]
    TooLarge(usize),
    /// The bodies of all requests without a token have reached their common limit.
    #[error("the memory budget for requests without a token is used up")]
    OverBudget,
    /// Reading the body failed.
    #[error("the request body could not be read to its end")]
    Incomplete,
}

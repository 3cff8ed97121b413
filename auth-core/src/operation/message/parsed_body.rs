//! [`ParsedBody`]: the operations of a body.

use crate::operation::{Arguments, Operations, RequestId};

/// What a body asks for.
#[derive(Debug, PartialEq)]
pub(crate) struct ParsedBody {
    /// Those of all messages, in their order. A response to the server has none.
    pub(crate) operations: Operations,
    /// The arguments of each operation, if they are kept.
    pub(crate) arguments: Arguments,
    /// The number of messages, responses included.
    pub(crate) messages: usize,
    /// The id of the request, if the body is a single one.
    pub(crate) id: Option<RequestId>,
}

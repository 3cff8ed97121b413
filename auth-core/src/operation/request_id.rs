//! [`RequestId`]: the `id` of a JSON-RPC request, for an error response.

/// Longest id that is kept, in bytes. An error response to a request with a longer one has no id.
const MAX_BYTES: usize = 256;

/// The JSON of an id, a string or a number
/// ([JSON-RPC 2.0 section 4](https://www.jsonrpc.org/specification#request_object)).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RequestId(Box<str>);

impl RequestId {
    /// The id with this JSON, which must be a valid string or number; `None` if it is too long.
    pub(super) fn of(json: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(json).ok()?;
        (text.len() <= MAX_BYTES).then(|| Self(text.into()))
    }

    pub(super) fn as_json(&self) -> &str {
        &self.0
    }
}

//! [`RequestId`]: the `id` of a JSON-RPC request, to answer it with.

/// Longest id that is kept, in bytes: others get an answer without one.
const MAX_BYTES: usize = 256;

/// The JSON text of an id, a string or a number
/// ([JSON-RPC 2.0 section 4](https://www.jsonrpc.org/specification#request_object)).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RequestId(Box<str>);

impl RequestId {
    /// The id that these bytes are, which a reader has read as a string or a number.
    pub(super) fn of(json: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(json).ok()?;
        (text.len() <= MAX_BYTES).then(|| Self(text.into()))
    }

    pub(super) fn as_json(&self) -> &str {
        &self.0
    }
}

//! [`ListFilter`]: filters one response body, chunk by chunk.

use bytes::{Bytes, BytesMut};

use super::event_stream;
use super::event_stream::EventScanner;
use super::rewrite::{Visible, rewrite};
use crate::operation::members::Unreadable;
use crate::operation::{Operation, RequestId};

/// The longest JSON text that is filtered, in bytes.
const MAX_BYTES: usize = 4 * 1024 * 1024;

/// Records that a JSON text was withheld.
type Withheld = dyn Fn() + Send + Sync;

/// Filters one response body.
pub(crate) struct ListFilter {
    visible: Box<Visible>,
    withheld: Box<Withheld>,
    kind: ResponseKind,
    /// Received, and not sent yet.
    buffer: BytesMut,
    scanner: EventScanner,
    /// Whether the body cannot be read, so that all of it is withheld.
    withholds_all: bool,
    /// Whether nothing more is sent.
    finished: bool,
}

/// The form of a response body.
pub(crate) enum ResponseKind {
    /// An event stream.
    Stream,
    /// One JSON text: the response to the request with this id.
    Json(Option<RequestId>),
}

impl ListFilter {
    /// A filter that keeps the items for which `visible` returns true, and calls `withheld` for each
    /// JSON text that is not sent.
    pub(crate) fn new(
        kind: ResponseKind,
        visible: impl Fn(&Operation) -> bool + Send + Sync + 'static,
        withheld: impl Fn() + Send + Sync + 'static,
    ) -> Self {
        Self {
            visible: Box::new(visible),
            withheld: Box::new(withheld),
            kind,
            buffer: BytesMut::new(),
            scanner: EventScanner::default(),
            withholds_all: false,
            finished: false,
        }
    }

    /// For a body that cannot be read, such as a compressed one: nothing of it is sent.
    pub(crate) fn withholding_all(self) -> Self {
        Self {
            withholds_all: true,
            ..self
        }
    }

    /// Whether nothing more is sent.
    pub(crate) fn is_finished(&self) -> bool {
        self.finished
    }

    /// Takes the next bytes of the body; returns what can be sent by now, which may be empty.
    pub(crate) fn next(&mut self, bytes: &[u8]) -> Bytes {
        if self.finished || bytes.is_empty() {
            return Bytes::new();
        }
        if self.withholds_all {
            return self.withhold_rest();
        }
        self.buffer.extend_from_slice(bytes);
        let mut out = BytesMut::new();
        if matches!(self.kind, ResponseKind::Stream) {
            while let Some(length) = self.scanner.event_end(&self.buffer) {
                self.scanner = EventScanner::default();
                let event = self.buffer.split_to(length);
                match event_stream::rewrite_event(&event, &*self.visible) {
                    Ok(event) => out.extend_from_slice(&event),
                    Err(Unreadable) => (self.withheld)(),
                }
            }
        }
        if self.buffer.len() > MAX_BYTES {
            out.extend_from_slice(&self.withhold_rest());
        }
        out.freeze()
    }

    /// What is sent last, once the body has ended.
    pub(crate) fn finish(&mut self) -> Bytes {
        if self.finished {
            return Bytes::new();
        }
        let rest = self.buffer.split().freeze();
        // Clients discard an event without its blank line, so it is not sent. An empty body holds
        // no list.
        if matches!(self.kind, ResponseKind::Stream) || rest.is_empty() {
            return Bytes::new();
        }
        match rewrite(&rest, &*self.visible) {
            Ok(None) => rest,
            Ok(Some(filtered)) => filtered.into(),
            Err(Unreadable) => self.withhold_rest(),
        }
    }

    /// Withholds all bytes that were not sent yet; returns what is sent instead.
    fn withhold_rest(&mut self) -> Bytes {
        self.finished = true;
        self.buffer.clear();
        (self.withheld)();
        match &self.kind {
            ResponseKind::Stream => Bytes::new(),
            ResponseKind::Json(id) => error_response(id.as_ref()),
        }
    }
}

/// The JSON-RPC error that replaces a list.
fn error_response(id: Option<&RequestId>) -> Bytes {
    let id = id.map_or_else(String::new, |id| format!(r#""id":{},"#, id.as_json()));
    let error = r#""error":{"code":-32603,"message":"The server's list cannot be read"}"#;
    format!(r#"{{"jsonrpc":"2.0",{id}{error}}}"#).into()
}

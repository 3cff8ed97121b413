//! The events of a `text/event-stream`
//! ([HTML, section 9.2.5](https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream)):
//! where each ends, and the JSON in its data.

use bytes::{Bytes, BytesMut};

use super::rewrite::{Visible, rewrite};
use crate::operation::members::Unreadable;

/// Searches a buffer for the end of its first event, and remembers how far it has searched.
#[derive(Clone, Copy, Default)]
pub(super) struct EventScanner {
    position: usize,
    line_start: usize,
}

impl EventScanner {
    /// The length of the first event, including the blank line that ends it; `None` if it is not
    /// complete. Scans each byte once.
    pub(super) fn event_end(&mut self, bytes: &[u8]) -> Option<usize> {
        while let Some(byte) = bytes.get(self.position) {
            let line_ending = match (byte, bytes.get(self.position + 1)) {
                (b'\n', _) => 1,
                (b'\r', Some(b'\n')) => 2,
                (b'\r', Some(_)) => 1,
                // A line feed may follow in the next chunk.
                (b'\r', None) => return None,
                _ => {
                    self.position += 1;
                    continue;
                }
            };
            let blank = self.position == self.line_start;
            self.position += line_ending;
            self.line_start = self.position;
            if blank {
                return Some(self.position);
            }
        }
        None
    }
}

/// One event, with its blank line, without the items that are not visible.
pub(super) fn rewrite_event(event: &[u8], visible: &Visible) -> Result<Bytes, Unreadable> {
    let text = std::str::from_utf8(event).map_err(|_| Unreadable)?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    // CR, LF and CRLF all end a line. Splitting CRLF yields an empty string, which is no line of an
    // event.
    let lines = || text.split(['\r', '\n']);
    let data = |line: &&str| line.starts_with("data:");
    let value = |line: &str| {
        let value = line.strip_prefix("data:").unwrap_or_default();
        value.strip_prefix(' ').unwrap_or(value).to_owned()
    };
    let json: Vec<_> = lines().filter(data).map(value).collect();
    let json = json.join("\n");
    // An event with an id alone, or a keep-alive comment: no data.
    if json.trim().is_empty() {
        return Ok(Bytes::copy_from_slice(event));
    }
    let Some(json) = rewrite(json.as_bytes(), visible)? else {
        return Ok(Bytes::copy_from_slice(event));
    };
    let mut out = BytesMut::new();
    for line in lines().filter(|line| !data(line) && !line.is_empty()) {
        out.extend_from_slice(line.as_bytes());
        out.extend_from_slice(b"\n");
    }
    for line in json.split(|byte| *byte == b'\n') {
        out.extend_from_slice(b"data: ");
        out.extend_from_slice(line);
        out.extend_from_slice(b"\n");
    }
    out.extend_from_slice(b"\n");
    Ok(out.freeze())
}

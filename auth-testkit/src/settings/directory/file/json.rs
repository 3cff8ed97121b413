//! JSON as [`Node`]s, by the reader of JSON from other parties.

use auth_core::support::json::{Event, JsonError, Reader, Rules, number};

use super::error::DirectoryError;
use super::node::{Content, Lines, Member, Node};

/// # Errors
///
/// When the text is not JSON, has a duplicate member, or is nested too deeply: the line, and which of them.
pub(super) fn read(text: &str, lines: &Lines) -> Result<Node, DirectoryError> {
    let mut reader = Reader::of_str(text, Rules::STRICT);
    let read = (|| {
        let first = reader.next_required()?;
        let node = node(&mut reader, first, lines)?;
        // Only white space may follow.
        reader.next_event()?;
        Ok(node)
    })();
    read.map_err(|error: JsonError| {
        let line = lines.at(reader.position());
        let problem = match error {
            JsonError::Syntax { .. } => "not JSON".to_owned(),
            other => format!("not JSON: {other}"),
        };
        DirectoryError::new(problem).at_line(line)
    })
}

/// The value that begins with an event. The depth is limited by the rules of the reader.
fn node<'a>(reader: &mut Reader<'a>, first: Event<'a>, lines: &Lines) -> Result<Node, JsonError> {
    let line = lines.at(reader.start());
    let content = match first {
        Event::Null => Content::Null,
        Event::Bool(value) => Content::Bool(value),
        Event::String(text) => Content::String(text.decode().into_owned()),
        Event::Number(digits) => {
            let at = reader.position();
            Content::Number(number(digits).ok_or(JsonError::NumberOutOfRange { at })?)
        }
        Event::ArrayStart => Content::List(items(reader, lines)?),
        Event::ObjectStart => Content::Table(members(reader, lines)?),
        // A value begins with none of these.
        Event::ArrayEnd | Event::ObjectEnd | Event::Name(_) => {
            let at = reader.start();
            return Err(JsonError::Syntax { at });
        }
    };
    Ok(Node { line, content })
}

fn items(reader: &mut Reader<'_>, lines: &Lines) -> Result<Vec<Node>, JsonError> {
    let mut items = Vec::new();
    loop {
        match reader.next_required()? {
            Event::ArrayEnd => return Ok(items),
            first => items.push(node(reader, first, lines)?),
        }
    }
}

fn members(reader: &mut Reader<'_>, lines: &Lines) -> Result<Vec<Member>, JsonError> {
    let mut members = Vec::new();
    loop {
        let Event::Name(name) = reader.next_required()? else {
            return Ok(members);
        };
        let line = lines.at(reader.start());
        let first = reader.next_required()?;
        members.push(Member {
            name: name.decode().into_owned(),
            line,
            node: node(reader, first, lines)?,
        });
    }
}

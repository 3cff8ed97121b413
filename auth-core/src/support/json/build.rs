//! Builds `serde_json::Value`s from the events of a [`Reader`].

use serde_json::{Map, Value};

use super::error::JsonError;
use super::number;
use super::reader::{Event, Reader};

/// An array or object whose end was not read yet.
enum Open {
    Array(Vec<Value>),
    /// With the name of the member whose value comes next.
    Object(Map<String, Value>, String),
}

/// Builds the value that begins with `first`, the last event of `reader`. If the rules allow duplicate
/// members, the last one wins.
///
/// # Errors
///
/// As [`Reader::next_event`].
pub fn value_of<'a>(reader: &mut Reader<'a>, first: Event<'a>) -> Result<Value, JsonError> {
    let mut open: Vec<Open> = Vec::new();
    let mut event = first;
    loop {
        let complete = match event {
            Event::ArrayStart => {
                open.push(Open::Array(Vec::new()));
                None
            }
            Event::ObjectStart => {
                open.push(Open::Object(Map::new(), String::new()));
                None
            }
            Event::Name(name) => {
                if let Some(Open::Object(_, next)) = open.last_mut() {
                    *next = name.decode().into_owned();
                }
                None
            }
            Event::ArrayEnd | Event::ObjectEnd => open.pop().map(|ended| match ended {
                Open::Array(items) => Value::Array(items),
                Open::Object(members, _) => Value::Object(members),
            }),
            Event::String(string) => Some(Value::String(string.decode().into_owned())),
            Event::Number(digits) => {
                let at = reader.position();
                let number = number::parse(digits).ok_or(JsonError::NumberOutOfRange { at })?;
                Some(Value::Number(number))
            }
            Event::Bool(value) => Some(Value::Bool(value)),
            Event::Null => Some(Value::Null),
        };
        if let Some(value) = complete {
            match open.last_mut() {
                None => return Ok(value),
                Some(Open::Array(items)) => items.push(value),
                Some(Open::Object(members, name)) => {
                    members.insert(std::mem::take(name), value);
                }
            }
        }
        event = reader.next_required()?;
    }
}

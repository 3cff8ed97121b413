//! Finds the operations in a JSON-RPC body, without building it.
//!
//! Two parsers that see different primitives in one text are a way around any policy, so what could be
//! seen differently is refused: besides what [`json`](crate::support::json) refuses everywhere, a member that
//! is duplicated where we read, or in another case.

use std::borrow::Cow;

use smallvec::smallvec;

use crate::operation::members::{Members, Unreadable};
use crate::operation::method;
use crate::operation::method::Target;
use crate::operation::primitive::Primitive;
use crate::operation::{Arguments, Operation, OperationError, Operations, RequestId};
use crate::support::json::{Event, JsonStr, ObjectText, Reader, Rules};

/// Most messages of a batch: nobody sends that many, and each is asked about.
const MAX_BATCH: usize = 100;
/// Most operations of a request: a subscription to as many resources is one, and each of them.
const MAX_OPERATIONS: usize = MAX_BATCH + 1;
/// Longest name of a method, and of what it is about, in bytes.
const MAX_METHOD: usize = 128;
const MAX_NAME: usize = 8 * 1024;

/// Arguments of tools may be nested as deeply as the inner service reads them, and what they
/// duplicate is for it to evaluate.
const RULES: Rules = Rules::STRICT.max_depth(Rules::DEEPEST).duplicates_allowed();

/// What a body asks for.
#[derive(Debug, PartialEq)]
pub(crate) struct Read {
    /// Of all its messages, in their order. A response to the server is none.
    pub(crate) operations: Operations,
    /// Those of the operations, if they are to be kept.
    pub(crate) arguments: Arguments,
    pub(crate) messages: usize,
    /// That of its only message, which is a request.
    pub(crate) id: Option<RequestId>,
}

/// The operations of a body.
pub(crate) fn operations(body: &[u8], keep_arguments: bool) -> Result<Read, OperationError> {
    let read = read(body, keep_arguments).map_err(|Unreadable| OperationError::NotJson)?;
    read.filter(|read| read.messages > 0)
        .ok_or(OperationError::NotAMessage)
}

/// `None` if it cannot be determined what one of the messages asks for.
fn read(body: &[u8], keep_arguments: bool) -> Result<Option<Read>, Unreadable> {
    let mut reader = Reader::new(body, RULES)?;
    let read = match reader.next_required()? {
        Event::ObjectStart => {
            let message = message(&mut reader, body)?;
            let id = message.id.and_then(RequestId::of);
            let mut read = Read {
                operations: Operations::new(),
                arguments: Arguments::new(),
                messages: 1,
                id,
            };
            message.ask(&mut read, keep_arguments)?.then_some(read)
        }
        Event::ArrayStart => batch(&mut reader, body, keep_arguments)?,
        _ => return Err(Unreadable),
    };
    // To the end, also where it is clear by now that the body is refused: what is no JSON is called
    // that.
    while reader.next_event()?.is_some() {}
    Ok(read)
}

fn batch<'a>(
    reader: &mut Reader<'a>,
    body: &'a [u8],
    keep_arguments: bool,
) -> Result<Option<Read>, Unreadable> {
    let mut read = Read {
        operations: Operations::new(),
        arguments: Arguments::new(),
        messages: 0,
        id: None,
    };
    loop {
        match reader.next_required()? {
            Event::ArrayEnd => break,
            Event::ObjectStart => {}
            _ => return Err(Unreadable),
        }
        read.messages += 1;
        let message = message(reader, body)?;
        if read.messages > MAX_BATCH || !message.ask(&mut read, keep_arguments)? {
            return Ok(None);
        }
        if read.operations.len() > MAX_OPERATIONS {
            return Ok(None);
        }
    }
    Ok(Some(read))
}

#[derive(Default)]
struct Message<'a> {
    id: Option<&'a [u8]>,
    method: Option<JsonStr<'a>>,
    params: Params<'a>,
    /// Whether it has a `result` or an `error`.
    answers: bool,
}

/// The members of `params` that can name a target; of `ref` likewise.
#[derive(Default)]
struct Params<'a> {
    /// There is a target that is not where, or what, it should be: somebody might read it.
    unclear: bool,
    name: Option<JsonStr<'a>>,
    uri: Option<JsonStr<'a>>,
    reference: Option<(Primitive, JsonStr<'a>)>,
    subscriptions: Vec<String>,
    arguments: Option<&'a [u8]>,
}

impl Message<'_> {
    /// Adds what it asks for; `false` if that cannot be determined.
    fn ask(self, read: &mut Read, keep_arguments: bool) -> Result<bool, Unreadable> {
        let arguments = self.params.arguments.filter(|_| keep_arguments);
        let Some(operations) = self.operations() else {
            return Ok(false);
        };
        if keep_arguments {
            let takes_arguments =
                |operation: &Operation| matches!(&*operation.method, "tools/call" | "prompts/get");
            for operation in &operations {
                let arguments = arguments.filter(|_| takes_arguments(operation));
                read.arguments.push(match arguments {
                    Some(json) => strictly(json)?,
                    None => None,
                });
            }
        }
        read.operations.extend(operations);
        Ok(true)
    }

    /// What it asks for; `None` if that cannot be determined.
    fn operations(self) -> Option<Operations> {
        let Some(method) = self.method else {
            return self.answers.then(Operations::new);
        };
        if self.answers {
            return None;
        }
        let method = method.at_most(MAX_METHOD)?;
        let operation = Operation::new(method::named(&method));
        let target = method::target(&method);
        let params = self.params;
        let named = match target {
            Target::Nothing => return Some(smallvec![operation]),
            Target::Subscriptions => {
                let uris = params.subscriptions.into_iter();
                let each = uris.map(|uri| {
                    Operation::new("resources/subscribe").about_primitive(Primitive::Resource, uri)
                });
                return Some([operation].into_iter().chain(each).collect());
            }
            Target::Name(primitive) => params.name.map(|name| (primitive, name)),
            Target::Uri(primitive) | Target::UriInBody(primitive) => {
                params.uri.map(|uri| (primitive, uri))
            }
            Target::Reference => params.reference,
        };
        let operation = match named {
            Some((primitive, name)) => operation.about_primitive(primitive, bounded(name)?),
            // Some revisions and servers do not have this method at all, and say so; without a
            // target the rules for each target of the method are asked.
            None if !target.is_in_headers() && !params.unclear => operation,
            None => return None,
        };
        Some(smallvec![operation])
    }
}

/// The arguments of an operation. What two readers could read in two ways cannot be decided about.
fn strictly(json: &[u8]) -> Result<Option<ObjectText>, Unreadable> {
    let text = std::str::from_utf8(json).map_err(|_| Unreadable)?;
    match text {
        "null" => Ok(None),
        text => ObjectText::parse(text).map(Some).map_err(|_| Unreadable),
    }
}

/// A name, if it is not too long.
fn bounded(name: JsonStr<'_>) -> Option<Cow<'_, str>> {
    name.at_most(MAX_NAME)
}

/// The members of a message, behind its opening brace.
fn message<'a>(reader: &mut Reader<'a>, body: &'a [u8]) -> Result<Message<'a>, Unreadable> {
    let mut members = Members::of(["id", "method", "params", "result", "error"]);
    let mut message = Message::default();
    while let Event::Name(name) = reader.next_required()? {
        let member = members.meet(name)?;
        let value = reader.next_required()?;
        match (member, value) {
            (Some("method"), Event::String(method)) => message.method = Some(method),
            (Some("method"), _) => return Err(Unreadable),
            (Some("id"), Event::String(_) | Event::Number(_)) => {
                message.id = body.get(reader.start()..reader.position());
            }
            // Responses and notifications of some clients have null here.
            (Some("id"), value) => reader.skip(value)?,
            (Some("params"), _) => message.params = params(reader, value, body)?,
            (member, value) => {
                message.answers |= member.is_some();
                reader.skip(value)?;
            }
        }
    }
    Ok(message)
}

/// The value of `params`, or of `ref`.
fn params<'a>(
    reader: &mut Reader<'a>,
    value: Event<'a>,
    body: &'a [u8],
) -> Result<Params<'a>, Unreadable> {
    let mut members = Members::of(["name", "uri", "ref", "notifications", "arguments"]);
    let mut params = Params::default();
    match value {
        Event::ObjectStart => {}
        Event::Null => return Ok(params),
        // Params by position name nothing.
        Event::ArrayStart => {
            reader.skip(value)?;
            params.unclear = true;
            return Ok(params);
        }
        _ => return Err(Unreadable),
    }
    while let Event::Name(name) = reader.next_required()? {
        let member = members.meet(name)?;
        let value = reader.next_required()?;
        match (member, value) {
            (Some("name"), Event::String(name)) => params.name = Some(name),
            (Some("uri"), Event::String(uri)) => params.uri = Some(uri),
            (Some("ref"), value) => {
                params.reference = reference(reader, value)?;
                params.unclear |= params.reference.is_none();
            }
            (Some("arguments"), value) => {
                let start = reader.start();
                reader.skip(value)?;
                params.arguments = body.get(start..reader.position());
            }
            (Some("notifications"), value) => params.subscriptions = subscriptions(reader, value)?,
            (member, value) => {
                // A name that is no string is none of ours: other methods have other params.
                params.unclear |= member.is_some();
                reader.skip(value)?;
            }
        }
    }
    Ok(params)
}

/// The prompt or template in the `ref` of a completion; `None` for one that has both or neither.
fn reference<'a>(
    reader: &mut Reader<'a>,
    value: Event<'a>,
) -> Result<Option<(Primitive, JsonStr<'a>)>, Unreadable> {
    let mut members = Members::of(["name", "uri"]);
    if !matches!(value, Event::ObjectStart) {
        reader.skip(value)?;
        return Ok(None);
    }
    let (mut name, mut uri, mut unclear) = (None, None, false);
    while let Event::Name(member) = reader.next_required()? {
        let member = members.meet(member)?;
        let value = reader.next_required()?;
        match (member, value) {
            (Some("name"), Event::String(text)) => name = Some(text),
            (Some("uri"), Event::String(text)) => uri = Some(text),
            (member, value) => {
                unclear |= member.is_some();
                reader.skip(value)?;
            }
        }
    }
    Ok(match (name, uri) {
        (Some(name), None) if !unclear => Some((Primitive::Prompt, name)),
        (None, Some(uri)) if !unclear => Some((Primitive::ResourceTemplate, uri)),
        _ => None,
    })
}

/// The URIs in the `notifications` of `subscriptions/listen`. Nothing else passes there: what we
/// could not read, somebody else might.
fn subscriptions<'a>(reader: &mut Reader<'a>, value: Event<'a>) -> Result<Vec<String>, Unreadable> {
    let mut members = Members::of(["resourceSubscriptions"]);
    match value {
        Event::ObjectStart => {}
        Event::Null => return Ok(Vec::new()),
        _ => return Err(Unreadable),
    }
    let mut uris = Vec::new();
    while let Event::Name(name) = reader.next_required()? {
        let member = members.meet(name)?;
        let value = reader.next_required()?;
        match (member, value) {
            (Some(_), Event::ArrayStart) => loop {
                match reader.next_required()? {
                    Event::ArrayEnd => break,
                    Event::String(uri) if uris.len() < MAX_BATCH => {
                        uris.push(bounded(uri).ok_or(Unreadable)?.into_owned());
                    }
                    _ => return Err(Unreadable),
                }
            },
            (None, value) => reader.skip(value)?,
            (Some(_), Event::Null) => {}
            (Some(_), _) => return Err(Unreadable),
        }
    }
    Ok(uris)
}

#[cfg(test)]
mod tests;

//! Finds the operations in a JSON-RPC body, without building its values.
//!
//! Two parsers that see different primitives in one text are a way around any policy. So a body that
//! could be read in more than one way is refused: besides what [`json`](crate::support::json) always
//! refuses, one with a member that decides something and is duplicated, or written in another case.
//!
//! | file | job |
//! |---|---|
//! | here | a body: one message or a batch |
//! | `envelope` | one message: its method and id, and the operations that it asks for |
//! | `parsed_body` | [`ParsedBody`]: the result |
//! | `params` | the members of `params` that name a target |

mod envelope;
mod params;
mod parsed_body;

use super::members::Unreadable;
use super::{Arguments, OperationError, Operations, RequestId};
use crate::support::json::{Event, Reader, Rules};
use envelope::Envelope;
use params::MAX_SUBSCRIPTIONS;

pub(crate) use parsed_body::ParsedBody;

/// Most messages in a batch. Real batches are far smaller, and each message costs a policy check.
const MAX_BATCH: usize = 100;
/// Most operations in a request: a subscription is one, and each of its resources is another.
const MAX_OPERATIONS: usize = MAX_SUBSCRIPTIONS + 1;

/// Arguments of tools may be nested as deeply as the inner service reads them, and what their
/// duplicates mean is for it to decide.
const RULES: Rules = Rules::STRICT.max_depth(Rules::DEEPEST).duplicates_allowed();

/// The operations of a body, with their arguments if `keep_arguments`.
pub(crate) fn operations(body: &[u8], keep_arguments: bool) -> Result<ParsedBody, OperationError> {
    let parsed = parse(body, keep_arguments).map_err(|Unreadable| OperationError::NotJson)?;
    parsed
        .filter(|parsed| parsed.messages > 0)
        .ok_or(OperationError::NotAMessage)
}

/// `None` if it cannot be determined what one of the messages asks for.
fn parse(body: &[u8], keep_arguments: bool) -> Result<Option<ParsedBody>, Unreadable> {
    let mut reader = Reader::new(body, RULES)?;
    let parsed = match reader.next_required()? {
        Event::ObjectStart => {
            let message = Envelope::read(&mut reader, body)?;
            let id = message.id.and_then(RequestId::of);
            let mut parsed = ParsedBody {
                operations: Operations::new(),
                arguments: Arguments::new(),
                messages: 1,
                id,
            };
            message
                .add_to(&mut parsed, keep_arguments)?
                .then_some(parsed)
        }
        Event::ArrayStart => batch(&mut reader, body, keep_arguments)?,
        _ => return Err(Unreadable),
    };
    // To the end, even if the body is refused already, so that a syntax error is reported as one.
    while reader.next_event()?.is_some() {}
    Ok(parsed)
}

/// The messages of a batch, after its opening bracket.
fn batch<'a>(
    reader: &mut Reader<'a>,
    body: &'a [u8],
    keep_arguments: bool,
) -> Result<Option<ParsedBody>, Unreadable> {
    let mut parsed = ParsedBody {
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
        parsed.messages += 1;
        let message = Envelope::read(reader, body)?;
        if parsed.messages > MAX_BATCH || !message.add_to(&mut parsed, keep_arguments)? {
            return Ok(None);
        }
        if parsed.operations.len() > MAX_OPERATIONS {
            return Ok(None);
        }
    }
    Ok(Some(parsed))
}

#[cfg(test)]
mod tests;

//! [`Envelope`]: one JSON-RPC message, as far as it is needed to determine its operations.

use smallvec::smallvec;

use super::params::{Params, bounded_name};
use super::parsed_body::ParsedBody;
use crate::operation::members::{Members, Unreadable};
use crate::operation::method;
use crate::operation::method::Target;
use crate::operation::primitive::Primitive;
use crate::operation::{Operation, Operations};
use crate::support::json::{Event, JsonStr, LazyObject, Reader};

/// Longest name of a method, in bytes.
const MAX_METHOD: usize = 128;

/// One message.
#[derive(Default)]
pub(super) struct Envelope<'a> {
    /// The JSON of the id, a string or a number.
    pub(super) id: Option<&'a [u8]>,
    method: Option<JsonStr<'a>>,
    params: Params<'a>,
    /// Whether it has a `result` or an `error`.
    is_response: bool,
}

impl<'a> Envelope<'a> {
    /// Reads the members of a message, after its opening brace.
    pub(super) fn read(reader: &mut Reader<'a>, body: &'a [u8]) -> Result<Self, Unreadable> {
        let mut members = Members::of(["id", "method", "params", "result", "error"]);
        let mut message = Self::default();
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
                (Some("params"), _) => message.params = Params::read(reader, value, body)?,
                (member, value) => {
                    message.is_response |= member.is_some();
                    reader.skip(value)?;
                }
            }
        }
        Ok(message)
    }
}

impl Envelope<'_> {
    /// Adds its operations to those of the body; `false` if they cannot be determined.
    pub(super) fn add_to(
        self,
        body: &mut ParsedBody,
        keep_arguments: bool,
    ) -> Result<bool, Unreadable> {
        let arguments = self.params.arguments.filter(|_| keep_arguments);
        let Some(operations) = self.operations() else {
            return Ok(false);
        };
        if keep_arguments {
            for operation in &operations {
                let arguments = arguments.filter(|_| method::has_arguments(&operation.method));
                body.arguments.push(match arguments {
                    Some(json) => parse_arguments(json)?,
                    None => None,
                });
            }
        }
        body.operations.extend(operations);
        Ok(true)
    }

    /// Its operations; `None` if they cannot be determined.
    fn operations(self) -> Option<Operations> {
        let Some(method) = self.method else {
            return self.is_response.then(Operations::new);
        };
        if self.is_response {
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
                    Operation::new("resources/subscribe").with_primitive(Primitive::Resource, uri)
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
            Some((primitive, name)) => operation.with_primitive(primitive, bounded_name(name)?),
            // Not every revision and server has this method, and the inner service reports that.
            // Without a target, the rules for every possible target of the method apply.
            None if !target.is_in_headers() && !params.ambiguous => operation,
            None => return None,
        };
        Some(smallvec![operation])
    }
}

/// Parses the arguments of an operation strictly: an authorizer must decide by what the inner service
/// reads.
fn parse_arguments(json: &[u8]) -> Result<Option<LazyObject>, Unreadable> {
    let text = std::str::from_utf8(json).map_err(|_| Unreadable)?;
    match text {
        "null" => Ok(None),
        text => LazyObject::parse(text).map(Some).map_err(|_| Unreadable),
    }
}

//! [`Params`]: the members of `params` that name a target.

use std::borrow::Cow;

use crate::operation::members::{Members, Unreadable};
use crate::operation::primitive::Primitive;
use crate::support::json::{Event, JsonStr, Reader};

/// Most resources in a subscription.
pub(super) const MAX_SUBSCRIPTIONS: usize = 100;
/// Longest name or URI of a primitive, in bytes.
const MAX_NAME: usize = 8 * 1024;

/// The members of `params` that can name a target.
#[derive(Default)]
pub(super) struct Params<'a> {
    /// A member that can name a target has an unexpected type or place: another parser might accept
    /// it.
    pub(super) ambiguous: bool,
    pub(super) name: Option<JsonStr<'a>>,
    pub(super) uri: Option<JsonStr<'a>>,
    pub(super) reference: Option<(Primitive, JsonStr<'a>)>,
    pub(super) subscriptions: Vec<String>,
    /// The JSON of the arguments.
    pub(super) arguments: Option<&'a [u8]>,
}

impl<'a> Params<'a> {
    /// Reads the value of `params`, which begins with `value`.
    pub(super) fn read(
        reader: &mut Reader<'a>,
        value: Event<'a>,
        body: &'a [u8],
    ) -> Result<Self, Unreadable> {
        let mut members = Members::of(["name", "uri", "ref", "notifications", "arguments"]);
        let mut params = Self::default();
        match value {
            Event::ObjectStart => {}
            Event::Null => return Ok(params),
            // Params by position have no names.
            Event::ArrayStart => {
                reader.skip(value)?;
                params.ambiguous = true;
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
                    params.reference = read_reference(reader, value)?;
                    params.ambiguous |= params.reference.is_none();
                }
                (Some("arguments"), value) => {
                    let start = reader.start();
                    reader.skip(value)?;
                    params.arguments = body.get(start..reader.position());
                }
                (Some("notifications"), value) => {
                    params.subscriptions = read_subscriptions(reader, value)?;
                }
                (member, value) => {
                    // A `name` that is not a string is not an error yet: other methods have other
                    // params.
                    params.ambiguous |= member.is_some();
                    reader.skip(value)?;
                }
            }
        }
        Ok(params)
    }
}

/// A name or URI, unless it is too long.
pub(super) fn bounded_name(name: JsonStr<'_>) -> Option<Cow<'_, str>> {
    name.at_most(MAX_NAME)
}

/// The prompt or template in the `ref` of a completion; `None` for one that has both or neither.
fn read_reference<'a>(
    reader: &mut Reader<'a>,
    value: Event<'a>,
) -> Result<Option<(Primitive, JsonStr<'a>)>, Unreadable> {
    let mut members = Members::of(["name", "uri"]);
    if !matches!(value, Event::ObjectStart) {
        reader.skip(value)?;
        return Ok(None);
    }
    let (mut name, mut uri, mut ambiguous) = (None, None, false);
    while let Event::Name(member) = reader.next_required()? {
        let member = members.meet(member)?;
        let value = reader.next_required()?;
        match (member, value) {
            (Some("name"), Event::String(string)) => name = Some(string),
            (Some("uri"), Event::String(string)) => uri = Some(string),
            (member, value) => {
                ambiguous |= member.is_some();
                reader.skip(value)?;
            }
        }
    }
    Ok(match (name, uri) {
        (Some(name), None) if !ambiguous => Some((Primitive::Prompt, name)),
        (None, Some(uri)) if !ambiguous => Some((Primitive::ResourceTemplate, uri)),
        _ => None,
    })
}

/// The URIs in the `notifications` of `subscriptions/listen`. Any other type is refused: the inner
/// service might accept what this parser does not understand.
fn read_subscriptions<'a>(
    reader: &mut Reader<'a>,
    value: Event<'a>,
) -> Result<Vec<String>, Unreadable> {
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
                    Event::String(uri) if uris.len() < MAX_SUBSCRIPTIONS => {
                        uris.push(bounded_name(uri).ok_or(Unreadable)?.into_owned());
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

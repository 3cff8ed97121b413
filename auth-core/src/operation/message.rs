//! Finds the operations in a JSON-RPC body, without building it.
//!
//! Two parsers that see different things in one text are a way around any policy, so what could be
//! seen differently is refused: a member twice where we read, or in another case, and the names under which
//! `serde_json` hides texts and numbers of its own
//! (`$serde_json::private::RawValue` would be unpacked by a parser behind us).

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use smallvec::smallvec;

use super::target::{Member, Target};
use super::{Operation, OperationError, Operations};

/// Most messages of a batch: nobody sends that many, and each is asked about.
const MAX_BATCH: usize = 100;
/// Longest name of a method, and of what it is about, in bytes.
const MAX_METHOD: usize = 128;
const MAX_NAME: usize = 8 * 1024;

/// What a body asks for.
#[derive(Debug, PartialEq)]
pub(super) struct Read {
    /// Of all its messages, in their order. A response to the server is none.
    pub(super) operations: Operations,
    pub(super) messages: usize,
}

/// The operations of a body.
pub(super) fn operations(body: &[u8]) -> Result<Read, OperationError> {
    let Body(read) = serde_json::from_slice(body).map_err(|_| OperationError::NotJson)?;
    read.filter(|read| read.messages > 0)
        .ok_or(OperationError::NotAMessage)
}

#[derive(Default)]
struct Message {
    method: Option<String>,
    params: Params,
    /// Whether it has a `result` or an `error`.
    answers: bool,
}

impl Message {
    /// What it asks for; `None` if that cannot be told.
    fn operations(self) -> Option<Operations> {
        let Some(method) = self.method else {
            return self.answers.then(Operations::new);
        };
        if self.answers || method.len() > MAX_METHOD {
            return None;
        }
        let params = self.params;
        let target = Target::of(&method);
        let member = match target {
            Target::Nothing => return Some(smallvec![Operation::new(method)]),
            Target::InHeaders(member) | Target::InBody(member) => member,
        };
        let name = match member {
            Member::Name => params.name,
            Member::Uri => params.uri,
            Member::Reference => params.reference,
            Member::Subscriptions => {
                let uris = params.subscriptions.into_iter();
                let each = uris.map(|uri| Operation::new("resources/subscribe").about(uri));
                return Some([Operation::new(method)].into_iter().chain(each).collect());
            }
        };
        let operation = match (name, target) {
            (Some(name), _) if name.len() <= MAX_NAME => Operation::new(method).about(name),
            // Some revisions and servers do not have this method at all, and say so; without a
            // target the rules for each target of the method are asked.
            (None, Target::InBody(_)) if !params.unclear => Operation::new(method),
            _ => return None,
        };
        Some(smallvec![operation])
    }
}

/// The members of `params` that can name a target; of `ref` likewise.
#[derive(Default)]
struct Params {
    /// There is a target that is not where, or what, it should be: somebody might read it.
    unclear: bool,
    name: Option<String>,
    uri: Option<String>,
    reference: Option<String>,
    subscriptions: Vec<String>,
}

/// What a body asks for; `None` if that cannot be told of one of its messages.
struct Body(Option<Read>);

impl<'de> Deserialize<'de> for Body {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(BodyVisitor)
    }
}

struct BodyVisitor;

impl<'de> Visitor<'de> for BodyVisitor {
    type Value = Body;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a message or a batch")
    }

    fn visit_map<A: MapAccess<'de>>(self, members: A) -> Result<Body, A::Error> {
        let operations = MessageVisitor.visit_map(members)?.operations();
        Ok(Body(operations.map(|operations| Read {
            operations,
            messages: 1,
        })))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Body, A::Error> {
        let (mut operations, mut messages) = (Operations::new(), 0);
        while let Some(message) = items.next_element::<Message>()? {
            messages += 1;
            match message.operations() {
                Some(more) if messages <= MAX_BATCH => operations.extend(more),
                // The rest is still read, and not kept, so that what is no JSON is called that.
                _ => {
                    while items.next_element::<IgnoredAny>()?.is_some() {}
                    return Ok(Body(None));
                }
            }
        }
        Ok(Body(Some(Read {
            operations,
            messages,
        })))
    }
}

impl<'de> Deserialize<'de> for Message {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(MessageVisitor)
    }
}

struct MessageVisitor;

impl<'de> Visitor<'de> for MessageVisitor {
    type Value = Message;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON-RPC message")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Message, A::Error> {
        let (mut message, mut seen) = (Message::default(), Seen::default());
        while let Some(name) = members.next_key::<Cow<'de, str>>()? {
            match &*name {
                "method" => {
                    seen.once("method")?;
                    message.method = Some(members.next_value()?);
                }
                "params" => {
                    seen.once("params")?;
                    message.params = members.next_value()?;
                }
                "result" | "error" => {
                    message.answers = true;
                    members.next_value::<IgnoredAny>()?;
                }
                other => skip(
                    other,
                    &["method", "params", "result", "error"],
                    &mut members,
                )?,
            }
        }
        Ok(message)
    }
}

impl<'de> Deserialize<'de> for Params {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ParamsVisitor)
    }
}

struct ParamsVisitor;

impl<'de> Visitor<'de> for ParamsVisitor {
    type Value = Params;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("params")
    }

    fn visit_unit<E>(self) -> Result<Params, E> {
        Ok(Params::default())
    }

    /// Params by position name nothing.
    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Params, A::Error> {
        while items.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Params {
            unclear: true,
            ..Params::default()
        })
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Params, A::Error> {
        let (mut params, mut seen) = (Params::default(), Seen::default());
        while let Some(name) = members.next_key::<Cow<'de, str>>()? {
            match &*name {
                "name" => {
                    seen.once("name")?;
                    params.name = members.next_value::<Text>()?.0;
                    params.unclear |= params.name.is_none();
                }
                "uri" => {
                    seen.once("uri")?;
                    params.uri = members.next_value::<Text>()?.0;
                    params.unclear |= params.uri.is_none();
                }
                "ref" => {
                    seen.once("ref")?;
                    params.reference = members.next_value::<Reference>()?.0;
                    params.unclear |= params.reference.is_none();
                }
                "notifications" => {
                    seen.once("notifications")?;
                    params.subscriptions = members.next_value::<Notifications>()?.0;
                }
                other => skip(
                    other,
                    &["name", "uri", "ref", "notifications"],
                    &mut members,
                )?,
            }
        }
        Ok(params)
    }
}

/// The name or URI in the `ref` of a completion; nothing in a `ref` that has both or none.
struct Reference(Option<String>);

impl<'de> Deserialize<'de> for Reference {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let params = Params::deserialize(deserializer)?;
        Ok(Self(match (params.name, params.uri) {
            (Some(one), None) | (None, Some(one)) => Some(one),
            _ => None,
        }))
    }
}

/// The URIs in the `notifications` of `subscriptions/listen`. Nothing else is let through there:
/// what we could not read, somebody else might.
#[derive(Default)]
struct Notifications(Vec<String>);

impl<'de> Deserialize<'de> for Notifications {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NotificationsVisitor)
    }
}

struct NotificationsVisitor;

impl<'de> Visitor<'de> for NotificationsVisitor {
    type Value = Notifications;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("notifications")
    }

    fn visit_unit<E>(self) -> Result<Notifications, E> {
        Ok(Notifications::default())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Notifications, A::Error> {
        let (mut read, mut seen) = (Notifications::default(), Seen::default());
        while let Some(name) = members.next_key::<Cow<'de, str>>()? {
            if name == "resourceSubscriptions" {
                seen.once("resourceSubscriptions")?;
                let uris: Option<Vec<String>> = members.next_value()?;
                read.0 = uris.unwrap_or_default();
                if read.0.len() > MAX_BATCH || read.0.iter().any(|uri| uri.len() > MAX_NAME) {
                    return Err(A::Error::custom("too many or too long subscriptions"));
                }
            } else {
                skip(&name, &["resourceSubscriptions"], &mut members)?;
            }
        }
        Ok(read)
    }
}

/// A text, or something else that is not looked at: other methods have other params.
struct Text(Option<String>);

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TextVisitor)
    }
}

struct TextVisitor;

impl<'de> Visitor<'de> for TextVisitor {
    type Value = Text;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_str<E>(self, text: &str) -> Result<Text, E> {
        Ok(Text(Some(text.to_owned())))
    }

    fn visit_unit<E>(self) -> Result<Text, E> {
        Ok(Text(None))
    }

    fn visit_bool<E>(self, _: bool) -> Result<Text, E> {
        Ok(Text(None))
    }

    fn visit_i64<E>(self, _: i64) -> Result<Text, E> {
        Ok(Text(None))
    }

    fn visit_u64<E>(self, _: u64) -> Result<Text, E> {
        Ok(Text(None))
    }

    fn visit_f64<E>(self, _: f64) -> Result<Text, E> {
        Ok(Text(None))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Text, A::Error> {
        while items.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Text(None))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Text, A::Error> {
        while let Some(name) = members.next_key::<Cow<'de, str>>()? {
            skip(&name, &[], &mut members)?;
        }
        Ok(Text(None))
    }
}

/// Passes over the value of a member that is not looked at, beside those that are.
fn skip<'de, A: MapAccess<'de>>(
    name: &str,
    known: &[&str],
    members: &mut A,
) -> Result<(), A::Error> {
    if name.starts_with("$serde_json::private::") {
        return Err(A::Error::custom("a member that parsers unpack"));
    }
    // Some parsers, such as Go's, take the one for the other.
    if known.iter().any(|known| known.eq_ignore_ascii_case(name)) {
        return Err(A::Error::custom("a member in another case"));
    }
    members.next_value::<IgnoredAny>().map(drop)
}

/// The members that have been met in one object.
#[derive(Default)]
struct Seen(Vec<&'static str>);

impl Seen {
    fn once<E: Error>(&mut self, name: &'static str) -> Result<(), E> {
        if self.0.contains(&name) {
            return Err(E::custom("duplicate member"));
        }
        self.0.push(name);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operations_of_bodies() {
        use OperationError::{NotAMessage, NotJson};
        let operations =
            |body: &[u8]| super::operations(body).map(|read| read.operations.into_vec());
        let one = |operation| Ok(vec![operation]);
        let add = || Operation::tool("add");
        let control = r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"add","arguments":{"name":"x","name":1}}}"#;
        assert_eq!(operations(control.as_bytes()), one(add()), "the control");
        let private = "$serde_json::private::RawValue";
        for (body, expected) in [
            (r#"{"method":"tools/list"}"#.to_owned(), one(Operation::new("tools/list"))),
            (r#"{"method":"tools/list","params":null}"#.into(), one(Operation::new("tools/list"))),
            (r#"{"method":"x","params":[1]}"#.into(), one(Operation::new("x"))),
            (r#"{"method":"x","params":{"name":{"a":1},"uri":[1]}}"#.into(), one(Operation::new("x"))),
            (
                r#"{"method":"resources/read","params":{"uri":"file:///a"}}"#.into(),
                one(Operation::new("resources/read").about("file:///a")),
            ),
            (
                r#"{"method":"prompts/get","params":{"name":"p"}}"#.into(),
                one(Operation::new("prompts/get").about("p")),
            ),
            (
                r#"{"method":"completion/complete","params":{"ref":{"type":"ref/prompt","name":"p"},"name":"q"}}"#.into(),
                one(Operation::new("completion/complete").about("p")),
            ),
            (
                r#"{"method":"completion/complete","params":{"ref":{"uri":"u"}}}"#.into(),
                one(Operation::new("completion/complete").about("u")),
            ),
            (
                r#"[{"method":"tools/list"},{"method":"tools/call","params":{"name":"add"}},{"id":1,"result":{}}]"#.into(),
                Ok(vec![Operation::new("tools/list"), add()]),
            ),
            (r#"{"id":1,"result":{"method":"x"}}"#.into(), Ok(vec![])),
            (r#"{"id":1,"error":{}}"#.into(), Ok(vec![])),
            // Escapes are read.
            (r#"{"m\u0065thod":"tools/c\u0061ll","params":{"n\u0061me":"\u0061dd"}}"#.into(), one(add())),
            (
                r#"{"method":"resources/directory/read","params":{"uri":"file:///a"}}"#.into(),
                one(Operation::new("resources/directory/read").about("file:///a")),
            ),
            (
                r#"{"method":"subscriptions/listen","params":{"notifications":{"toolsListChanged":true,"resourceSubscriptions":["a","b"]}}}"#.into(),
                Ok(vec![
                    Operation::new("subscriptions/listen"),
                    Operation::new("resources/subscribe").about("a"),
                    Operation::new("resources/subscribe").about("b"),
                ]),
            ),
            (
                r#"{"method":"subscriptions/listen"}"#.into(),
                one(Operation::new("subscriptions/listen")),
            ),
            (
                r#"{"method":"subscriptions/listen","params":{"notifications":{"resourceSubscriptions":["a"],"resourceSubscriptions":[]}}}"#.into(),
                Err(NotJson),
            ),
            (
                r#"{"method":"subscriptions/listen","params":{"notifications":{"resourceSubscriptions":"a"}}}"#.into(),
                Err(NotJson),
            ),
            // Too much of it.
            (format!(r#"{{"method":"{}"}}"#, "m".repeat(128)), one(Operation::new("m".repeat(128)))),
            (format!(r#"{{"method":"{}"}}"#, "m".repeat(129)), Err(NotAMessage)),
            (control.replace("add", &"n".repeat(8192)), one(Operation::tool("n".repeat(8192)))),
            (control.replace("add", &"n".repeat(8193)), Err(NotAMessage)),
            (format!("[{}{control}]", format!("{control},").repeat(99)), Ok(vec![add(); 100])),
            (format!("[{}{control}]", format!("{control},").repeat(100)), Err(NotAMessage)),
            (format!("[{{}},{control},7]"), Err(NotAMessage)),
            (format!("[{{}},{control}"), Err(NotJson)),
            // What could be read in two ways.
            (r#"{"method":"tools/list","method":"tools/call"}"#.into(), Err(NotJson)),
            (r#"{"method":"tools/list","m\u0065thod":"tools/list"}"#.into(), Err(NotJson)),
            (r#"{"method":"tools/call","params":{"name":"a","name":"b"}}"#.into(), Err(NotJson)),
            (r#"{"method":"tools/call","params":{"name":"a"},"params":{"name":"a"}}"#.into(), Err(NotJson)),
            (r#"{"method":"tools/list","result":{}}"#.into(), Err(NotAMessage)),
            (format!(r#"{{"method":"tools/call","params":{{"{private}":"{{}}","name":"a"}}}}"#), Err(NotJson)),
            (format!(r#"{{"{private}":"{{}}","method":"tools/list"}}"#), Err(NotJson)),
            (format!(r#"{{"method":"tools/call","params":{{"name":{{"{private}":"\"b\""}}}}}}"#), Err(NotJson)),
            // No target.
            (r#"{"method":"tools/call"}"#.into(), Err(NotAMessage)),
            (r#"{"method":"tools/call","params":{"name":7}}"#.into(), Err(NotAMessage)),
            (r#"{"method":"tools/call","params":["add"]}"#.into(), Err(NotAMessage)),
            (r#"{"method":"tools/call","params":{"uri":"add"}}"#.into(), Err(NotAMessage)),
            (r#"{"method":"resources/read","params":{}}"#.into(), Err(NotAMessage)),
            (
                r#"{"method":"completion/complete","params":{"ref":{"name":"p","uri":"u"}}}"#.into(),
                Err(NotAMessage),
            ),
            (
                r#"{"method":"completion/complete","params":{"ref":["ref/resource","u"]}}"#.into(),
                Err(NotAMessage),
            ),
            (
                r#"{"method":"completion/complete","params":{"ref":null}}"#.into(),
                Err(NotAMessage),
            ),
            (
                r#"{"method":"completion/complete","params":{}}"#.into(),
                one(Operation::new("completion/complete")),
            ),
            (
                r#"{"method":"resources/subscribe","params":{"_meta":{}}}"#.into(),
                one(Operation::new("resources/subscribe")),
            ),
            (
                r#"{"method":"resources/subscribe"}"#.into(),
                one(Operation::new("resources/subscribe")),
            ),
            (r#"{"method":"resources/subscribe","params":["u"]}"#.into(), Err(NotAMessage)),
            (r#"{"method":"resources/subscribe","params":{"uri":["u"]}}"#.into(), Err(NotAMessage)),
            (r#"{"method":"resources/subscribe","params":{"uri":7}}"#.into(), Err(NotAMessage)),
            // Another case.
            (r#"{"method":"tools/list","Method":"tools/call"}"#.into(), Err(NotJson)),
            (r#"{"method":"tools/call","params":{"name":"a","NAME":"b"}}"#.into(), Err(NotJson)),
            (r#"{"method":"tools/call","params":{"name":"a","Names":"b"}}"#.into(), one(Operation::tool("a"))),
            (
                format!(r#"{{"method":"resources/subscribe","params":{{"uri":"{}"}}}}"#, "n".repeat(8193)),
                Err(NotAMessage),
            ),
            // No message.
            (r#"{"method":7}"#.into(), Err(NotJson)),
            (r#"{"id":1}"#.into(), Err(NotAMessage)),
            ("{}".into(), Err(NotAMessage)),
            ("[]".into(), Err(NotAMessage)),
            ("[[]]".into(), Err(NotJson)),
            ("7".into(), Err(NotJson)),
            ("".into(), Err(NotJson)),
            (format!("{control}x"), Err(NotJson)),
            (format!("\u{feff}{control}"), Err(NotJson)),
            (format!("{}{}", r#"{"a":"#.repeat(100_000), "}".repeat(100_000)), Err(NotJson)),
        ] {
            let shown: String = body.chars().take(200).collect();
            assert_eq!(operations(body.as_bytes()), expected, "{shown}");
        }
        assert_eq!(operations(b"{\"method\":\"\xff\"}"), Err(NotJson));
    }
}

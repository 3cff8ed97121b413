use super::*;
use crate::operation::Operation;
use crate::operation::primitive::Primitive;

#[test]
fn the_operations_of_a_body_are_determined_or_it_is_refused() {
    use OperationError::{NotAMessage, NotJson};
    let operations =
        |body: &[u8]| super::operations(body, false).map(|read| read.operations.into_vec());
    let one = |operation| Ok(vec![operation]);
    let add = || Operation::tool("add");
    let control = r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"add","arguments":{"name":"x","name":1}}}"#;
    assert_eq!(operations(control.as_bytes()), one(add()), "the control");
    let private = "$serde_json::private::RawValue";
    let listen = |number: usize| {
        let uris = vec![r#""a""#; number].join(",");
        format!(
            r#"{{"method":"subscriptions/listen","params":{{"notifications":{{"resourceSubscriptions":[{uris}]}}}}}}"#
        )
    };
    let listening = |number: usize| {
        let each = || Operation::new("resources/subscribe").with_name("a");
        let mut all = vec![Operation::new("subscriptions/listen")];
        all.resize_with(1 + number, each);
        all
    };
    for (body, expected) in [
        (r#"{"method":"tools/list"}"#.to_owned(), one(Operation::new("tools/list"))),
        (r#"{"method":"tools/list","params":null}"#.into(), one(Operation::new("tools/list"))),
        (r#"{"method":"x","params":[1]}"#.into(), one(Operation::new("x"))),
        (r#"{"method":"x","params":{"name":{"a":1},"uri":[1]}}"#.into(), one(Operation::new("x"))),
        (
            r#"{"method":"resources/read","params":{"uri":"file:///a"}}"#.into(),
            one(Operation::new("resources/read").with_name("file:///a")),
        ),
        (
            r#"{"method":"prompts/get","params":{"name":"p"}}"#.into(),
            one(Operation::new("prompts/get").with_name("p")),
        ),
        (
            r#"{"method":"completion/complete","params":{"ref":{"type":"ref/prompt","name":"p"},"name":"q"}}"#.into(),
            one(Operation::new("completion/complete").with_primitive(Primitive::Prompt, "p")),
        ),
        (
            r#"{"method":"completion/complete","params":{"ref":{"uri":"u"}}}"#.into(),
            one(Operation::new("completion/complete").with_primitive(Primitive::ResourceTemplate, "u")),
        ),
        (
            r#"[{"method":"tools/list"},{"method":"tools/call","params":{"name":"add"}},{"id":1,"result":{}}]"#.into(),
            Ok(vec![Operation::new("tools/list"), add()]),
        ),
        (r#"{"id":1,"result":{"method":"x"}}"#.into(), Ok(vec![])),
        (r#"{"id":1,"error":{}}"#.into(), Ok(vec![])),
        // Escapes are decoded.
        (r#"{"m\u0065thod":"tools/c\u0061ll","params":{"n\u0061me":"\u0061dd"}}"#.into(), one(add())),
        (
            r#"{"method":"resources/directory/read","params":{"uri":"file:///a"}}"#.into(),
            one(Operation::new("resources/directory/read").with_name("file:///a")),
        ),
        (
            r#"{"method":"subscriptions/listen","params":{"notifications":{"toolsListChanged":true,"resourceSubscriptions":["a","b"]}}}"#.into(),
            Ok(vec![
                Operation::new("subscriptions/listen"),
                Operation::new("resources/subscribe").with_name("a"),
                Operation::new("resources/subscribe").with_name("b"),
            ]),
        ),
        (
            r#"{"method":"subscriptions/listen"}"#.into(),
            one(Operation::new("subscriptions/listen")),
        ),
        (
            r#"{"method":"subscriptions/listen","params":{"notifications":null}}"#.into(),
            one(Operation::new("subscriptions/listen")),
        ),
        (
            r#"{"method":"subscriptions/listen","params":{"notifications":[]}}"#.into(),
            Err(NotJson),
        ),
        (
            r#"{"method":"subscriptions/listen","params":{"notifications":{"resourceSubscriptions":null}}}"#.into(),
            one(Operation::new("subscriptions/listen")),
        ),
        (listen(100), Ok(listening(100))),
        (listen(101), Err(NotJson)),
        (
            r#"{"method":"subscriptions/listen","params":{"notifications":{"resourceSubscriptions":["a"],"resourceSubscriptions":[]}}}"#.into(),
            Err(NotJson),
        ),
        (
            r#"{"method":"subscriptions/listen","params":{"notifications":{"resourceSubscriptions":"a"}}}"#.into(),
            Err(NotJson),
        ),
        // The limits.
        (format!(r#"{{"method":"{}"}}"#, "m".repeat(128)), one(Operation::new("m".repeat(128)))),
        (format!(r#"{{"method":"{}"}}"#, "m".repeat(129)), Err(NotAMessage)),
        // An escape of six bytes is one character.
        (format!(r#"{{"method":"{}"}}"#, r"\u006d".repeat(128)), one(Operation::new("m".repeat(128)))),
        (format!(r#"{{"method":"{}"}}"#, r"\u006d".repeat(129)), Err(NotAMessage)),
        (control.replace("add", &r"\u006e".repeat(8192)), one(Operation::tool("n".repeat(8192)))),
        (control.replace("add", &r"\u006e".repeat(8193)), Err(NotAMessage)),
        (control.replace("add", &"n".repeat(8192)), one(Operation::tool("n".repeat(8192)))),
        (control.replace("add", &"n".repeat(8193)), Err(NotAMessage)),
        (format!("[{}{control}]", format!("{control},").repeat(99)), Ok(vec![add(); 100])),
        (format!("[{}{control}]", format!("{control},").repeat(100)), Err(NotAMessage)),
        (format!("[{{}},{control},7]"), Err(NotAMessage)),
        (format!("[{{}},{control}"), Err(NotJson)),
        // Texts that can be read in more than one way.
        (r#"{"method":"tools/list","method":"tools/call"}"#.into(), Err(NotJson)),
        (r#"{"method":"tools/list","m\u0065thod":"tools/list"}"#.into(), Err(NotJson)),
        (r#"{"method":"tools/call","params":{"name":"a","name":"b"}}"#.into(), Err(NotJson)),
        (r#"{"method":"tools/call","params":{"name":"a"},"params":{"name":"a"}}"#.into(), Err(NotJson)),
        (r#"{"method":"tools/list","result":{}}"#.into(), Err(NotAMessage)),
        (format!(r#"{{"method":"tools/call","params":{{"{private}":"{{}}","name":"a"}}}}"#), Err(NotJson)),
        (format!(r#"{{"{private}":"{{}}","method":"tools/list"}}"#), Err(NotJson)),
        (format!(r#"{{"method":"tools/call","params":{{"name":{{"{private}":"\"b\""}}}}}}"#), Err(NotJson)),
        // Without a target.
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
            r#"{"method":"completion/complete","params":{"ref":{"name":7,"uri":"u"}}}"#.into(),
            Err(NotAMessage),
        ),
        (
            r#"{"method":"completion/complete","params":{"ref":{"name":"p","uri":7}}}"#.into(),
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
        // Names in another case.
        (r#"{"method":"tools/list","Method":"tools/call"}"#.into(), Err(NotJson)),
        (r#"{"method":"tools/call","params":{"name":"a","NAME":"b"}}"#.into(), Err(NotJson)),
        (r#"{"method":"tools/call","params":{"name":"a","Names":"b"}}"#.into(), one(Operation::tool("a"))),
        (
            format!(r#"{{"method":"resources/subscribe","params":{{"uri":"{}"}}}}"#, "n".repeat(8193)),
            Err(NotAMessage),
        ),
        // Not a message.
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

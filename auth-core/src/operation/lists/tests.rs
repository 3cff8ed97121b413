use super::*;
use crate::operation::RequestId;
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// The documented limit.
const LIMIT: usize = 4_194_304;

const ERROR: &str = r#"{"jsonrpc":"2.0","id":7,"error":{"code":-32603,"message":"The server's list cannot be read"}}"#;

fn filter(stream: bool) -> ListFilter {
    counted(stream).0
}

/// A filter, and the number of texts that it has withheld.
fn counted(stream: bool) -> (ListFilter, Arc<AtomicUsize>) {
    let kind = if stream {
        ResponseKind::Stream
    } else {
        ResponseKind::Json(RequestId::of(b"7"))
    };
    let withheld = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&withheld);
    let filter = ListFilter::new(
        kind,
        |operation| {
            let name = operation.name.as_deref().unwrap_or_default();
            !name.contains("secret")
        },
        move || {
            count.fetch_add(1, Ordering::SeqCst);
        },
    );
    (filter, withheld)
}

/// The output for an input in chunks of this size.
fn through(mut filter: ListFilter, bytes: &[u8], size: usize) -> Vec<u8> {
    let mut out = Vec::new();
    for chunk in bytes.chunks(size) {
        out.extend_from_slice(&filter.next(chunk));
    }
    out.extend_from_slice(&filter.finish());
    out
}

#[test]
fn hidden_items_are_removed_from_every_list() {
    for (member, name, other) in [
        ("tools", "name", json!({"name": "x"})),
        ("prompts", "name", json!({"name": "x"})),
        ("resources", "uri", json!({"uri": "x"})),
        (
            "resourceTemplates",
            "uriTemplate",
            json!({"uriTemplate": "x{y}"}),
        ),
        ("skills", "uri", json!({"uri": "x"})),
    ] {
        let secret = json!({name: "a secret", "more": [1]});
        let without_name = json!({"title": "without a name"});
        let list = json!({"id": 1, "result": {member: [secret, other, without_name], "ttlMs": 5, "cacheScope": "public"}});
        let expected =
            json!({"id": 1, "result": {member: [other], "ttlMs": 5, "cacheScope": "private"}});
        let text = list.to_string();
        for size in [1, 7, text.len()] {
            let out = through(filter(false), text.as_bytes(), size);
            assert_eq!(
                serde_json::from_slice::<Value>(&out).unwrap(),
                expected,
                "{member}"
            );
        }
        let batch = json!([{"id": 2, "result": {}}, list]).to_string();
        let out = through(filter(false), batch.as_bytes(), 99);
        let expected = json!([{"id": 2, "result": {}}, expected]);
        assert_eq!(serde_json::from_slice::<Value>(&out).unwrap(), expected);
    }
}

#[test]
fn each_event_is_filtered() {
    let list = r#"{"result":{"tools":[{"name":"secret"},{"name":"x"}]}}"#;
    let kept = r#"{"result":{"cacheScope":"private","tools":[{"name":"x"}]}}"#;
    let kept_in_lines =
        "{\"result\":\ndata: {\"cacheScope\":\"private\",\"tools\":[{\"name\":\"x\"}]}}";
    for (stream, expected) in [
        (format!("data: {list}\n\n"), format!("data: {kept}\n\n")),
        (
            format!(": hello\n\nid: 1\nevent: message\ndata: {list}\n\ndata: {{}}\n\n"),
            format!(": hello\n\nid: 1\nevent: message\ndata: {kept}\n\ndata: {{}}\n\n"),
        ),
        (
            format!("id: 1\r\ndata:{list}\r\n\r\n"),
            format!("id: 1\ndata: {kept}\n\n"),
        ),
        // One JSON text in two lines.
        (
            format!("data: {list}\n\n").replace(":{", ":\ndata: {"),
            format!("data: {kept_in_lines}\n\n"),
        ),
        (
            format!("id: 1\rdata: {list}\r\r:\n\n"),
            format!("id: 1\ndata: {kept}\n\n:\n\n"),
        ),
        (format!("data: {list}\n\r\n"), format!("data: {kept}\n\n")),
        (
            format!("\u{feff}data: {list}\n\n"),
            format!("data: {kept}\n\n"),
        ),
        // An incomplete event is not sent.
        (
            format!("data: {{}}\n\ndata: {list}\n"),
            "data: {}\n\n".into(),
        ),
    ] {
        for size in [1, 5, stream.len()] {
            let out = through(filter(true), stream.as_bytes(), size);
            assert_eq!(String::from_utf8(out).unwrap(), expected, "{stream}");
        }
    }
}

#[test]
fn bodies_without_a_list_are_unchanged() {
    for text in [
        "",
        r#"{ "result" : {"tools":{}} }"#,
        r#"{"error":{"tools":[]}}"#,
        r#"{"result":{"content":[{"name":"secret"}]}}"#,
        r#"{"result":{"n":1.10,"m":123456789012345678901234567890}}"#,
        "[ ]",
        "[1]",
        "7",
    ] {
        let (filter, withheld) = counted(false);
        assert_eq!(
            through(filter, text.as_bytes(), 3),
            text.as_bytes(),
            "{text}"
        );
        assert_eq!(withheld.load(Ordering::SeqCst), 0, "{text}");
    }
    for event in [
        "data: {\"id\":1}\n\n",
        ": ping\n\n",
        "id: 1\n\n",
        "id: 1\ndata:\n\n",
        "id: 1\ndata: \n\n",
        "retry: 10\r\n\r\n",
    ] {
        let (filter, withheld) = counted(true);
        assert_eq!(
            through(filter, event.as_bytes(), 3),
            event.as_bytes(),
            "{event}"
        );
        assert_eq!(withheld.load(Ordering::SeqCst), 0, "{event}");
    }
}

#[test]
fn the_bytes_around_a_list_are_unchanged() {
    let text = r#"{"id":1, "result": {"tools": [ {"name":"secret"}, {"name":"x", "n":1.10}],"ttlMs": 1e3}}"#;
    let expected = r#"{"id":1, "result": {"cacheScope":"private","tools": [{"name":"x", "n":1.10}],"ttlMs": 1e3}}"#;
    let out = through(filter(false), text.as_bytes(), 99);
    assert_eq!(String::from_utf8(out).unwrap(), expected);
}

#[test]
fn members_that_a_lenient_parser_could_accept_are_filtered() {
    for (list, expected) in [
        (
            r#"{"Tools":[{"name":"secret"}]}"#,
            r#"{"cacheScope":"private","Tools":[]}"#,
        ),
        (
            r#"{"tools":[{"name":"x"}],"tools":[{"name":"secret"}]}"#,
            r#"{"cacheScope":"private","tools":[{"name":"x"}],"tools":[]}"#,
        ),
        (
            r#"{"tools":[{"name":"x","name":"secret"},{"name":"x","NAME":"secret"}]}"#,
            r#"{"cacheScope":"private","tools":[]}"#,
        ),
        (
            r#"{"cacheScope":"public","tools":[],"cacheScope":"public"}"#,
            r#"{"cacheScope":"private","tools":[],"cacheScope":"private"}"#,
        ),
        (
            r#"{"t\u006fols":[{"n\u0061me":"s\u0065cret"},{"name":"x"}]}"#,
            r#"{"cacheScope":"private","t\u006fols":[{"name":"x"}]}"#,
        ),
    ] {
        let whole = |result: &str| format!(r#"{{"RESULT":{{}},"result":{result}}}"#);
        let out = through(filter(false), whole(list).as_bytes(), 99);
        assert_eq!(String::from_utf8(out).unwrap(), whole(expected), "{list}");
    }
}

#[test]
fn an_ambiguous_list_is_withheld() {
    let list = |odd: &str| format!(r#"{{"result":{{"tools":[{{"name":"secret"}}],"x":{odd}}}}}"#);
    let control = through(filter(false), list("1").as_bytes(), 9);
    assert!(!control.is_empty() && !control.windows(6).any(|part| part == b"secret"));
    let deep = format!("{}{}", "[".repeat(130), "]".repeat(130));
    let mut bytes: Vec<_> = [
        r#""\ud800""#,
        r#""\udc00\ud800""#,
        "1e400",
        "-1e999",
        &"9".repeat(400),
        &deep,
        r#"{"$serde_json::private::RawValue":"1"}"#,
        r#"{"$serde_json::private::Number":"1"}"#,
        "01",
        "nul",
        "'x'",
        "1}}x",
        "[1,]",
    ]
    .into_iter()
    .map(|odd| list(odd).into_bytes())
    .collect();
    bytes.push(format!("\u{feff}{}", list("1")).into_bytes());
    bytes.push(list("\"\u{1}\"").into_bytes());
    bytes.push([list("\"").as_bytes(), b"\xff\"}}"].concat());
    bytes.push(b"{".to_vec());
    bytes.push(b"not json".to_vec());
    for odd in bytes {
        let shown = String::from_utf8_lossy(&odd).into_owned();
        for size in [1, 9, odd.len()] {
            let (filter, withheld) = counted(false);
            let out = through(filter, &odd, size);
            assert_eq!(String::from_utf8(out).unwrap(), ERROR, "{shown}");
            assert_eq!(withheld.load(Ordering::SeqCst), 1, "{shown}");
            if odd.contains(&b'\n') {
                continue;
            }
            // In a stream the other events are sent.
            let (filter, withheld) = counted(true);
            let stream = [b"data: {}\n\ndata: ", &odd[..], b"\n\ndata: 1\n\n"].concat();
            let out = through(filter, &stream, size);
            let expected = "data: {}\n\ndata: 1\n\n";
            assert_eq!(String::from_utf8(out).unwrap(), expected, "{shown}");
            assert_eq!(withheld.load(Ordering::SeqCst), 1, "{shown}");
        }
    }
}

#[test]
fn without_a_request_id_the_error_has_none() {
    let filter = ListFilter::new(ResponseKind::Json(None), |_| true, || {});
    let expected = ERROR.replace("\"id\":7,", "");
    assert_eq!(through(filter, b"{", 1), expected.as_bytes());
}

#[test]
fn an_unreadable_body_is_withheld() {
    let (json, stream) = (r#"{"result":{"tools":[]}}"#, "data: 1\n\n");
    assert!(!through(filter(false), json.as_bytes(), 2).is_empty());
    assert!(!through(filter(true), stream.as_bytes(), 2).is_empty());
    // Even if its bytes look like JSON: the client decodes them to something else.
    for bytes in ["gzip", json, stream] {
        let bytes = bytes.as_bytes();
        let error = ERROR.as_bytes();
        assert_eq!(through(filter(false).withholding_all(), bytes, 2), error);
        assert_eq!(through(filter(true).withholding_all(), bytes, 2), b"");
    }
    assert_eq!(
        through(filter(false).withholding_all(), b"", 2),
        b"",
        "an empty body is no list"
    );
}

#[test]
fn a_text_over_the_limit_is_withheld() {
    for (stream, expected) in [(false, ERROR), (true, "")] {
        let mut filter = filter(stream);
        let part = vec![b' '; LIMIT];
        assert!(filter.next(&part).is_empty());
        assert!(!filter.is_finished());
        assert_eq!(filter.next(b" "), expected);
        assert!(filter.is_finished());
        assert!(filter.next(b" ").is_empty());
        assert!(filter.finish().is_empty());
    }
}

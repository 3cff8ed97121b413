use crate::support::json::*;
use serde_json::json;

const RAW: &str = "$serde_json::private::RawValue";
const NUMBER: &str = "$serde_json::private::Number";

fn error_of(text: &str) -> Option<JsonError> {
    let rules = Rules::STRICT;
    let checked = check(text.as_bytes(), rules).err();
    assert_eq!(checked, value(text.as_bytes(), rules).err(), "{text}");
    checked
}

#[test]
fn values_are_built_as_written() {
    for (text, expected) in [
        ("null", json!(null)),
        ("true", json!(true)),
        (" false ", json!(false)),
        ("0", json!(0)),
        ("-12.5e-3", json!(-0.0125)),
        (r#""""#, json!("")),
        (r#""\u0061\n😀\ud83d\ude00""#, json!("a\n😀😀")),
        ("[]", json!([])),
        ("[ ]", json!([])),
        ("{}", json!({})),
        ("{ }", json!({})),
        (r#"[1,[2,{"a":[]}],"x"]"#, json!([1, [2, {"a": []}], "x"])),
        (
            "\t{\n\"a\" :\r 1 , \"b\" : {\"a\":null} } ",
            json!({"a": 1, "b": {"a": null}}),
        ),
        (
            r#"{"a":18446744073709551615,"b":-9223372036854775808,"c":1e30}"#,
            json!({"a": u64::MAX, "b": i64::MIN, "c": 1e30}),
        ),
    ] {
        assert_eq!(
            value(text.as_bytes(), Rules::STRICT),
            Ok(expected),
            "{text}"
        );
    }
}

#[test]
fn invalid_json_is_refused() {
    assert_eq!(error_of(r#"{"a":[1,2]}"#), None, "the control");
    for text in [
        "",
        " ",
        "{",
        "[",
        "}",
        "]",
        "{]",
        "[}",
        "[1}",
        r#"{"a":1]"#,
        "[,1]",
        "[1,]",
        "[1 2]",
        r#"{,"a":1}"#,
        r#"{"a":1,}"#,
        r#"{"a" 1}"#,
        r#"{"a":}"#,
        r#"{"a"}"#,
        "{a:1}",
        "{1:1}",
        r#"{"a":1 "b":2}"#,
        r#"{"a":1}x"#,
        "1 2",
        "nul",
        "nulll",
        "True",
        "NaN",
        "Infinity",
        "01",
        "1.",
        "'a'",
        r#""a"#,
        "\"a\n\"",
        "\"\u{0}\"",
        r#""\x""#,
        r#""\ud800""#,
        r#""\udc00\ud800""#,
        r#""\u12""#,
        "\u{feff}{}",
        "{}\u{feff}",
        "[1]//",
        ":",
        ",",
        r#"["a":1]"#,
        r#"{"a":1,"b"}"#,
    ] {
        assert!(
            matches!(error_of(text), Some(JsonError::Syntax { .. })),
            "{text}"
        );
        assert!(
            serde_json::from_str::<Value>(text).is_err(),
            "serde_json: {text}"
        );
    }
    for bytes in [
        &b"\"\xff\""[..],
        b"{\"\xc3\":1}",
        b"\xed\xa0\x80",
        b"\xff\xfe{\0}\0",
    ] {
        assert_eq!(check(bytes, Rules::STRICT), Err(JsonError::NotUtf8));
    }
}

#[test]
fn a_number_is_parsed_without_surrounding_characters() {
    for (digits, expected) in [
        ("0", Some(json!(0))),
        ("12", Some(json!(12))),
        ("-1.5e1", Some(json!(-15.0))),
        ("18446744073709551615", Some(json!(u64::MAX))),
        ("12 ", None),
        (" 12", None),
        ("12,", None),
        ("012", None),
        ("12.", None),
        ("", None),
        ("1e308", Some(json!(1e308))),
        ("1e309", None),
    ] {
        assert_eq!(number(digits).map(Value::Number), expected, "{digits:?}");
    }
}

#[test]
fn duplicate_names_are_found_at_every_depth() {
    let many: String = (0..100).map(|number| format!("\"n{number}\":0,")).collect();
    for (text, duplicate) in [
        (
            r#"{"a":1,"b":{"a":1},"c":[{"a":1},{"a":1}]}"#.to_owned(),
            false,
        ),
        (r#"{"a":1,"a":1}"#.into(), true),
        (r#"{"a":1,"\u0061":2}"#.into(), true),
        (r#"{"a":{"b":1,"b":2}}"#.into(), true),
        (r#"[{"a":[{"b":1,"c":0,"b":2}]}]"#.into(), true),
        (format!(r#"{{"x":1,{many}"y":1}}"#), false),
        (format!(r#"{{"x":1,{many}"x":1}}"#), true),
        (format!(r#"{{"a":{{"x":1,{many}"\u0078":1}}}}"#), true),
    ] {
        let expected = duplicate.then_some(JsonError::DuplicateMember);
        assert_eq!(error_of(&text), expected, "{text}");
        let permissive = check(text.as_bytes(), Rules::STRICT.duplicates_allowed());
        assert_eq!(permissive, Ok(()), "{text}");
    }
    let last = value(br#"{"a":1,"a":2}"#, Rules::STRICT.duplicates_allowed());
    assert_eq!(last, Ok(json!({"a": 2})));
}

#[test]
fn names_that_serde_json_reserves_are_refused_at_every_depth() {
    assert_eq!(error_of(r#"{"a":{"$serde_json":1}}"#), None, "the control");
    for name in [
        RAW,
        NUMBER,
        "$serde_json::private::",
        "$serde_json::private::Later",
        r"\u0024serde_json::private::RawValue",
        r"$serde_json\u003a:private::Number",
    ] {
        for text in [
            format!(r#"{{"{name}":"1"}}"#),
            format!(r#"{{"a":{{"{name}":"1"}}}}"#),
            format!(r#"[[{{"b":[],"{name}":"1"}}]]"#),
            format!(r#"{{"{name}":"[]","a":1}}"#),
        ] {
            assert_eq!(error_of(&text), Some(JsonError::ReservedMember), "{text}");
            let permissive = check(text.as_bytes(), Rules::STRICT.duplicates_allowed());
            assert_eq!(permissive, Err(JsonError::ReservedMember), "{text}");
        }
        // As a value it is an ordinary string.
        assert_eq!(error_of(&format!(r#"{{"a":"{name}"}}"#)), None, "{name}");
    }
}

#[test]
fn depth_is_bounded_by_the_rules() {
    let nested = |open: &str, close: &str, levels: usize| {
        format!("{}1{}", open.repeat(levels), close.repeat(levels))
    };
    for (open, close) in [("[", "]"), (r#"{"a":"#, "}")] {
        assert_eq!(error_of(&nested(open, close, 64)), None, "the control");
        let deep = nested(open, close, 65);
        assert_eq!(error_of(&deep), Some(JsonError::TooDeep { limit: 64 }));
        for (limit, allowed) in [(65, 65), (127, 127), (128, 127), (usize::MAX, 127), (0, 0)] {
            let rules = Rules::STRICT.max_depth(limit);
            assert_eq!(
                check(nested(open, close, allowed).as_bytes(), rules),
                Ok(())
            );
            let deeper = nested(open, close, allowed + 1);
            let expected = Err(JsonError::TooDeep { limit: allowed });
            assert_eq!(check(deeper.as_bytes(), rules), expected);
        }
        let hostile = nested(open, close, 1_000_000);
        assert!(matches!(
            error_of(&hostile),
            Some(JsonError::TooDeep { .. })
        ));
    }
    // The same limit as that of serde_json.
    let deepest = nested("[", "]", Rules::DEEPEST);
    assert!(serde_json::from_str::<Value>(&deepest).is_ok());
}

#[test]
fn numbers_outside_the_range_of_a_double_are_refused() {
    assert_eq!(error_of("[1e308]"), None, "the control");
    for text in ["[1e309]", "[-1e400]", &"9".repeat(400)] {
        assert!(
            matches!(error_of(text), Some(JsonError::NumberOutOfRange { .. })),
            "{text}"
        );
    }
}

#[test]
fn a_type_is_deserialized_or_the_mismatch_is_reported() {
    #[derive(Debug, PartialEq, serde::Deserialize)]
    struct Shape {
        n: f64,
        name: Option<String>,
    }
    let shape = from_slice::<Shape>(br#"{"n":1.5,"other":[{}]}"#, Rules::STRICT);
    assert_eq!(shape, Ok(Shape { n: 1.5, name: None }));
    let wrong = from_slice::<Shape>(br#"{"n":"x"}"#, Rules::STRICT).unwrap_err();
    assert_eq!(
        wrong.to_string(),
        r#"invalid type: string "x", expected f64"#
    );
    let broken = from_slice::<Shape>(br#"{"n":1.5"#, Rules::STRICT).unwrap_err();
    assert_eq!(broken.to_string(), "not JSON at byte 8");
}

#[test]
fn every_call_after_an_error_returns_an_error() {
    for text in [
        r#"{"a":1,"a":2}"#,
        "[1,x,2]",
        r#"{"$serde_json::private::x":1}"#,
        "[1e999,1]",
    ] {
        let mut reader = Reader::new(text.as_bytes(), Rules::STRICT).unwrap();
        while let Ok(event) = reader.next_event() {
            assert!(event.is_some(), "{text} was not refused");
        }
        for _ in 0..text.len() + 2 {
            assert!(reader.next_event().is_err(), "{text}");
        }
    }
}

#[test]
fn a_skipped_value_has_a_start_and_an_end() {
    let text = r#"{"a": [1, {"b": 2}], "c" : "d"}"#;
    let mut reader = Reader::new(text.as_bytes(), Rules::STRICT).unwrap();
    assert!(matches!(reader.next_event(), Ok(Some(Event::ObjectStart))));
    let mut seen = Vec::new();
    while let Ok(Some(Event::Name(name))) = reader.next_event() {
        let first = reader.next_required().unwrap();
        let start = reader.start();
        reader.skip(first).unwrap();
        seen.push((name.decode(), text.get(start..reader.position()).unwrap()));
    }
    assert_eq!(
        seen,
        [("a".into(), r#"[1, {"b": 2}]"#), ("c".into(), r#""d""#)]
    );
    assert!(matches!(reader.next_event(), Ok(None)), "the end was read");
}

#[test]
fn a_string_has_a_raw_and_a_decoded_form() {
    for (text, raw, decoded) in [
        (r#""""#, "", ""),
        (r#""aé""#, "aé", "aé"),
        (r#""\u0061\n""#, r"\u0061\n", "a\n"),
    ] {
        let mut reader = Reader::new(text.as_bytes(), Rules::STRICT).unwrap();
        let Some(Event::String(string)) = reader.next_event().unwrap() else {
            unreachable!("a string");
        };
        assert_eq!((string.raw(), &*string.decode()), (raw, decoded), "{text}");
    }
}

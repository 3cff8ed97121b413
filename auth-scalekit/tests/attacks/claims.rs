//! T20 to T30: the claims.

use serde_json::{Value, json};

use super::{Forge, Row, row, shown};

pub(super) fn rows(forge: &Forge<'_>) -> Vec<Row> {
    [
        times(forge),
        issuers(forge),
        audiences(forge),
        subjects(forge),
        others(forge),
        duplicates(forge),
        not_objects(forge),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn claim(forge: &Forge<'_>, name: &str, value: &Value, fate: &'static str) -> Row {
    let token = forge.token().claim(name, value.clone());
    row(format!("{name} {}", shown(value)), token.sign(), fate)
}

/// T22 to T26.
fn times(forge: &Forge<'_>) -> Vec<Row> {
    let mut rows = Vec::new();
    for name in ["exp", "nbf", "iat"] {
        let now = forge.claims()["iat"].as_u64().unwrap();
        for value in [
            json!(null),
            json!(true),
            json!(false),
            json!(""),
            json!("soon"),
            json!(now.to_string()),
            json!("1e10"),
            json!({}),
            json!({"v": now}),
            json!([]),
            json!([now]),
            json!(-1),
            json!(-0.5),
            json!(-1e300),
            json!(1e18),
            json!(1e300),
            json!(u64::MAX),
            json!(i64::MIN),
            json!(253_402_300_800_u64),
            json!(1e308),
        ] {
            rows.push(claim(forge, name, &value, "malformed_time"));
        }
        let text = forge.claims().to_string();
        for (what, number) in [
            ("1e400", "1e400"),
            ("NaN", "NaN"),
            ("Infinity", "Infinity"),
            ("hexadecimal", "0xff"),
            ("with a plus", "+1"),
            ("with a leading zero", "01"),
            ("with a bare point", "1."),
        ] {
            let old = format!("\"{name}\":{}", forge.claims()[name]);
            let json = text.replace(&old, &format!("\"{name}\":{number}"));
            assert_ne!(json, text);
            rows.push(row(
                format!("{name} {what}"),
                forge.token().raw_payload(json).sign(),
                // What is no JSON number is no JSON.
                "malformed_claims",
            ));
        }
    }
    let now = forge.claims()["iat"].as_u64().unwrap();
    // The clock is 120 s ahead of the tokens' making when they are judged.
    for (name, value, fate) in [
        ("exp", json!(0), "expired"),
        ("exp", json!(now), "expired"),
        ("exp", json!(now + 59), "expired"),
        ("exp", json!(now + 60), "expired"),
        ("exp", json!(now + 61), "accepted"),
        ("exp", json!(now as f64 + 60.9), "expired"),
        ("exp", json!(now as f64 + 61.5), "accepted"),
        ("exp", json!(253_402_300_799_u64), "accepted"),
        ("nbf", json!(now + 180), "accepted"),
        ("nbf", json!(now + 181), "not_yet_valid"),
        ("nbf", json!(253_402_300_799_u64), "not_yet_valid"),
        ("nbf", json!(0), "accepted"),
        ("iat", json!(now + 180), "accepted"),
        ("iat", json!(now + 181), "issued_in_the_future"),
        ("iat", json!(0), "accepted"),
    ] {
        rows.push(claim(forge, name, &value, fate));
    }
    rows.push(row(
        "no exp",
        forge.token().without_exp().sign(),
        "missing_expiry",
    ));
    rows.push(row(
        "no nbf is good",
        forge.token().without_claim("nbf").sign(),
        "accepted",
    ));
    rows.push(row(
        "no iat is good",
        forge.token().without_claim("iat").sign(),
        "accepted",
    ));
    rows.push(row(
        "EXP in place of exp",
        forge.token().without_exp().claim("EXP", now + 1000).sign(),
        "missing_expiry",
    ));
    rows
}

/// T27.
fn issuers(forge: &Forge<'_>) -> Vec<Row> {
    let ours = forge.claims()["iss"].as_str().unwrap().to_owned();
    let resource = forge.0.scalekit.issuer().to_owned();
    let mut rows = vec![claim(forge, "iss", &json!(resource), "accepted")];
    let wrong = [
        json!(null),
        json!(7),
        json!(true),
        json!({}),
        json!([]),
        json!([ours]),
        json!(["https://evil.example", ours]),
        json!([ours, "https://evil.example"]),
        json!({"0": ours}),
        json!(""),
        json!(format!("{ours}/")),
        json!(format!("{ours} ")),
        json!(format!(" {ours}")),
        json!(format!("{ours}#")),
        json!(format!("{ours}?")),
        json!(format!("{ours}\u{0}")),
        json!(format!("{ours}/resources")),
        json!(format!("{resource}/")),
        json!(format!("{ours}/resources/res_2")),
        json!(format!(
            "{ours}//resources/{}",
            forge.0.scalekit.resource_id()
        )),
        json!(format!(
            "{ours}/resources/{}/..",
            forge.0.scalekit.resource_id()
        )),
        json!(ours.to_uppercase()),
        json!(ours.replace("http:", "https:")),
        json!(ours.replace("127.0.0.1", "localhost")),
        json!(ours.replace("127.0.0.1", "127.1")),
        json!(ours.replace("http://", "http://x@")),
        json!(&ours[..ours.len() - 1]),
        json!(&ours[1..]),
        json!(format!("{ours}.evil.example")),
        json!(format!("{ours}:443")),
        json!("https://evil.example"),
        json!(format!("https://evil.example/{ours}")),
        json!(format!("{ours},https://evil.example")),
        json!(format!("{ours} https://evil.example")),
    ];
    rows.extend(
        wrong
            .iter()
            .map(|value| claim(forge, "iss", value, "wrong_issuer")),
    );
    rows.push(row(
        "no iss",
        forge.token().without_issuer().sign(),
        "wrong_issuer",
    ));
    rows
}

/// T28.
fn audiences(forge: &Forge<'_>) -> Vec<Row> {
    let ours = forge.0.scalekit.resource_id().to_owned();
    let mut rows: Vec<_> = [
        json!(ours),
        json!([ours]),
        json!(["x", ours]),
        json!([ours, ours]),
    ]
    .iter()
    .map(|value| claim(forge, "aud", value, "accepted"))
    .collect();
    let wrong = [
        json!(null),
        json!(7),
        json!(true),
        json!({}),
        json!({"a": ours}),
        json!([]),
        json!([7]),
        json!([ours, 7]),
        json!([ours, null]),
        json!([[ours]]),
        json!([{"a": ours}]),
        json!(""),
        json!([""]),
        json!("*"),
        json!(["*"]),
        json!(format!("{ours} ")),
        json!(format!(" {ours}")),
        json!(format!("{ours}1")),
        json!(&ours[..ours.len() - 1]),
        json!(ours.to_uppercase()),
        json!(ours.replace("res_", "")),
        json!(format!("{ours},x")),
        json!(format!("{ours} x")),
        json!("res_2"),
        json!(["res_2"]),
        json!(super::support::MCP_URL),
        json!([super::support::MCP_URL]),
        json!(forge.claims()["client_id"]),
        json!(forge.claims()["iss"]),
        json!("https://evil.example"),
    ];
    rows.extend(
        wrong
            .iter()
            .map(|value| claim(forge, "aud", value, "wrong_audience")),
    );
    rows.push(row(
        "no aud",
        forge.token().without_audience().sign(),
        "wrong_audience",
    ));
    rows
}

/// T30.
fn subjects(forge: &Forge<'_>) -> Vec<Row> {
    let mut rows: Vec<_> = [
        json!(null),
        json!(7),
        json!(true),
        json!(""),
        json!([]),
        json!(["usr_1"]),
        json!({}),
    ]
    .iter()
    .map(|value| claim(forge, "sub", value, "missing_subject"))
    .collect();
    rows.push(row(
        "no sub",
        forge.token().without_subject().sign(),
        "missing_subject",
    ));
    rows.push(claim(
        forge,
        "sub",
        &json!("conn_1;a@b.example"),
        "accepted",
    ));
    rows
}

fn others(forge: &Forge<'_>) -> Vec<Row> {
    let mut rows = Vec::new();
    for name in ["client_id", "oid", "jti"] {
        for value in [
            json!(null),
            json!(7),
            json!(true),
            json!([]),
            json!(["x"]),
            json!({}),
        ] {
            rows.push(claim(forge, name, &value, "malformed_claim"));
        }
        rows.push(row(
            format!("no {name} is good"),
            forge.token().without_claim(name).sign(),
            "accepted",
        ));
    }
    for value in [
        json!({"jkt": "x"}),
        json!({"x5t#S256": "x"}),
        json!({}),
        json!(null),
        json!("x"),
        json!([]),
    ] {
        rows.push(claim(forge, "cnf", &value, "unchecked_proof"));
    }
    // The verifier does not read these claims, so any value is accepted.
    for (name, value) in [
        ("roles", json!("admin")),
        ("permissions", json!(7)),
        ("email", json!(null)),
        ("x", json!({"a": [1, {"b": null}]})),
        ("__proto__", json!({"admin": true})),
    ] {
        rows.push(claim(forge, name, &value, "accepted"));
    }
    rows
}

/// T20, of the claims.
fn duplicates(forge: &Forge<'_>) -> Vec<Row> {
    let claims = forge.claims();
    let text = claims.to_string();
    let mut rows = Vec::new();
    for name in [
        "exp",
        "iss",
        "aud",
        "sub",
        "scope",
        "nbf",
        "iat",
        "client_id",
        "oid",
        "roles",
        "jti",
    ] {
        for value in [claims[name].clone(), json!("evil"), json!(null)] {
            let member = format!("\"{name}\":{value}");
            let escaped = format!("\"\\u{:04x}{}\":{value}", name.as_bytes()[0], &name[1..]);
            for (how, member) in [("plainly", member), ("escaped", escaped)] {
                for (place, json) in [
                    ("first", format!("{{{member},{}", &text[1..])),
                    ("last", format!("{},{member}}}", &text[..text.len() - 1])),
                ] {
                    let token = forge.token().raw_payload(json);
                    let name = format!("{name} twice, {how} and {place}, with {}", shown(&value));
                    rows.push(row(name, token.sign(), "duplicate_member"));
                }
            }
        }
    }
    rows
}

/// T19 and T21, of the claims.
fn not_objects(forge: &Forge<'_>) -> Vec<Row> {
    let text = forge.claims().to_string();
    let member = |value: &str| format!("{},\"x\":{value}}}", &text[..text.len() - 1]).into_bytes();
    let wrong: [(&str, Vec<u8>); 19] = [
        ("empty", Vec::new()),
        ("null", b"null".to_vec()),
        ("true", b"true".to_vec()),
        ("a number", b"7".to_vec()),
        ("a text", serde_json::to_vec(&text).unwrap()),
        ("an array", format!("[{text}]").into_bytes()),
        ("an empty array", b"[]".to_vec()),
        ("cut off", text[..text.len() - 1].into()),
        ("twice", format!("{text}{text}").into_bytes()),
        ("and a byte", format!("{text}x").into_bytes()),
        ("and a NUL", [text.as_bytes(), b"\0"].concat()),
        ("after a BOM", format!("\u{feff}{text}").into_bytes()),
        (
            "in UTF-16",
            text.encode_utf16().flat_map(u16::to_le_bytes).collect(),
        ),
        (
            "a member of bytes that are no text",
            [&text.as_bytes()[..text.len() - 1], b",\"x\":\"\xff\"}"].concat(),
        ),
        ("a member with a lone surrogate", member(r#""\ud800""#)),
        ("a member with a control character", member("\"\u{1}\"")),
        (
            "a member nested in arrays",
            member(&["[".repeat(1000), "]".repeat(1000)].concat()),
        ),
        (
            "a member nested in objects",
            member(&["{\"a\":".repeat(600), "1".into(), "}".repeat(600)].concat()),
        ),
        ("form-encoded", b"iss=a&sub=b".to_vec()),
    ];
    wrong
        .into_iter()
        .map(|(name, bytes)| {
            row(
                format!("claims {name}"),
                forge.token().raw_payload(bytes).sign(),
                "malformed_claims",
            )
        })
        .collect()
}

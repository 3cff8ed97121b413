//! T13 to T18: what a token looks like from outside.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE, URL_SAFE_NO_PAD};

use super::{Forge, Row, row};

pub(super) fn rows(forge: &Forge<'_>) -> Vec<Row> {
    let good = forge.token().sign();
    let parts: Vec<&str> = good.split('.').collect();
    let [header, payload, signature] = parts[..] else {
        panic!("three parts");
    };
    let mut rows = Vec::new();
    for (name, token, fate) in [
        ("nothing", String::new(), "no_bearer_token"),
        ("a dot", ".".into(), "not_compact"),
        (
            "two dots and nothing between",
            "..".into(),
            "malformed_header",
        ),
        ("ten dots", ".".repeat(10), "not_compact"),
        ("a header", header.into(), "not_compact"),
        (
            "a header and a payload",
            format!("{header}.{payload}"),
            "not_compact",
        ),
        ("a dot after it", format!("{good}."), "not_compact"),
        ("a dot before it", format!(".{good}"), "not_compact"),
        ("four parts", format!("{good}.AA"), "not_compact"),
        ("five parts", format!("{good}.AA.AA"), "not_compact"),
        ("two tokens", format!("{good}.{good}"), "not_compact"),
        (
            "no header",
            format!(".{payload}.{signature}"),
            "malformed_header",
        ),
        (
            "no payload",
            format!("{header}..{signature}"),
            "malformed_claims",
        ),
        (
            "no signature",
            format!("{header}.{payload}."),
            "bad_signature",
        ),
        (
            "header and payload swapped",
            format!("{payload}.{header}.{signature}"),
            "wrong_algorithm",
        ),
        (
            "detached",
            format!("{header}..{signature}").replace("..", "."),
            "not_compact",
        ),
        ("in quotes", format!("\"{good}\""), "no_bearer_token"),
        ("in brackets", format!("[{good}]"), "no_bearer_token"),
        ("a newline after it", format!("{good}\n"), "no_bearer_token"),
        (
            "a space in it",
            good.replacen('.', ". ", 1),
            "no_bearer_token",
        ),
        ("a NUL after it", format!("{good}\u{0}"), "no_bearer_token"),
        (
            "a comma in it",
            good.replacen('.', ",", 1),
            "no_bearer_token",
        ),
        (
            "percent-encoded dots",
            good.replace('.', "%2E"),
            "no_bearer_token",
        ),
        (
            "JSON serialization",
            format!("{{\"protected\":\"{header}\"}}"),
            "no_bearer_token",
        ),
        (
            "a polyglot that begins with a brace",
            format!("{{{good}"),
            "no_bearer_token",
        ),
        (
            "8 KiB and a byte",
            format!("{good}{}", "A".repeat(8193 - good.len())),
            "too_long",
        ),
        ("400 KB", "A".repeat(400_000), "too_long"),
        ("a megabyte of dots", ".".repeat(1_000_000), "too_long"),
        ("8 KiB of dots", ".".repeat(8192), "not_compact"),
        ("8 KiB of letters", "A".repeat(8192), "not_compact"),
    ] {
        rows.push(row(name, token, fate));
    }
    rows.extend(base64(header, payload, signature));
    rows.extend(encrypted(header));
    rows
}

/// T16: every part in every encoding that is not strict base64url.
fn base64(header: &str, payload: &str, signature: &str) -> Vec<Row> {
    let names = ["header", "payload", "signature"];
    let parts = [header, payload, signature];
    let mut rows = Vec::new();
    for (index, name) in names.iter().enumerate() {
        let part = parts[index];
        let with = |changed: String| {
            let mut parts = parts.map(str::to_owned);
            parts[index] = changed;
            parts.join(".")
        };
        let bytes = base64::engine::general_purpose::URL_SAFE_NO_PAD
            .decode(part)
            .unwrap();
        // An equals sign at the end of a bearer token is padding to the layer, elsewhere a fault.
        let padded = if index == 2 {
            "not_compact"
        } else {
            "no_bearer_token"
        };
        for (how, changed, fate) in [
            ("one equals sign", format!("{part}="), padded),
            ("two equals signs", format!("{part}=="), padded),
            ("four equals signs", format!("{part}===="), padded),
            (
                "a plus",
                format!("{}+", &part[..part.len() - 1]),
                "not_compact",
            ),
            (
                "a slash",
                format!("{}/", &part[..part.len() - 1]),
                "not_compact",
            ),
            ("a tilde", format!("{part}~"), "not_compact"),
            ("a question mark", format!("{part}?"), "no_bearer_token"),
            ("a space", format!("{part} "), "no_bearer_token"),
            ("a line feed", format!("{part}\n"), "no_bearer_token"),
            ("a tab", format!("{part}\t"), "no_bearer_token"),
            (
                "a letter of another script",
                format!("{part}\u{430}"),
                "no_bearer_token",
            ),
        ] {
            rows.push(row(format!("{name} with {how}"), with(changed), fate));
        }
        let standard = STANDARD.encode(&bytes);
        let padded = URL_SAFE.encode(&bytes);
        if padded.ends_with('=') {
            let fate = if index == 2 {
                "not_compact"
            } else {
                "no_bearer_token"
            };
            rows.push(row(format!("{name} padded"), with(padded), fate));
        }
        if standard.trim_end_matches('=') != part {
            let standard = standard.trim_end_matches('=').to_owned();
            rows.push(row(
                format!("{name} in the other alphabet"),
                with(standard),
                "not_compact",
            ));
        }
        let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        let fate = match index {
            _ if URL_SAFE_NO_PAD.decode(&hex).is_err() => "not_compact",
            0 => "malformed_header",
            1 => "malformed_claims",
            _ => "bad_signature",
        };
        rows.push(row(format!("{name} in hexadecimal"), with(hex), fate));
    }
    rows
}

/// T14: five parts are an encrypted token, which is not unpacked.
fn encrypted(header: &str) -> Vec<Row> {
    let encode = |text: &str| URL_SAFE_NO_PAD.encode(text);
    [
        r#"{"alg":"dir","enc":"A256GCM"}"#,
        r#"{"alg":"RSA-OAEP","enc":"A256GCM","zip":"DEF"}"#,
        r#"{"alg":"PBES2-HS256+A128KW","enc":"A128CBC-HS256","p2c":2147483647,"p2s":"AA"}"#,
        r#"{"alg":"ECDH-ES","enc":"A256GCM","epk":{}}"#,
    ]
    .into_iter()
    .map(|text| {
        row(
            format!("encrypted {text}"),
            format!("{}.AA.AA.AA.AA", encode(text)),
            "not_compact",
        )
    })
    .chain([row(
        "encrypted with our header",
        format!("{header}.AA.AA.AA.AA"),
        "not_compact",
    )])
    .collect()
}

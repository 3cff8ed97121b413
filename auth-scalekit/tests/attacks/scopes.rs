//! T31: what a token was granted, when the claim is not what it should be.

use serde_json::json;

use super::{Forge, Row, row, shown};

pub(super) fn rows(forge: &Forge<'_>) -> Vec<Row> {
    let mut rows = Vec::new();
    for name in ["scope", "scp", "scopes"] {
        let token = || forge.token().without_scope_claims();
        for value in [
            json!(null),
            json!(7),
            json!(true),
            json!({}),
            json!({"a": 1}),
            json!([7]),
            json!(["a", null]),
            json!([["a"]]),
            json!([{"a": "b"}]),
        ] {
            let jwt = token().claim(name, value.clone()).sign();
            rows.push(row(
                format!("{name} {}", shown(&value)),
                jwt,
                "malformed_claim",
            ));
        }
        // These grant what they say and no more.
        for value in [
            json!(""),
            json!(" "),
            json!("  a  b "),
            json!("a a"),
            json!("a\tb"),
            json!("a\nb"),
            json!("a,b"),
            json!("\"admin\""),
            json!("*"),
            json!("\u{e9}"),
            json!([]),
            json!([""]),
            json!(["a b"]),
            json!(["a", "a"]),
        ] {
            let jwt = token().claim(name, value.clone()).sign();
            rows.push(row(
                format!("{name} {} is no fault", shown(&value)),
                jwt,
                "accepted",
            ));
        }
    }
    rows
}

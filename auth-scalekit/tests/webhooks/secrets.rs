//! Secrets are checked when they are configured, and not shown.

use std::env::VarError;
use std::fs;

use auth_scalekit::webhooks::WebhookSecrets;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::stage::{KEY, OTHER_KEY, secret};

fn of(length: usize) -> String {
    secret(&vec![b'x'; length])
}

#[test]
fn secrets_have_a_form_and_a_length() {
    let (one, other) = (secret(KEY), secret(OTHER_KEY));
    let nine = [one.as_str(); 9].join(" ");
    let eight = [one.as_str(); 8].join(" ");
    let bare = STANDARD.encode(KEY);
    let rows: [(&str, &str, Result<usize, &str>); 17] = [
        ("the control", &one, Ok(1)),
        ("two", &format!("{one} {other}"), Ok(2)),
        ("with commas", &format!("{one},{other}"), Ok(2)),
        ("with both", &format!(" {one} , {other}\n"), Ok(2)),
        ("24 bytes", &of(24), Ok(1)),
        ("64 bytes", &of(64), Ok(1)),
        ("eight", &eight, Ok(8)),
        ("nine", &nine, Err("has 9 secrets")),
        (
            "23 bytes",
            &of(23),
            Err("does not have 24 to 64 bytes after whsec_"),
        ),
        (
            "65 bytes",
            &of(65),
            Err("does not have 24 to 64 bytes after whsec_"),
        ),
        ("no prefix", &bare, Err("does not begin with whsec_")),
        (
            "another prefix",
            &format!("WHSEC_{bare}"),
            Err("does not begin with whsec_"),
        ),
        (
            "no base64",
            &format!("{one}!"),
            Err("is not base64 after whsec_"),
        ),
        (
            "cut off",
            &one[..one.len() - 1],
            Err("is not base64 after whsec_"),
        ),
        (
            "one of two",
            &format!("{one} {bare}"),
            Err("has a secret, number 2, that does not begin"),
        ),
        ("empty", "", Err("is empty")),
        ("blanks", " , ", Err("is empty")),
    ];
    for (name, text, expected) in rows {
        match (WebhookSecrets::new(text), expected) {
            (Ok(secrets), Ok(count)) => {
                let shown = format!("{secrets:?}");
                assert_eq!(shown, format!("WebhookSecrets({count} redacted)"), "{name}");
            }
            (Err(errors), Err(problem)) => {
                let shown = errors.to_string();
                let begin = format!("webhook_secret {problem}");
                assert!(shown.starts_with(&begin), "{name}: {shown}");
                assert!(!shown.contains(&bare[..8]), "{name}: {shown}");
            }
            (secrets, _) => panic!("{name}: {secrets:?}"),
        }
    }
}

#[test]
fn secrets_are_read_from_a_variable_or_a_file() {
    const VARIABLE: &str = "SCALEKIT_WEBHOOK_SECRET";
    const FILE: &str = "SCALEKIT_WEBHOOK_SECRET_FILE";
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let good = write("good", &format!("{}\n{}\n", secret(KEY), secret(OTHER_KEY)));
    let bad = write("bad", "whsec_x");
    let long = write("long", &" ".repeat(16 * 1024 + 1));
    let absent = folder.path().join("absent").to_str().unwrap().to_owned();
    let one = secret(KEY);
    /// A name, variables, and how the error begins.
    type Row<'a> = (&'a str, &'a [(&'a str, &'a str)], Result<(), &'a str>);
    let rows: [Row<'_>; 8] = [
        ("a variable", &[(VARIABLE, &one)], Ok(())),
        ("a file", &[(FILE, &good)], Ok(())),
        (
            "neither",
            &[],
            Err("SCALEKIT_WEBHOOK_SECRET is not set: copy"),
        ),
        (
            "both",
            &[(VARIABLE, &one), (FILE, &good)],
            Err(
                "SCALEKIT_WEBHOOK_SECRET and SCALEKIT_WEBHOOK_SECRET_FILE are both set: remove one",
            ),
        ),
        (
            "a bad variable",
            &[(VARIABLE, "x")],
            Err("SCALEKIT_WEBHOOK_SECRET does not begin"),
        ),
        (
            "a bad file",
            &[(FILE, &bad)],
            Err("SCALEKIT_WEBHOOK_SECRET_FILE is not base64"),
        ),
        (
            "a long file",
            &[(FILE, &long)],
            Err("SCALEKIT_WEBHOOK_SECRET_FILE names a file of more"),
        ),
        (
            "no file",
            &[(FILE, &absent)],
            Err("SCALEKIT_WEBHOOK_SECRET_FILE names a file that cannot"),
        ),
    ];
    for (name, variables, expected) in rows {
        let read = |name: &str| {
            let mut variables = variables.iter();
            let found = variables.find(|(known, _)| *known == name);
            found
                .map(|(_, text)| (*text).to_owned())
                .ok_or(VarError::NotPresent)
        };
        let result = WebhookSecrets::from_variables(read);
        match (result, expected) {
            (Ok(_), Ok(())) => {}
            (Err(errors), Err(begin)) => {
                assert!(errors.to_string().starts_with(begin), "{name}: {errors}");
            }
            (result, _) => panic!("{name}: {result:?}"),
        }
    }
    for name in [VARIABLE, FILE] {
        let read = |variable: &str| match variable == name {
            true => Err(VarError::NotUnicode("x".into())),
            false => Err(VarError::NotPresent),
        };
        let errors = WebhookSecrets::from_variables(read).unwrap_err();
        assert_eq!(
            errors.to_string(),
            format!("{name} is not UTF-8 text: set it again")
        );
    }
}

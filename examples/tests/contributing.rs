//! CONTRIBUTING.md names files and tests that exist.
#![allow(missing_docs, reason = "a test")]
#![allow(clippy::unwrap_used, reason = "a failure here is the test's failure")]

use std::fs;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// What is between backticks in the table of where to add what.
fn named_in_the_table() -> Vec<String> {
    let page = fs::read_to_string(root().join("CONTRIBUTING.md")).unwrap();
    let rows = page.lines().filter(|line| line.starts_with("| "));
    rows.flat_map(|row| row.split('`').skip(1).step_by(2).map(str::to_owned))
        .collect()
}

/// The text of all sources below a folder.
fn sources(folder: &Path, text: &mut String) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            if !path.ends_with("target") && !path.ends_with("node_modules") {
                sources(&path, text);
            }
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            text.push_str(&fs::read_to_string(path).unwrap());
        }
    }
}

#[test]
fn every_path_in_the_table_exists() {
    let named = named_in_the_table();
    let paths = named.iter().filter(|name| name.contains('/'));
    let mut found = 0;
    for path in paths {
        assert!(root().join(path).exists(), "{path}");
        found += 1;
    }
    assert!(found > 20, "{named:?}");
}

#[test]
fn every_test_in_the_table_exists() {
    let mut text = String::new();
    for package in ["auth-core", "auth-scalekit", "auth-testkit", "examples"] {
        sources(&root().join(package), &mut text);
    }
    let named = named_in_the_table();
    // Names of tests are the only ones with two underscores.
    let tests = named.iter().filter(|name| {
        !name.contains('/') && name.matches('_').count() > 1 && !name.contains("::")
    });
    let mut found = 0;
    for test in tests {
        assert!(text.contains(&format!("fn {test}(")), "{test}");
        found += 1;
    }
    assert!(found > 5, "{named:?}");
}

//! `WWW-Authenticate` of any server.

use super::challenge_reader::read_line;
use crate::wire::challenges::{
    Challenge, Challenges, MAX_CHALLENGES, MAX_PARAMETERS, MAX_PROBLEMS,
};

/// Header lines, separated by line feeds.
pub fn challenges(data: &[u8]) {
    let lines: Vec<&[u8]> = data.split(|byte| *byte == b'\n').collect();
    let challenges = Challenges::read(lines.iter().copied());
    assert!(challenges.iter().count() <= MAX_CHALLENGES);
    assert!(challenges.problems().len() <= MAX_PROBLEMS);
    for challenge in &challenges {
        assert!(challenge.parameters().count() <= MAX_PARAMETERS);
        for (name, value) in challenge.parameters() {
            let found = challenge.parameter(&name.to_ascii_uppercase());
            assert_eq!(found, Some(value), "duplicates are not kept");
        }
    }
    check_strict_reading(&challenges, &lines);
    check_round_trip(&challenges);
    check_quoting(data);
}

/// A reader that knows the grammar of one challenge with parameters alone returns the same.
fn check_strict_reading(challenges: &Challenges, lines: &[&[u8]]) {
    let [line] = lines else { return };
    let Some(parameters) = read_line(line, "Bearer") else {
        return;
    };
    // What only the lenient reader checks: the number and names of parameters, and the encoding.
    let names = parameters.iter().map(|(name, _)| name.to_ascii_lowercase());
    let distinct = names.collect::<std::collections::HashSet<_>>().len();
    if distinct < parameters.len() || distinct > MAX_PARAMETERS || !line.is_ascii() {
        return;
    }
    let is_text = |value: &str| value.bytes().all(|byte| byte >= b' ' && byte != 0x7f);
    if parameters.iter().all(|(_, value)| is_text(value)) {
        assert_eq!(challenges.problems(), []);
        let [bearer] = challenges.iter().as_slice() else {
            panic!("one challenge expected, got {challenges:?}");
        };
        let found = bearer
            .parameters()
            .map(|(name, value)| (name.into(), value.into()));
        assert_eq!(found.collect::<Vec<(String, String)>>(), parameters);
    }
}

/// What was read, written by the grammar with a line for each challenge, is read as the same.
fn check_round_trip(challenges: &Challenges) {
    let is_token = |text: &str| {
        let delimiter = |byte: u8| b"\"(),/:;<=>?@[\\]{}".contains(&byte);
        text.bytes()
            .all(|byte| byte.is_ascii_graphic() && !delimiter(byte))
    };
    let written = challenges.iter().filter(|challenge| {
        is_token(challenge.scheme()) && challenge.parameters().all(|(name, _)| is_token(name))
    });
    let written: Vec<&Challenge> = written.collect();
    let lines: Vec<String> = written.iter().map(|challenge| write(challenge)).collect();
    // Quotes, escapes and replacement characters make it longer, perhaps than the limit.
    if lines.iter().map(|line| line.len() + 1).sum::<usize>() < 16 * 1024 {
        let again = Challenges::read(lines.iter().map(String::as_bytes));
        assert_eq!(again.iter().collect::<Vec<_>>(), written, "{lines:?}");
    }
}

fn write(challenge: &Challenge) -> String {
    if let Some(token) = challenge.token68() {
        return format!("{} {token}", challenge.scheme());
    }
    let parameters = challenge.parameters();
    let parameters: Vec<_> = parameters
        .map(|(name, value)| format!("{name}={}", quoted(value)))
        .collect();
    format!("{} {}", challenge.scheme(), parameters.join(", "))
}

fn quoted(value: &str) -> String {
    let escaped = value.replace('\\', "\\\\").replace('"', "\\\"");
    format!("\"{escaped}\"")
}

/// Whatever is within quotes is the value of that parameter, and no other challenge and parameter.
fn check_quoting(data: &[u8]) {
    let value = String::from_utf8_lossy(data);
    let line = format!("Basic realm={}, Bearer error=x", quoted(&value));
    if line.len() < 16 * 1024 {
        let challenges = Challenges::read([line.as_bytes()]);
        let [basic, bearer] = challenges.iter().as_slice() else {
            panic!("two challenges expected, got {challenges:?}");
        };
        let realm: Vec<_> = basic.parameters().collect();
        assert_eq!(realm, [("realm", &*value)]);
        assert_eq!(bearer.parameters().collect::<Vec<_>>(), [("error", "x")]);
    }
}

//! Lists of scopes.

use crate::token::Scopes;

/// Parses a list of scopes; if it is invalid, its valid members.
pub(super) fn parse_scopes(text: &str) -> Scopes {
    let clean = text
        .chars()
        .all(|character| matches!(character, ' '..='~') && !matches!(character, '"' | '\\'));
    let parsed = Scopes::parse(text);
    assert_eq!(parsed.is_ok(), clean, "{text:?}");
    let scopes = parsed.unwrap_or_else(|_| Scopes::granted(text.split(' ')));
    check_scopes(&scopes);
    scopes
}

pub(super) fn check_scopes(scopes: &Scopes) {
    let mut names: Vec<_> = scopes.iter().map(|scope| scope.as_str()).collect();
    for name in &names {
        assert!(!name.is_empty() && scopes.contains(name));
        assert!(
            name.bytes()
                .all(|byte| byte.is_ascii_graphic() && byte != b'"' && byte != b'\\')
        );
    }
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), scopes.len(), "a scope is duplicated");
    assert_eq!(Scopes::parse(&scopes.to_string()).as_ref(), Ok(scopes));
}

//! What the bytes of a header line are: tokens, blanks, delimiters.

/// A character of a token (RFC 9110 section 5.6.2).
pub(super) fn is_token_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

/// The part before the first of these bytes, and the rest.
pub(super) fn split_at_any<'a>(bytes: &'a [u8], ends: &[u8]) -> (&'a [u8], &'a [u8]) {
    let end = bytes.iter().position(|byte| ends.contains(byte));
    bytes.split_at(end.unwrap_or(bytes.len()))
}

pub(super) fn after_blanks(bytes: &[u8]) -> &[u8] {
    let start = bytes.iter().position(|byte| !b" \t".contains(byte));
    bytes
        .get(start.unwrap_or(bytes.len())..)
        .unwrap_or_default()
}

/// Whether the bytes after a name start with the `=` of its value, which blanks may precede (RFC 9110 section 11.2).
pub(super) fn starts_value(after_name: &[u8]) -> bool {
    after_blanks(after_name).first() == Some(&b'=')
}

/// Whether a name with an `=` is next: a parameter, or a token that ends with `=`.
pub(super) fn starts_parameter(bytes: &[u8]) -> bool {
    let (name, rest) = split_at_any(after_blanks(bytes), b" \t,=\"");
    !name.is_empty() && starts_value(rest)
}

/// The `token68` at the start of the bytes, if it is a whole list element (RFC 9110 section 11.2).
pub(super) fn token68(bytes: &[u8]) -> Option<&[u8]> {
    let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._~+/".contains(byte);
    let length = bytes.iter().take_while(|byte| is_part(byte)).count();
    let padding = bytes.iter().skip(length).take_while(|byte| **byte == b'=');
    let (token, rest) = bytes.split_at_checked(length.saturating_add(padding.count()))?;
    let ends = matches!(after_blanks(rest).first(), None | Some(b','));
    (length > 0 && ends).then_some(token)
}

/// The bytes as a string. Those that are not UTF-8 are replaced.
pub(super) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

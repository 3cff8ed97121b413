//! Reads one parameter of a `Bearer` challenge
//! ([RFC 9110 section 11.6.1](https://www.rfc-editor.org/rfc/rfc9110#section-11.6.1)), from
//! any header value, valid or not.
//!
//! The crate `http-auth` is too strict for this: one unquoted URL, a missing comma or a `Negotiate`
//! challenge with a token makes it reject the whole header, and the finding would then claim that there is
//! no `Bearer` challenge.

/// The result of the search.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum BearerParameter {
    /// There is no `Bearer` challenge.
    NoBearer,
    /// A `Bearer` challenge without the parameter.
    NoParameter,
    Value(String),
}

/// The parameter `name`, in lower case, of the first `Bearer` challenge in these header values.
pub(super) fn bearer_parameter<'a>(
    values: impl IntoIterator<Item = &'a str>,
    name: &str,
) -> BearerParameter {
    let mut found = BearerParameter::NoBearer;
    for value in values {
        let mut bearer = false;
        for part in parts(value) {
            // A part is `scheme name=value`, `scheme`, or another `name=value` of the same scheme.
            let (before, value) = split_parameter(part);
            let (scheme, parameter) = match before.split_once([' ', '\t']) {
                Some((scheme, parameter)) => (Some(scheme), parameter.trim()),
                None if value.is_none() => (Some(before), ""),
                None => (None, before),
            };
            if let Some(scheme) = scheme {
                bearer = scheme.eq_ignore_ascii_case("bearer");
            }
            if bearer && found == BearerParameter::NoBearer {
                found = BearerParameter::NoParameter;
            }
            if bearer && parameter.eq_ignore_ascii_case(name) {
                return BearerParameter::Value(unquoted(value.unwrap_or_default()));
            }
        }
    }
    found
}

/// `name=value`, where a quoted value may hold `=` as well.
fn split_parameter(part: &str) -> (&str, Option<&str>) {
    match part.split_once('=') {
        Some((name, value)) => (name.trim(), Some(value.trim())),
        None => (part, None),
    }
}

/// The parts between commas outside quotes.
fn parts(value: &str) -> impl Iterator<Item = &str> {
    let (mut quoted, mut escaped) = (false, false);
    let at_comma = move |character: char| {
        match character {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            ',' => return !quoted,
            _ => {}
        }
        false
    };
    value
        .split(at_comma)
        .map(str::trim)
        .filter(|part| !part.is_empty())
}

fn unquoted(value: &str) -> String {
    let Some(inner) = value.strip_prefix('"') else {
        return value.into();
    };
    let inner = inner.strip_suffix('"').unwrap_or(inner);
    let mut text = String::new();
    let mut characters = inner.chars();
    while let Some(character) = characters.next() {
        match character {
            '\\' => text.extend(characters.next()),
            character => text.push(character),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_of_challenges() {
        let value = |text: &str| BearerParameter::Value(text.into());
        for (values, found) in [
            (vec![r#"Bearer a="1""#], value("1")),
            (vec![r#"bearer A=1"#], value("1")),
            (vec![r#"Bearer b="x, a=2", a="1\"\\""#], value(r#"1"\"#)),
            (vec![r#"Basic a="2", Bearer b="1", a="1""#], value("1")),
            (vec![r#"Basic a="2""#, r#"Bearer a="=1=""#], value("=1=")),
            (
                vec![r#"Bearer b="1", Basic a="2""#],
                BearerParameter::NoParameter,
            ),
            (vec!["Bearer"], BearerParameter::NoParameter),
            (vec![r#"Basic a="1""#], BearerParameter::NoBearer),
            (vec![r#"BearerX a="1""#], BearerParameter::NoBearer),
            (vec![], BearerParameter::NoBearer),
            (vec!["", ",,", "=", "\"", "\\"], BearerParameter::NoBearer),
            (vec![r#"Bearer a="1"#], value("1")),
            (vec![r#"Bearer a"#], value("")),
            (vec![r#"Bearer a="\"#], value("")),
        ] {
            assert_eq!(bearer_parameter(values.clone(), "a"), found, "{values:?}");
        }
    }
}

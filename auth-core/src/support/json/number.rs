//! Numbers: their grammar, and their conversion to `serde_json::Number`.

use serde_json::Number;

/// The length of the number at the start of `bytes`
/// ([RFC 8259 section 6](https://www.rfc-editor.org/rfc/rfc8259#section-6)); `None` if there is none.
pub(super) fn length(bytes: &[u8]) -> Option<usize> {
    let mut at = usize::from(bytes.first() == Some(&b'-'));
    let whole = digits(bytes, at);
    if whole == 0 || (whole > 1 && bytes.get(at) == Some(&b'0')) {
        return None;
    }
    at += whole;
    if bytes.get(at) == Some(&b'.') {
        let fraction = digits(bytes, at + 1);
        if fraction == 0 {
            return None;
        }
        at += 1 + fraction;
    }
    if matches!(bytes.get(at), Some(b'e' | b'E')) {
        at += 1;
        at += usize::from(matches!(bytes.get(at), Some(b'+' | b'-')));
        let exponent = digits(bytes, at);
        if exponent == 0 {
            return None;
        }
        at += exponent;
    }
    Some(at)
}

fn digits(bytes: &[u8], from: usize) -> usize {
    let rest = bytes.get(from..).unwrap_or_default();
    rest.iter().take_while(|byte| byte.is_ascii_digit()).count()
}

/// Numbers without an exponent that have at most this length always fit a double.
const ALWAYS_FITS: usize = 300;

/// Whether the number fits a double, perhaps rounded.
pub(super) fn fits(number: &str) -> bool {
    let plain = !number.bytes().any(|byte| matches!(byte, b'e' | b'E'));
    (plain && number.len() <= ALWAYS_FITS)
        || number.parse().is_ok_and(|number: f64| number.is_finite())
}

/// Parses a number: an integer if it is written as one and fits 64 bits, else a double. This is what
/// `serde_json` does by default, but not with the feature `arbitrary_precision`.
pub(super) fn parse(number: &str) -> Option<Number> {
    if !number
        .bytes()
        .any(|byte| matches!(byte, b'.' | b'e' | b'E'))
    {
        if let Ok(unsigned) = number.parse::<u64>() {
            return Some(unsigned.into());
        }
        // Negative zero is a double, since integers have none.
        if let Ok(signed) = number.parse::<i64>()
            && signed != 0
        {
            return Some(signed.into());
        }
    }
    Number::from_f64(number.parse().ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_length_ends_where_the_number_does() {
        for (text, expected) in [
            ("0", Some(1)),
            ("-0", Some(2)),
            ("10,", Some(2)),
            ("1.5e3]", Some(5)),
            ("1E+30", Some(5)),
            ("1e-3 ", Some(4)),
            ("01", None),
            ("-01", None),
            ("-", None),
            ("", None),
            ("+1", None),
            (".5", None),
            ("1.", None),
            ("1.e3", None),
            ("1e", None),
            ("1e+", None),
            ("NaN", None),
            ("0x1", Some(1)),
        ] {
            assert_eq!(length(text.as_bytes()), expected, "{text}");
        }
    }

    #[test]
    fn integers_stay_integers_and_other_numbers_become_doubles() {
        for (text, expected) in [
            ("0", Number::from(0)),
            ("18446744073709551615", Number::from(u64::MAX)),
            ("-9223372036854775808", Number::from(i64::MIN)),
            (
                "18446744073709551616",
                Number::from_f64(18446744073709551616.0).unwrap(),
            ),
            ("2.5", Number::from_f64(2.5).unwrap()),
            ("1.0", Number::from_f64(1.0).unwrap()),
            ("1e30", Number::from_f64(1e30).unwrap()),
            ("-0", Number::from_f64(-0.0).unwrap()),
        ] {
            assert_eq!(parse(text), Some(expected), "{text}");
        }
        assert_eq!(
            parse("1792000000.5").and_then(|n| n.as_f64()),
            Some(1_792_000_000.5)
        );
        assert_eq!(parse("7").and_then(|n| n.as_u64()), Some(7));
    }

    #[test]
    fn numbers_outside_the_range_of_a_double_are_refused() {
        let long = "9".repeat(309);
        for (text, expected) in [
            ("1e308", true),
            ("1e309", false),
            ("-1e400", false),
            ("1E400", false),
            ("1e-400", true),
            (&long, false),
            (&"9".repeat(300), true),
            (&"9".repeat(308), true),
        ] {
            assert_eq!(fits(text), expected, "{text}");
            assert_eq!(parse(text).is_some(), expected, "{text}");
        }
    }
}

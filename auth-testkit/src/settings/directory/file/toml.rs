//! TOML as [`Node`]s.

use serde_json::Number;
use toml::Spanned;
use toml::de::{DeInteger, DeTable, DeValue};

use super::error::DirectoryError;
use super::node::{Content, Lines, Member, Node};

/// As deep as JSON may be nested. The parser has a limit too, which a feature of the crate takes away.
const MAX_DEPTH: usize = 64;

/// # Errors
///
/// When the text is not TOML: the line, and what the parser has expected there.
pub(super) fn read(text: &str, lines: &Lines) -> Result<Node, DirectoryError> {
    let table = DeTable::parse(text).map_err(|error| {
        let line = error.span().and_then(|span| lines.at(span.start));
        DirectoryError::new(format!("not TOML: {}", error.message())).at_line(line)
    })?;
    let members = members(table.get_ref(), lines, MAX_DEPTH)?;
    Ok(Node {
        line: Some(1),
        content: Content::Table(members),
    })
}

/// In the order of the file.
fn members(
    table: &DeTable<'_>,
    lines: &Lines,
    depth: usize,
) -> Result<Vec<Member>, DirectoryError> {
    let mut entries: Vec<_> = table.iter().collect();
    entries.sort_by_key(|(name, _)| name.span().start);
    let members = entries.into_iter().map(|(name, value)| {
        Ok(Member {
            name: name.get_ref().clone().into_owned(),
            line: lines.at(name.span().start),
            node: node(value, lines, depth)?,
        })
    });
    members.collect()
}

fn node(value: &Spanned<DeValue<'_>>, lines: &Lines, depth: usize) -> Result<Node, DirectoryError> {
    let line = lines.at(value.span().start);
    let problem = |problem: &str| DirectoryError::new(problem).at_line(line);
    let inner = || {
        depth
            .checked_sub(1)
            .ok_or_else(|| problem(&format!("nested more than {MAX_DEPTH} levels deep")))
    };
    let content = match value.get_ref() {
        DeValue::String(text) => Content::String(text.clone().into_owned()),
        DeValue::Boolean(value) => Content::Bool(*value),
        DeValue::Integer(integer) => {
            let number = number(integer)
                .ok_or_else(|| problem("an integer of more than 64 bits; write it as a string"))?;
            Content::Number(number)
        }
        DeValue::Float(float) => {
            let number = float.as_str().parse().ok().and_then(Number::from_f64);
            let number = number.ok_or_else(|| {
                problem("a number that JSON does not have; write a finite number, or a string")
            })?;
            Content::Number(number)
        }
        DeValue::Datetime(_) => Content::Other("a date or time"),
        DeValue::Array(items) => {
            let depth = inner()?;
            let items = items.iter().map(|item| node(item, lines, depth));
            Content::List(items.collect::<Result<_, _>>()?)
        }
        DeValue::Table(table) => Content::Table(members(table, lines, inner()?)?),
    };
    Ok(Node { line, content })
}

fn number(integer: &DeInteger<'_>) -> Option<Number> {
    let (digits, radix) = (integer.as_str(), integer.radix());
    let signed = i64::from_str_radix(digits, radix).map(Number::from);
    let unsigned = u64::from_str_radix(digits, radix).map(Number::from);
    signed.or(unsigned).ok()
}

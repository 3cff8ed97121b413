//! The values of a file, with their lines, whatever its format is.

use serde_json::{Map, Number, Value};

/// A value, and the line where it begins.
#[derive(Debug)]
pub(super) struct Node {
    /// The first is 1; none for what was not read from a file.
    pub(super) line: Option<usize>,
    pub(super) content: Content,
}

#[derive(Debug)]
pub(super) enum Content {
    Null,
    Bool(bool),
    Number(Number),
    String(String),
    List(Vec<Node>),
    Table(Vec<Member>),
    /// What only one of the formats has, such as dates: its name.
    Other(&'static str),
}

#[derive(Debug)]
pub(super) struct Member {
    pub(super) name: String,
    /// Of the name.
    pub(super) line: Option<usize>,
    pub(super) node: Node,
}

impl Node {
    /// What it is, for errors.
    pub(super) fn kind(&self) -> &'static str {
        match &self.content {
            Content::Null => "null",
            Content::Bool(_) => "a boolean",
            Content::Number(_) => "a number",
            Content::String(_) => "a string",
            Content::List(_) => "a list",
            Content::Table(_) => "a table",
            Content::Other(kind) => kind,
        }
    }

    /// A value without lines.
    #[cfg(feature = "cli")]
    pub(super) fn of_value(value: &Value) -> Self {
        let content = match value {
            Value::Null => Content::Null,
            Value::Bool(value) => Content::Bool(*value),
            Value::Number(number) => Content::Number(number.clone()),
            Value::String(text) => Content::String(text.clone()),
            Value::Array(items) => Content::List(items.iter().map(Self::of_value).collect()),
            Value::Object(members) => Content::Table(
                (members.iter())
                    .map(|(name, value)| Member {
                        name: name.clone(),
                        line: None,
                        node: Self::of_value(value),
                    })
                    .collect(),
            ),
        };
        Self {
            line: None,
            content,
        }
    }

    /// The value as JSON.
    ///
    /// # Errors
    ///
    /// The node inside that JSON does not have.
    pub(super) fn to_value(&self) -> Result<Value, &Self> {
        Ok(match &self.content {
            Content::Null => Value::Null,
            Content::Bool(value) => Value::Bool(*value),
            Content::Number(number) => Value::Number(number.clone()),
            Content::String(text) => Value::String(text.clone()),
            Content::List(items) => {
                let items: Result<Vec<Value>, &Self> = items.iter().map(Self::to_value).collect();
                Value::Array(items?)
            }
            Content::Table(members) => {
                let mut object = Map::new();
                for member in members {
                    object.insert(member.name.clone(), member.node.to_value()?);
                }
                Value::Object(object)
            }
            Content::Other(_) => return Err(self),
        })
    }
}

/// Where the lines of a text begin.
pub(super) struct Lines(Vec<usize>);

impl Lines {
    pub(super) fn of(text: &str) -> Self {
        let ends = text.match_indices('\n').map(|(at, _)| at + 1);
        Self(std::iter::once(0).chain(ends).collect())
    }

    /// The line of this byte; the first line is 1.
    pub(super) fn at(&self, byte: usize) -> Option<usize> {
        Some(self.0.partition_point(|start| *start <= byte))
    }
}

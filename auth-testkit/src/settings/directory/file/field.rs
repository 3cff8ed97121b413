//! One value of a file, and its place for errors.

use serde_json::{Map, Value};

use super::error::DirectoryError;
use super::node::{Content, Member, Node};

/// The characters that a string has at most.
const MAX_STRING: usize = 256;

/// A value and its place.
#[derive(Debug, Clone)]
pub(super) struct Field<'a> {
    node: &'a Node,
    place: String,
}

/// The members of a table whose names are known.
#[derive(Debug)]
pub(super) struct Table<'a> {
    whole: Field<'a>,
    members: &'a [Member],
}

impl<'a> Field<'a> {
    /// The whole file.
    pub(super) fn root(node: &'a Node) -> Self {
        Self {
            node,
            place: String::new(),
        }
    }

    pub(super) fn place(&self) -> &str {
        &self.place
    }

    pub(super) fn line(&self) -> Option<usize> {
        self.node.line
    }

    /// An error about this value.
    pub(super) fn error(&self, problem: impl Into<String>) -> DirectoryError {
        let error = DirectoryError::new(problem).at_line(self.node.line);
        error.at_place(&self.place)
    }

    fn other_type(&self, expected: &str) -> DirectoryError {
        self.error(format!("expected {expected}, got {}", self.node.kind()))
    }

    fn inner(&self, name: &str) -> String {
        match self.place.is_empty() {
            true => name.to_owned(),
            false => format!("{}.{name}", self.place),
        }
    }

    /// # Errors
    ///
    /// When it is no string, an empty one, or one that is too long for any id, name or address.
    pub(super) fn string(&self) -> Result<&'a str, DirectoryError> {
        match &self.node.content {
            Content::String(text) if text.is_empty() => {
                Err(self.error("must not be empty; leave it out, or write a value"))
            }
            Content::String(text) if text.chars().count() > MAX_STRING => {
                Err(self.error(format!("longer than {MAX_STRING} characters")))
            }
            Content::String(text) => Ok(text),
            _ => Err(self.other_type("a string")),
        }
    }

    /// # Errors
    ///
    /// When it is no boolean.
    pub(super) fn bool(&self) -> Result<bool, DirectoryError> {
        match &self.node.content {
            Content::Bool(value) => Ok(*value),
            _ => Err(self.other_type("a boolean")),
        }
    }

    /// # Errors
    ///
    /// When it is no list.
    pub(super) fn list(&self) -> Result<Vec<Self>, DirectoryError> {
        let Content::List(items) = &self.node.content else {
            return Err(self.other_type("a list"));
        };
        let items = items.iter().enumerate().map(|(at, node)| Self {
            node,
            place: format!("{}[{at}]", self.place),
        });
        Ok(items.collect())
    }

    /// # Errors
    ///
    /// When it is no list, or an empty one; then what to do instead.
    pub(super) fn filled_list(&self, instead: &str) -> Result<Vec<Self>, DirectoryError> {
        let items = self.list()?;
        match items.is_empty() {
            true => Err(self.error(format!("must not be empty; {instead}"))),
            false => Ok(items),
        }
    }

    /// # Errors
    ///
    /// When it is no table, or has a member that is not known.
    pub(super) fn table(&self, known: &[&str]) -> Result<Table<'a>, DirectoryError> {
        let members = self.members()?;
        let mut all = members.iter();
        if let Some(member) = all.find(|member| !known.contains(&member.name.as_str())) {
            let problem = format!("no such member; known here are {}", known.join(", "));
            let error = DirectoryError::new(problem).at_line(member.line);
            return Err(error.at_place(&self.inner(&shown(&member.name))));
        }
        Ok(Table {
            whole: self.clone(),
            members,
        })
    }

    /// The members of a table whose names are the author's choice.
    ///
    /// # Errors
    ///
    /// When it is no table.
    pub(super) fn entries(&self) -> Result<Vec<(&'a str, Self)>, DirectoryError> {
        let entries = self.members()?.iter().map(|member| {
            let field = Self {
                node: &member.node,
                place: self.inner(&shown(&member.name)),
            };
            (member.name.as_str(), field)
        });
        Ok(entries.collect())
    }

    /// A table of any JSON values.
    ///
    /// # Errors
    ///
    /// When it is no table, or holds a value that JSON does not have.
    pub(super) fn object(&self) -> Result<Map<String, Value>, DirectoryError> {
        let mut object = Map::new();
        for (name, field) in self.entries()? {
            let value = field.node.to_value().map_err(|inner| {
                let problem = format!(
                    "holds {}, which JSON does not have; write it as a string",
                    inner.kind()
                );
                let error = DirectoryError::new(problem).at_line(inner.line);
                error.at_place(&field.place)
            })?;
            object.insert(name.to_owned(), value);
        }
        Ok(object)
    }

    fn members(&self) -> Result<&'a [Member], DirectoryError> {
        match &self.node.content {
            Content::Table(members) => Ok(members),
            _ => Err(self.other_type("a table")),
        }
    }
}

impl<'a> Table<'a> {
    pub(super) fn get(&self, name: &str) -> Option<Field<'a>> {
        let member = self.members.iter().find(|member| member.name == name)?;
        Some(Field {
            node: &member.node,
            place: self.whole.inner(name),
        })
    }

    /// # Errors
    ///
    /// When the member is missing.
    pub(super) fn need(&self, name: &str) -> Result<Field<'a>, DirectoryError> {
        let missing = || self.whole.error(format!("{name} is missing"));
        self.get(name).ok_or_else(missing)
    }

    /// The string of a member that can be left out.
    ///
    /// # Errors
    ///
    /// As [`Field::string`].
    pub(super) fn string(&self, name: &str) -> Result<Option<String>, DirectoryError> {
        let field = self.get(name);
        field
            .map(|field| field.string().map(str::to_owned))
            .transpose()
    }

    /// The items of a list that can be left out.
    ///
    /// # Errors
    ///
    /// As [`Field::filled_list`].
    pub(super) fn items(
        &self,
        name: &str,
        instead: &str,
    ) -> Result<Vec<Field<'a>>, DirectoryError> {
        match self.get(name) {
            Some(field) => field.filled_list(instead),
            None => Ok(Vec::new()),
        }
    }

    /// The object of a member that can be left out.
    ///
    /// # Errors
    ///
    /// As [`Field::object`].
    pub(super) fn object(&self, name: &str) -> Result<Map<String, Value>, DirectoryError> {
        self.get(name)
            .map_or_else(|| Ok(Map::new()), |field| field.object())
    }
}

/// A name of the author, for a place: in one line, and not too long.
fn shown(name: &str) -> String {
    let plain = |character: char| character.is_ascii_alphanumeric() || "_-:.".contains(character);
    match !name.is_empty() && name.len() <= MAX_STRING && name.chars().all(plain) {
        true => name.to_owned(),
        false => format!("{:?}", name.chars().take(40).collect::<String>()),
    }
}

//! The rules of organizations from TOML.
//!
//! | file | job |
//! |---|---|
//! | here | the file: organizations, and the rule for others |
//! | `rule` | the settings of one rule |
//! | `value` | values of the expected type, or what is wrong with them |

mod rule;
mod value;

use toml::de::DeTable;

use super::table::{OrganizationTable, OrganizationTableBuilder};
use crate::support::reload::{FileProblem, FileProblems};
use value::{Reader, unknown};

impl OrganizationTable {
    /// Reads rules from [TOML](https://toml.io), for [`Reloaded`](crate::support::reload::Reloaded):
    ///
    /// ```
    /// use auth_core::policy::{OrganizationTable, Organizations};
    /// use auth_core::support::reload::Reloaded;
    ///
    /// # let folder = tempfile::tempdir()?;
    /// # let path = folder.path().join("organizations.toml");
    /// # let text = r#"
    /// [organizations.org_1]
    /// required_scopes = ["notes:read"]
    /// allowed_roles = ["member", "admin"]
    /// allowed_tools = ["notes_*"]
    /// allowed_prompts = ["review"]
    /// allowed_resources = ["notes://*"]
    ///
    /// ## All others. Without this, they are refused.
    /// [others]
    /// allowed_tools = ["search"]
    /// # "#;
    /// # std::fs::write(&path, text)?;
    ///
    /// let rules = Reloaded::builder(&path).open(OrganizationTable::from_toml)?;
    /// // On a tokio runtime: `tokio::spawn(rules.watch());`
    /// let authorizer = Organizations::new(rules);
    /// # let _ = authorizer;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// The settings are those of [`OrganizationRule`](crate::policy::OrganizationRule). With the feature `rate-limit`, a rule can have a
    /// `quota = { requests = 1000, per = "hour", burst = 100 }`, where `per` is `second`, `minute`,
    /// `hour` or `day`, and `burst` can be left out.
    ///
    /// # Errors
    ///
    /// [`FileProblems`] with every mistake, each with line and column: invalid TOML, an unknown setting, a
    /// value of another type, an invalid scope, an empty list, a duplicate; and a file without a rule.
    pub fn from_toml(text: &str) -> Result<Self, FileProblems> {
        let document = parse(text)?;
        let mut reader = Reader::new(text);
        let mut table = Self::builder();
        for (name, value) in &document {
            match &**name.get_ref() {
                "organizations" => {
                    if let Some(organizations) = reader.table("organizations", value) {
                        table = add_organizations(table, organizations, &mut reader);
                    }
                }
                "others" => {
                    if let Some(rule) = reader.table("others", value) {
                        table = table.others(rule::read(rule, &mut reader));
                    }
                }
                other => unknown(&mut reader, name, other, &["organizations", "others"]),
            }
        }
        reader.into_problems().into_result()?;
        table.build().map_err(|_| {
            let problem =
                "has no rule, which would refuse every caller: add a table [organizations.NAME]";
            FileProblem::new(problem).into()
        })
    }
}

fn add_organizations(
    mut table: OrganizationTableBuilder,
    organizations: &DeTable<'_>,
    reader: &mut Reader<'_>,
) -> OrganizationTableBuilder {
    for (name, value) in organizations {
        let text = &**name.get_ref();
        if text.is_empty() {
            reader.problem(
                &name.span(),
                "an organization has no name: name it as tokens do",
            );
        } else if let Some(rule) = reader.table("a rule", value) {
            // TOML allows no table twice.
            table = table.organization(text, rule::read(rule, reader));
        }
    }
    table
}

/// Most syntax errors that are reported at once.
const MAX_ERRORS: usize = 10;

fn parse(text: &str) -> Result<DeTable<'_>, FileProblems> {
    let (document, errors) = DeTable::parse_recoverable(text);
    let mut problems = FileProblems::default();
    for error in errors.iter().take(MAX_ERRORS) {
        let message = error.message().replace('\n', ", ");
        let at = error.span().map_or(0, |span| span.start);
        problems.push(FileProblem::at(
            text,
            at,
            format!("invalid toml: {message}"),
        ));
    }
    problems.into_result()?;
    Ok(document.into_inner())
}

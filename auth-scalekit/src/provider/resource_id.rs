//! [`ResourceId`]: the `res_...` identifier that Scalekit puts into the audience of every token
//! for an MCP server.

use std::fmt;

use auth_core::provider::PublicUrl;
use thiserror::Error;

pub(crate) const FIND_RESOURCE_ID: &str = "copy the resource id of your MCP server from the \
     Scalekit dashboard (MCP Servers), it looks like res_1234567890";

/// A resource id as the Scalekit dashboard shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ResourceId(String);

/// Why a string is not a resource id.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(crate) enum InvalidResourceId {
    #[error("is empty: {FIND_RESOURCE_ID}")]
    Empty,
    #[error(
        "must start with \"res_\", got {0}: copy the resource id of your MCP server from the Scalekit dashboard (MCP Servers), not a connection, client or environment id"
    )]
    Prefix(String),
    #[error(
        "must be \"res_\" and letters and digits: copy it again from the Scalekit dashboard (MCP Servers)"
    )]
    Characters,
}

impl ResourceId {
    /// Validates a resource id. An empty one disables the audience check in other frameworks, and a slash
    /// in it would name another authorization server.
    pub(crate) fn parse(text: &str) -> Result<Self, InvalidResourceId> {
        if text.trim().is_empty() {
            return Err(InvalidResourceId::Empty);
        }
        let Some(number) = text.strip_prefix("res_") else {
            return Err(InvalidResourceId::Prefix(prefix(text)));
        };
        if number.is_empty() || !number.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            return Err(InvalidResourceId::Characters);
        }
        Ok(Self(text.into()))
    }

    /// The issuer identifier of the authorization server of this resource.
    pub(crate) fn authorization_server(&self, environment: &PublicUrl) -> String {
        format!("{environment}/resources/{self}")
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

/// The kind of identifier, without the rest: a secret may have been pasted.
fn prefix(text: &str) -> String {
    match text.split_once('_') {
        Some((prefix, _))
            if prefix.len() <= 8 && prefix.bytes().all(|b| b.is_ascii_lowercase()) =>
        {
            format!("\"{prefix}_...\"")
        }
        _ => "something else".into(),
    }
}

impl fmt::Display for ResourceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_resource_ids_are_resource_ids() {
        assert!(
            ResourceId::parse("res_926EXAMPLE5878").is_ok(),
            "the control"
        );
        for text in [
            "",
            " ",
            "res_",
            "res_1/../x",
            "res_1 ",
            "conn_1",
            "skc_1",
            "RES_1",
            " res_1",
        ] {
            assert!(ResourceId::parse(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn a_resource_names_its_authorization_server() {
        let id = ResourceId::parse("res_1").unwrap();
        let environment = PublicUrl::parse("https://acme.scalekit.com").unwrap();
        assert_eq!((id.as_str(), id.to_string().as_str()), ("res_1", "res_1"));
        assert_eq!(
            id.authorization_server(&environment),
            "https://acme.scalekit.com/resources/res_1"
        );
    }

    #[test]
    fn a_message_names_the_kind_of_an_id_and_shows_no_secret() {
        for (text, shown) in [
            ("conn_1", "\"conn_...\""),
            ("abcdefgh_1", "\"abcdefgh_...\""),
            ("abcdefghi_1", "something else"),
            ("Conn_1", "something else"),
            ("s3cret_1", "something else"),
            ("s3cret", "something else"),
        ] {
            assert_eq!(
                ResourceId::parse(text).unwrap_err(),
                InvalidResourceId::Prefix(shown.into()),
                "{text}"
            );
        }
    }
}

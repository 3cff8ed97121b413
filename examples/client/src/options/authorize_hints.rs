//! Parameters of Scalekit's authorization endpoint beyond those of OAuth.

use url::Url;

/// The user who will log in, and how. Issuers ignore parameters that they do not know (RFC 6749 section 3.1).
#[derive(Debug, Clone, Default, PartialEq, Eq, clap::Args)]
pub struct AuthorizeHints {
    /// Log in to this organization (org_...).
    #[arg(long, global = true, value_name = "ID", help_heading = "Login")]
    pub organization: Option<String>,
    /// Log in through this connection (conn_...).
    #[arg(long, global = true, value_name = "ID", help_heading = "Login")]
    pub connection: Option<String>,
    /// E-mail address that the login page begins with.
    #[arg(long, global = true, value_name = "EMAIL", help_heading = "Login")]
    pub login_hint: Option<String>,
    /// What the login page does: login, select_account or create.
    #[arg(long, global = true, value_name = "WHAT", help_heading = "Login")]
    pub prompt: Option<String>,
}

impl AuthorizeHints {
    /// The authorization URL with these parameters.
    pub(crate) fn added_to(&self, mut url: Url) -> Url {
        let parameters = [
            ("organization_id", &self.organization),
            ("connection_id", &self.connection),
            ("login_hint", &self.login_hint),
            ("prompt", &self.prompt),
        ];
        for (name, value) in parameters {
            if let Some(value) = value {
                url.query_pairs_mut().append_pair(name, value);
            }
        }
        url
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_given_parameters_are_added() -> Result<(), url::ParseError> {
        let url = Url::parse("https://as.example/authorize?state=a")?;
        assert_eq!(AuthorizeHints::default().added_to(url.clone()), url);
        let hints = AuthorizeHints {
            organization: Some("org_7".into()),
            login_hint: Some("ada@example.com".into()),
            ..AuthorizeHints::default()
        };
        assert_eq!(
            hints.added_to(url).as_str(),
            "https://as.example/authorize?state=a&organization_id=org_7&login_hint=ada%40example.com"
        );
        Ok(())
    }
}

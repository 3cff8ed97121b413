//! A login page of the customer's, which the issuer sends users to (Scalekit: "bring your own auth").

use url::Url;

/// Where users log in, in place of the issuer.
#[derive(Debug, Clone)]
pub(crate) struct LoginPage {
    /// An absolute URL of the web, without fragment.
    pub(crate) url: Url,
    /// `conn_` and digits.
    pub(crate) connection: String,
}

impl LoginPage {
    /// # Errors
    ///
    /// When a browser cannot be sent to the URL.
    pub(crate) fn vet_url(url: &str) -> Result<Url, String> {
        let parsed = Url::parse(url).ok();
        let parsed = parsed.filter(|parsed| matches!(parsed.scheme(), "http" | "https"));
        match parsed {
            Some(parsed) if parsed.fragment().is_none() => Ok(parsed),
            _ => Err(format!(
                "expected the URL of a login page, such as http://127.0.0.1:9000/login, without a \
                 fragment; got {url:?}"
            )),
        }
    }

    /// # Errors
    ///
    /// When it is no id of a connection.
    pub(crate) fn vet_connection(id: &str) -> Result<(), String> {
        let digits = id.strip_prefix("conn_").unwrap_or_default();
        match !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()) {
            true => Ok(()),
            false => Err(format!("expected conn_ and digits, got {id:?}")),
        }
    }
}

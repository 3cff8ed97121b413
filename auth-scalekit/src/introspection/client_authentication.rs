//! [`ClientAuthentication`]: how this server authenticates at the introspection endpoint.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::HeaderValue;
use url::form_urlencoded;

use crate::secret::Secret;

/// How this server authenticates at the introspection endpoint
/// ([RFC 7662 section 2.1](https://www.rfc-editor.org/rfc/rfc7662#section-2.1) requires it, so that
/// anonymous clients cannot probe for valid tokens).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ClientAuthentication {
    /// `client_secret_basic`, which every authorization server must support
    /// ([RFC 6749 section 2.3.1](https://www.rfc-editor.org/rfc/rfc6749#section-2.3.1)).
    Basic {
        /// The client id of this server at the issuer.
        id: String,
        /// Its secret.
        secret: Secret,
    },
    /// `client_secret_post`: id and secret in the body, for servers that do not support `Basic`.
    Post {
        /// The client id of this server at the issuer.
        id: String,
        /// Its secret.
        secret: Secret,
    },
    /// An access token of this server itself, as `Authorization: Bearer`.
    Bearer(Secret),
    /// No authentication, for an endpoint that is reachable only from a private network.
    None,
}

impl ClientAuthentication {
    /// The `Authorization` header, or what is wrong with the setting.
    pub(crate) fn authorization(&self) -> Result<Option<HeaderValue>, &'static str> {
        match self {
            Self::Basic { id, secret } => {
                not_empty(id, secret)?;
                let pair = format!("{}:{}", form(id), form(secret.reveal()));
                header(&format!("Basic {}", STANDARD.encode(pair))).map(Some)
            }
            Self::Post { id, secret } => not_empty(id, secret).map(|()| None),
            Self::Bearer(token) => {
                let token = auth_core::token::BearerToken::new(token.reveal())
                    .ok_or("is not a bearer token: give the token alone, without \"Bearer\"")?;
                header(&format!("Bearer {}", token.secret())).map(Some)
            }
            Self::None => Ok(None),
        }
    }

    /// The form members in the body, in addition to the token.
    pub(crate) fn form_members(&self) -> Option<[(&'static str, &str); 2]> {
        match self {
            Self::Post { id, secret } => {
                Some([("client_id", id), ("client_secret", secret.reveal())])
            }
            Self::Basic { .. } | Self::Bearer(_) | Self::None => None,
        }
    }
}

fn not_empty(id: &str, secret: &Secret) -> Result<(), &'static str> {
    if id.is_empty() {
        return Err("has an empty id: give the client id of this server at the issuer");
    }
    if secret.reveal().is_empty() {
        return Err("has an empty secret: give the client secret of this server at the issuer");
    }
    Ok(())
}

/// Id and secret are encoded before they are joined: a colon in the id would otherwise end it
/// (RFC 6749 section 2.3.1 and appendix B).
fn form(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

fn header(text: &str) -> Result<HeaderValue, &'static str> {
    let mut value =
        HeaderValue::from_str(text).map_err(|_| "cannot be written into a header: set it again")?;
    // Redacted in the `Debug` output of header maps.
    value.set_sensitive(true);
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn basic_encodes_both_parts_before_joining_them() {
        for (id, secret, joined) in [
            ("mcp", "s3cr3t", "mcp:s3cr3t"),
            ("a:b%+ é", "x", "a%3Ab%25%2B+%C3%A9:x"),
            ("x", "a:b%+ é", "x:a%3Ab%25%2B+%C3%A9"),
            ("a-b._*", "~", "a-b._*:%7E"),
        ] {
            let (id, secret) = (id.to_owned(), secret.into());
            let header = ClientAuthentication::Basic { id, secret }
                .authorization()
                .unwrap()
                .unwrap();
            let expected = format!("Basic {}", STANDARD.encode(joined));
            assert_eq!(header.to_str().unwrap(), expected);
            assert!(header.is_sensitive());
        }
    }

    #[test]
    fn what_cannot_be_sent_is_refused_without_being_shown() {
        let basic = |id: &str, secret: &str| ClientAuthentication::Basic {
            id: id.into(),
            secret: secret.into(),
        };
        let post = |id: &str, secret: &str| ClientAuthentication::Post {
            id: id.into(),
            secret: secret.into(),
        };
        let bearer = |token: &str| ClientAuthentication::Bearer(token.into());
        for control in [basic("a", "b"), post("a", "b"), bearer("a")] {
            assert!(control.authorization().is_ok(), "{control:?}");
        }
        for refused in [
            basic("", "marker"),
            basic("a", ""),
            post("", "marker"),
            post("a", ""),
            bearer(""),
            bearer("Bearer marker"),
            bearer("marker\r\nX: y"),
        ] {
            let problem = refused.authorization().unwrap_err();
            assert!(!problem.contains("marker"), "{problem}");
            assert!(!format!("{refused:?}").contains("marker"), "{refused:?}");
        }
    }
}

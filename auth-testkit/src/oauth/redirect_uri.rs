//! Which redirect URIs may be registered.

use auth_core::support::is_loopback_host;
use url::Url;

use crate::settings::Settings;

/// Schemes that cannot be private-use schemes of an application: a browser runs or reads them itself, or
/// another program is known to handle them. A redirect to any of them would give the code to something that is
/// not the client.
const NEVER: [&str; 27] = [
    "about",
    "blob",
    "chrome",
    "content",
    "data",
    "file",
    "filesystem",
    "ftp",
    "ftps",
    "gopher",
    "intent",
    "jar",
    "javascript",
    "ldap",
    "mailto",
    "mhtml",
    "res",
    "resource",
    "smb",
    "sms",
    "ssh",
    "tel",
    "urn",
    "vbscript",
    "view-source",
    "ws",
    "wss",
];

/// The characters of a refused URI that the error repeats.
const SHOWN: usize = 200;

/// Checks every redirect URI of a client against the rules.
///
/// # Errors
///
/// Which one is refused, by its index and its string, and why; for `invalid_redirect_uri` (RFC 7591
/// section 3.2.2), so ASCII alone.
pub(crate) fn vet_all(settings: &Settings, uris: &[String]) -> Result<(), String> {
    for (at, uri) in uris.iter().enumerate() {
        if let Err(why) = vet(settings, uri) {
            let shown: String = uri.chars().take(SHOWN).collect();
            let shown = shown.escape_default();
            return Err(format!(
                "redirect_uris[{at}] is refused: {why}; got '{shown}'"
            ));
        }
    }
    Ok(())
}

/// # Errors
///
/// Why the URI is refused. Redirect URIs are absolute, without fragment (RFC 6749 section 3.1.2), and
/// https (MCP authorization, "Communication Security"), http to the user's own machine (RFC 8252
/// section 7.3), or of a private-use scheme (RFC 8252 section 7.1).
fn vet(settings: &Settings, uri: &str) -> Result<(), String> {
    // A parser of URLs takes blanks off and makes other characters fit: what is registered is then not
    // what is compared, byte for byte.
    if let Some(odd) = uri.chars().find(|character| !is_of_a_uri(*character)) {
        return Err(format!(
            "'{}' cannot be in a uri (RFC 3986 section 2)",
            odd.escape_default()
        ));
    }
    let url = Url::parse(uri).map_err(|_| "it is not an absolute uri".to_owned())?;
    if url.fragment().is_some() {
        return Err("it has a fragment (RFC 6749 section 3.1.2)".to_owned());
    }
    match url.scheme() {
        "https" | "http" if !names_a_host(uri) => {
            Err("'://' and a host must follow the scheme (RFC 9110 section 4.2)".to_owned())
        }
        "https" => Ok(()),
        "http" if is_loopback(&url) => Ok(()),
        "http" => Err("it must be https, or http to a loopback host".to_owned()),
        scheme if NEVER.contains(&scheme) => Err(format!("{scheme} is no application's scheme")),
        _ if !settings.private_use_redirects => Err(
            "it must be https, or http to a loopback host, as private_use_redirects is off (RFC 8252 \
             section 7.1)"
                .to_owned(),
        ),
        _ if url.cannot_be_a_base() => {
            Err("a slash must follow a private-use scheme (RFC 8252 section 7.1)".to_owned())
        }
        _ => Ok(()),
    }
}

/// The characters of RFC 3986 section 2.
fn is_of_a_uri(character: char) -> bool {
    character.is_ascii_alphanumeric() || "-._~:/?#[]@!$&'()*+,;=%".contains(character)
}

/// Whether a URI of the schemes http and https is written as one: a parser of URLs makes up for missing
/// slashes, and takes superfluous ones off.
fn names_a_host(uri: &str) -> bool {
    let host = uri.split_once("://").map(|(_, rest)| rest);
    host.is_some_and(|host| !host.starts_with('/'))
}

/// Whether a redirect URI is the registered one: byte for byte (RFC 6749 section 3.1.2.3), or with
/// another port on this machine if that is let pass (RFC 8252 section 7.3).
pub(crate) fn is_same(registered: &str, sent: &str, any_loopback_port: bool) -> bool {
    if registered == sent {
        return true;
    }
    let without_port = |uri: &str| {
        let mut url = Url::parse(uri).ok().filter(is_loopback)?;
        url.set_port(None).ok()?;
        Some(url)
    };
    any_loopback_port
        && without_port(registered).is_some_and(|known| without_port(sent) == Some(known))
}

/// Whether a URL leads to this machine.
pub(crate) fn is_loopback(url: &Url) -> bool {
    is_of_the_web(url) && url.host_str().is_some_and(is_loopback_host)
}

/// Whether a URL is fetched by a browser itself, and not handed to the program that has taken its scheme.
pub(crate) fn is_of_the_web(url: &Url) -> bool {
    matches!(url.scheme(), "http" | "https")
}

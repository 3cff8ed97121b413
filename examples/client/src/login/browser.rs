//! Shows the authorization URL to whoever has to approve it.

use std::{process::Stdio, time::Duration};

use tokio::process::Command;
use url::Url;

use crate::{error::ClientError, redact, web_url::vet_web};

/// Refuses what must not be handed to a browser: the URL comes from a server's metadata.
///
/// # Errors
///
/// [`ClientError::UnsafeUrl`] for any scheme but https, and http outside loopback.
pub(crate) fn vet(url: &str) -> Result<Url, ClientError> {
    let parsed = Url::parse(url).map_err(|error| ClientError::UnsafeUrl(error.to_string()))?;
    vet_web(&parsed).map_err(|why| {
        ClientError::UnsafeUrl(format!("{} {why}", redact::url_without_query(&parsed)))
    })?;
    if !parsed.username().is_empty() || parsed.password().is_some() {
        return Err(ClientError::UnsafeUrl("it carries a user name".into()));
    }
    Ok(parsed)
}

/// Starts the browser of this system, never through a shell.
///
/// # Errors
///
/// Why it did not start; the login can go on with the URL opened by hand.
pub(crate) async fn open(url: &Url) -> Result<(), String> {
    let (program, arguments) = opener();
    let mut command = Command::new(program);
    command
        .args(arguments)
        .arg(url.as_str())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let mut child = command
        .spawn()
        .map_err(|error| format!("{program}: {error}"))?;
    // An opener may stay until the browser ends, so nobody waits for it longer than a moment.
    match tokio::time::timeout(Duration::from_secs(2), child.wait()).await {
        Ok(Ok(status)) if !status.success() => Err(format!("{program} ended with {status}")),
        _ => Ok(()),
    }
}

const fn opener() -> (&'static str, &'static [&'static str]) {
    if cfg!(target_os = "macos") {
        ("open", &[])
    } else if cfg!(windows) {
        // `start` would need a shell, which reads the & of a query as the end of the command.
        ("rundll32", &["url.dll,FileProtocolHandler"])
    } else {
        ("xdg-open", &[])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_web_urls_reach_a_browser() {
        for good in [
            "https://as.example.com/authorize?a=b&c=d",
            "http://localhost:9000/authorize",
            "http://127.0.0.1/a",
        ] {
            assert!(vet(good).is_ok(), "{good}");
        }
        for bad in [
            "http://as.example.com/authorize",
            "file:///etc/passwd",
            "javascript:alert(1)",
            "vscode://x/y",
            "--version",
            "$(touch x)",
            "https://user@as.example.com/",
            "",
        ] {
            assert!(matches!(vet(bad), Err(ClientError::UnsafeUrl(_))), "{bad}");
        }
    }

    #[test]
    fn an_address_never_looks_like_an_option() {
        let Ok(url) = vet("https://as.example.com/?x=--help") else {
            unreachable!()
        };
        assert!(url.as_str().starts_with("https://"));
    }
}

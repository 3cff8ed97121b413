//! Opens the authorization URL in the browser of this machine.

use std::process::{Command, Stdio};
use std::time::Duration;

use tokio::sync::oneshot;
use url::Url;
use webbrowser::{Browser, BrowserOptions};

use crate::{error::ClientError, redact, web_url::vet_web};

/// How long to wait for a browser to start. A browser in the terminal runs until its user leaves it.
const START_TIME: Duration = Duration::from_secs(2);

/// Parses a URL for the browser. It comes from the metadata of a server, so only URLs of web pages are accepted.
///
/// # Errors
///
/// [`ClientError::UnsafeUrl`] for any scheme but https, and http outside loopback.
pub(super) fn vet(url: &str) -> Result<Url, ClientError> {
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
/// Why it did not start; the login continues when the user opens the URL by hand.
pub(super) async fn open(url: &Url) -> Result<(), String> {
    let url = url.clone();
    let (sender, receiver) = oneshot::channel();
    // A thread outside of the runtime, which would wait at its end for a browser in the terminal.
    std::thread::spawn(move || {
        let mut options = BrowserOptions::new();
        options.with_suppress_output(true);
        let opened =
            webbrowser::open_browser_with_options(Browser::Default, url.as_str(), &options);
        let opened = opened.or_else(|error| match xdg_open(&url) {
            true => Ok(()),
            false => Err(error.to_string()),
        });
        sender.send(opened)
    });
    match tokio::time::timeout(START_TIME, receiver).await {
        Ok(Ok(opened)) => opened,
        Ok(Err(_)) => Err("it could not be started".into()),
        Err(_) => Ok(()),
    }
}

/// Whether `xdg-open` has opened the URL: `webbrowser` does not know it, and containers, WSL and portals have no
/// other program for that.
fn xdg_open(url: &Url) -> bool {
    let mut command = Command::new("xdg-open");
    command.arg(url.as_str()).stdin(Stdio::null());
    command.stdout(Stdio::null()).stderr(Stdio::null());
    cfg!(target_os = "linux") && command.status().is_ok_and(|status| status.success())
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

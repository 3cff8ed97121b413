//! The seven steps from a request without a token to one with it, and which of them an event belongs to.

use crate::events::{Exchange, Progress, Step};

/// The titles of the steps, from the first on.
pub const TITLES: [&str; 7] = [
    "1 Request: an MCP client calls without a token",
    "2 Challenge: the server names the metadata that leads to a token",
    "3 Discovery: metadata of the resource and of its issuer; the client registers",
    "4 Authorization: the user approves",
    "5 Callback: the answer comes back to the client",
    "6 Token exchange: the code and the PKCE verifier for an access token",
    "7 Tools: the client calls with its token",
];

/// The step whose title was printed last. A second login begins again.
#[derive(Debug, Default)]
pub struct Steps {
    last: usize,
}

impl Steps {
    /// The titles to print above an event: none when that of its step was printed before.
    pub fn titles_above(&mut self, event: &Progress) -> Vec<&'static str> {
        let Some(step) = number(event) else {
            return Vec::new();
        };
        let last = std::mem::replace(&mut self.last, step);
        match (step, event) {
            _ if step == last => Vec::new(),
            // rmcp does not report the request itself.
            (2, _) => TITLES.into_iter().take(2).collect(),
            (6, Progress::Exchange(exchange)) => vec![token_title(exchange)],
            _ => TITLES.into_iter().skip(step - 1).take(1).collect(),
        }
    }
}

/// The step that an event belongs to, from 1 on; none for events outside the steps.
#[must_use]
pub const fn number(event: &Progress) -> Option<usize> {
    Some(match event {
        Progress::Challenge(_) => 2,
        Progress::Exchange(exchange) => match exchange.step {
            Step::Authorize => 4,
            Step::Token => 6,
            Step::Revocation => return None,
            Step::Probe | Step::ResourceMetadata | Step::ServerMetadata | Step::Registration => 3,
        },
        Progress::Authorization(_) => 4,
        Progress::Callback { .. } => 5,
        Progress::Connected { .. } => 7,
        _ => return None,
    })
}

/// The title of a token request, which depends on its grant.
fn token_title(exchange: &Exchange) -> &'static str {
    let grant = exchange.sent.iter().find(|(name, _)| name == "grant_type");
    match grant.map(|(_, grant)| grant.as_str()) {
        Some("refresh_token") => "6 Token exchange: the refresh token for a new access token",
        Some("authorization_code") | None => TITLES[5],
        Some(_) => "6 Token exchange: what the client can prove for an access token",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exchange(step: Step, grant: &str) -> Progress {
        Progress::Exchange(Exchange {
            step,
            method: "POST".into(),
            url: "http://localhost/".into(),
            sent: vec![("grant_type".into(), grant.into())],
            status: Ok(200),
            headers: Vec::new(),
            received: Vec::new(),
        })
    }

    #[test]
    fn each_step_is_named_once_and_again_after_a_new_challenge() {
        let connected = || Progress::Connected {
            protocol: String::new(),
            server: String::new(),
        };
        let events = [
            (Progress::Challenge(String::new()), "12"),
            (exchange(Step::ResourceMetadata, ""), "3"),
            (exchange(Step::ServerMetadata, ""), ""),
            (exchange(Step::Authorize, ""), "4"),
            (Progress::Callback { granted: true }, "5"),
            (exchange(Step::Token, "authorization_code"), "6"),
            (Progress::LoginAgain(String::new()), ""),
            (connected(), "7"),
            (exchange(Step::Token, "refresh_token"), "6"),
            (connected(), "7"),
            (Progress::Challenge(String::new()), "12"),
        ];
        let mut steps = Steps::default();
        for (row, (event, expected)) in events.iter().enumerate() {
            let titles = steps.titles_above(event);
            let numbers: String = titles
                .iter()
                .filter_map(|title| title.chars().next())
                .collect();
            assert_eq!(numbers, *expected, "{row}");
        }
    }

    #[test]
    fn the_title_of_a_token_request_is_that_of_its_grant() {
        let title = |grant| {
            Steps::default()
                .titles_above(&exchange(Step::Token, grant))
                .concat()
        };
        assert!(title("authorization_code").contains("PKCE"));
        assert!(title("refresh_token").contains("refresh token"));
        assert!(title("client_credentials").contains("can prove"));
    }
}

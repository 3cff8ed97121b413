//! The configured public URL of the MCP server.

use crate::diagnose::report::{Check, Finding};
use crate::diagnose::subject::Subject;

pub(crate) fn check(subject: &Subject<'_>) -> Finding {
    let url = subject.mcp_url;
    let id = subject.resource_id;
    if url.is_loopback() {
        return Check::McpUrl.note(format!(
            "{url} is reachable on this machine only, and only by this name (localhost and 127.0.0.1 are different URLs); \
             the Server URL of {id} in the dashboard must be the same"
        ));
    }
    Check::McpUrl.ok(format!(
        "{url} is public; the Server URL of {id} in the dashboard must be the same"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnose::Severity;
    use crate::provider::ScalekitProvider;

    #[test]
    fn a_url_that_others_can_call_and_one_that_they_cannot() {
        for (url, severity) in [
            ("https://mcp.example.com/mcp", Severity::Ok),
            ("http://localhost:8000/mcp", Severity::Note),
        ] {
            let provider = ScalekitProvider::builder("https://acme.example", "res_1", url);
            let provider = provider.build().unwrap();
            let finding = check(&Subject::of(&provider));
            assert_eq!(finding.severity, severity, "{url}");
            assert!(
                finding
                    .what
                    .ends_with("the Server URL of res_1 in the dashboard must be the same"),
                "{finding:?}"
            );
        }
    }
}

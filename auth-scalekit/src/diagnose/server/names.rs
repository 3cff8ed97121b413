//! Whether two URLs name the same server.

use url::{Host, Url};

use crate::diagnose::subject::Subject;

pub(super) const RESTART: &str = "restart the MCP server with these settings";

/// How to make two names of one server the same.
pub(super) fn same_name(other: &str, subject: &Subject<'_>) -> String {
    if differ_in_loopback_name(other, subject.mcp_url.as_str()) {
        "write the same name of this machine in SCALEKIT_MCP_URL of the server, here, and in the clients: \
         either localhost or 127.0.0.1"
            .into()
    } else {
        format!("{RESTART}, SCALEKIT_MCP_URL={} above all", subject.mcp_url)
    }
}

/// Whether both URLs are loopback with the same port and differ in the host name.
pub(crate) fn differ_in_loopback_name(one: &str, other: &str) -> bool {
    let (Ok(one), Ok(other)) = (Url::parse(one), Url::parse(other)) else {
        return false;
    };
    let local = |url: &Url| match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    };
    local(&one)
        && local(&other)
        && one.host() != other.host()
        && one.port_or_known_default() == other.port_or_known_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_this_machine() {
        let ours = "http://localhost:8000/mcp";
        for (url, differ) in [
            ("http://127.0.0.1:8000/mcp", true),
            ("http://[::1]:8000/mcp", true),
            ("http://localhost:8000/mcp", false),
            ("http://127.0.0.1:8001/mcp", false),
            ("https://mcp.example.com/mcp", false),
            ("", false),
        ] {
            assert_eq!(differ_in_loopback_name(url, ours), differ, "{url}");
        }
    }
}

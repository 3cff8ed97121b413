//! The paths in settings, such as a public route: one that can only be a mistake is refused.

use crate::error::ConfigError;

/// What the layer knows about the paths that it sees.
pub(super) struct Paths<'a> {
    /// The path of the MCP endpoint in the public URL.
    endpoint: &'a str,
    /// Whether the layer sees full paths, so that only this one is the endpoint.
    full: bool,
}

impl<'a> Paths<'a> {
    /// `endpoint` is the path of the public URL, which may be empty.
    pub(super) fn new(endpoint: &'a str, full: bool) -> Self {
        Self {
            endpoint: if endpoint.is_empty() { "/" } else { endpoint },
            full,
        }
    }

    /// What is wrong with a path that `setting` excludes from protection, if anything.
    pub(super) fn vet(&self, setting: &'static str, path: &str) -> Result<(), ConfigError> {
        let error = |text: String| Err(ConfigError::new(setting, text));
        if !path.starts_with('/') || path.contains(['?', '#']) {
            return error(format!(
                "{path:?} is not a path: write it as it comes, such as \"/health\""
            ));
        }
        if !is_plain(path) {
            return error(format!(
                "{path:?} can be read as another path: write it without escapes, dot segments and \
                 double slashes"
            ));
        }
        if self.is_endpoint(path, self.endpoint) {
            return error(format!(
                "{path:?} is the MCP endpoint: use public operations or allow_anonymous instead"
            ));
        }
        let mut nested = suffixes(self.endpoint);
        if !self.full
            && let Some(suffix) = nested.find(|suffix| self.is_endpoint(path, suffix))
        {
            return error(format!(
                "{path:?} is the MCP endpoint when the layer is nested, where {:?} is seen as \
                 {suffix:?}: call sees_full_paths() if it is not nested",
                self.endpoint
            ));
        }
        Ok(())
    }

    /// Whether a path is the endpoint or below it, as routers see it that ignore case or a trailing
    /// slash. Every path is below a root endpoint, where other routes must be possible.
    fn is_endpoint(&self, path: &str, endpoint: &str) -> bool {
        let (path, endpoint) = (path.to_ascii_lowercase(), endpoint.to_ascii_lowercase());
        let below = path.strip_prefix(&endpoint);
        match below {
            Some("") => true,
            Some(below) => endpoint != "/" && below.starts_with('/'),
            None => false,
        }
    }
}

/// Whether no router could read it as another path.
fn is_plain(path: &str) -> bool {
    let mut segments = path.split('/').skip(1);
    path.bytes()
        .all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'%' | b'\\' | b';'))
        && !path.contains("//")
        && segments.all(|segment| !matches!(segment, "." | ".."))
}

/// The rest of `path` that a router passes on when it is nested at a part of it.
fn suffixes(path: &str) -> impl Iterator<Item = &str> {
    let own = if path == "/" { "" } else { path };
    let inner = own
        .match_indices('/')
        .skip(1)
        .map(|(at, _)| own.split_at(at).1);
    let root = (!own.is_empty()).then_some("/");
    inner.chain(root)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(endpoint: &str, full: bool, path: &str) -> Option<String> {
        let error = Paths::new(endpoint, full).vet("public_route", path).err()?;
        Some(error.to_string())
    }

    #[test]
    fn paths_that_can_only_be_mistakes() {
        for (endpoint, full, path, part) in [
            ("/mcp", false, "/health", None),
            ("/mcp", false, "/mcps", None),
            ("/mcp", false, "/a/mcp", None),
            ("", false, "/health", None),
            ("/a/mcp", false, "/a", None),
            ("/mcp", true, "/", None),
            ("/a/mcp", true, "/mcp", None),
            ("/mcp", false, "health", Some("is not a path")),
            ("/mcp", false, "", Some("is not a path")),
            ("/mcp", false, "https://host/health", Some("is not a path")),
            ("/mcp", false, "/health?x", Some("is not a path")),
            ("/mcp", false, "/health#x", Some("is not a path")),
            ("/mcp", false, "/h%65alth", Some("can be read as another")),
            ("/mcp", false, "//health", Some("can be read as another")),
            ("/mcp", false, "/x/../mcp", Some("can be read as another")),
            ("/mcp", false, "/./mcp", Some("can be read as another")),
            ("/mcp", false, "/x\\mcp", Some("can be read as another")),
            ("/mcp", false, "/mcp;x", Some("can be read as another")),
            ("/mcp", false, "/é", Some("can be read as another")),
            ("/mcp", false, "/a b", Some("can be read as another")),
            ("/mcp", true, "/mcp", Some("is the MCP endpoint:")),
            ("/mcp", true, "/mcp/", Some("is the MCP endpoint:")),
            ("/mcp", true, "/mcp/x", Some("is the MCP endpoint:")),
            ("/mcp", true, "/MCP", Some("is the MCP endpoint:")),
            ("/Mcp", true, "/mcp/x", Some("is the MCP endpoint:")),
            ("", true, "/", Some("is the MCP endpoint:")),
            ("/mcp", false, "/", Some("when the layer is nested")),
            ("/a/mcp", false, "/mcp", Some("when the layer is nested")),
            ("/a/mcp", false, "/mcp/x", Some("when the layer is nested")),
            ("/a/mcp", false, "/", Some("when the layer is nested")),
            (
                "/a/b/mcp",
                false,
                "/b/mcp",
                Some("when the layer is nested"),
            ),
        ] {
            let fault = fault(endpoint, full, path);
            let row = format!("{path} at {endpoint:?}, full {full}: {fault:?}");
            match part {
                None => assert_eq!(fault, None, "{row}"),
                Some(part) => assert!(fault.is_some_and(|text| text.contains(part)), "{row}"),
            }
        }
    }
}

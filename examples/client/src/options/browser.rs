//! Who approves a login.

/// Who approves a login.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Browser {
    /// A person, in the browser of this machine.
    #[default]
    System,
    /// A person, in a browser of their choice: the URL is only reported.
    PrintOnly,
    /// No person: the redirects of an issuer that approves by itself are followed.
    Headless,
}

//! [`EndpointStatus`]: how an introspection endpoint stands, for health checks.

/// How an introspection endpoint stands. Taking it calls nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct EndpointStatus {
    /// The endpoint, without its query.
    pub endpoint_url: String,
    /// Whether tokens are being introspected. `false` while the endpoint is left alone for
    /// everyone; tokens whose answer is still remembered are verified all the same.
    pub usable: bool,
    /// How often it was found out of order since its last good answer.
    pub failures: u32,
    /// Why it was the last time.
    pub last_error: Option<String>,
}

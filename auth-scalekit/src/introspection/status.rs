//! [`EndpointStatus`]: the state of an introspection endpoint, for health checks.

/// The state of an introspection endpoint. Reading it makes no call.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct EndpointStatus {
    /// The endpoint, without its query.
    pub endpoint_url: String,
    /// Whether calls are made. `false` while all calls are stopped; tokens with a cached response are still
    /// verified.
    pub usable: bool,
    /// How often calls were stopped since the last good response.
    pub failures: u32,
    /// The error that stopped them last.
    pub last_error: Option<String>,
}

//! The protected resource metadata document of [RFC 9728](https://www.rfc-editor.org/rfc/rfc9728):
//! every member of its section 2, one field each.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::public_url::PublicUrl;
use crate::token::Scopes;

/// The well-known suffix of RFC 9728 section 3.
pub(crate) const WELL_KNOWN_SUFFIX: &str = "oauth-protected-resource";

/// The document from which clients learn how to obtain a token for this resource.
///
/// Members without a value are omitted from the JSON (RFC 9728 section 3.2); in particular, an
/// empty `scopes_supported` makes some clients loop.
///
/// # Example
///
/// ```
/// use auth_core::provider::{ProtectedResourceMetadata, PublicUrl};
/// use auth_core::token::Scopes;
///
/// let resource = PublicUrl::parse("https://mcp.example.com/mcp")?;
/// let metadata = ProtectedResourceMetadata::new(resource, ["https://id.example.com"])
///     .with_scopes_supported(Scopes::new(["notes:read"])?)
///     .with_resource_name("Notes");
/// assert_eq!(
///     serde_json::to_string(&metadata)?,
///     r#"{"resource":"https://mcp.example.com/mcp","authorization_servers":["https://id.example.com"],"scopes_supported":["notes:read"],"bearer_methods_supported":["header"],"resource_name":"Notes"}"#,
/// );
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ProtectedResourceMetadata {
    /// `resource`: the identifier of this resource, and the URL of the MCP endpoint. Required.
    pub resource: PublicUrl,
    /// `authorization_servers`: issuer identifiers, byte for byte as in the metadata of those
    /// servers. MCP requires at least one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub authorization_servers: Vec<String>,
    /// `jwks_uri`: keys of the *resource*, which is rarely used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jwks_uri: Option<String>,
    /// `scopes_supported`: the scopes to request at first. MCP clients request all of them, so list
    /// the baseline only.
    #[serde(default, skip_serializing_if = "Scopes::is_empty")]
    pub scopes_supported: Scopes,
    /// `bearer_methods_supported`: how a token can be sent. `Some` of an empty list means "not as a
    /// bearer token"; default: in the header only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bearer_methods_supported: Option<Vec<BearerMethod>>,
    /// `resource_signing_alg_values_supported`: the algorithms with which the resource signs its
    /// responses.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub resource_signing_alg_values_supported: Vec<String>,
    /// `resource_name`: a name for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resource_name: Option<String>,
    /// `resource_documentation`: a page for developers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resource_documentation: Option<String>,
    /// `resource_policy_uri`: how a client may use the data.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resource_policy_uri: Option<String>,
    /// `resource_tos_uri`: the terms of service.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resource_tos_uri: Option<String>,
    /// `tls_client_certificate_bound_access_tokens`: whether tokens are bound to certificates.
    #[serde(default, skip_serializing_if = "is_false")]
    pub tls_client_certificate_bound_access_tokens: bool,
    /// `authorization_details_types_supported` (RFC 9396).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub authorization_details_types_supported: Vec<String>,
    /// `dpop_signing_alg_values_supported` (RFC 9449).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub dpop_signing_alg_values_supported: Vec<String>,
    /// `dpop_bound_access_tokens_required` (RFC 9449).
    #[serde(default, skip_serializing_if = "is_false")]
    pub dpop_bound_access_tokens_required: bool,
    /// `signed_metadata`: the same metadata as a signed JWT, passed through unchanged (section 2.2).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signed_metadata: Option<String>,
    /// Additional members, including translations such as `resource_name#fr` (section 2.1).
    #[serde(flatten)]
    pub additional: Map<String, Value>,
}

/// How a bearer token can be sent, as RFC 9728 section 2 names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum BearerMethod {
    /// The `Authorization` header, RFC 6750 section 2.1.
    Header,
    /// A form-encoded body, RFC 6750 section 2.2.
    Body,
    /// The query, RFC 6750 section 2.3; refused by OAuth 2.1.
    Query,
}

/// One setter for each optional member.
macro_rules! setters {
    ($($(#[$doc:meta])* $setter:ident($member:ident: $type:ty);)*) => {
        impl ProtectedResourceMetadata {$(
            $(#[$doc])*
            #[must_use]
            pub fn $setter(mut self, value: impl Into<$type>) -> Self {
                self.$member = value.into().into();
                self
            }
        )*}
    };
}

setters! {
    /// Sets [`jwks_uri`](Self::jwks_uri).
    with_jwks_uri(jwks_uri: String);
    /// Sets [`scopes_supported`](Self::scopes_supported).
    with_scopes_supported(scopes_supported: Scopes);
    /// Sets [`bearer_methods_supported`](Self::bearer_methods_supported).
    with_bearer_methods_supported(bearer_methods_supported: Vec<BearerMethod>);
    /// Sets [`resource_signing_alg_values_supported`](Self::resource_signing_alg_values_supported).
    with_resource_signing_alg_values_supported(resource_signing_alg_values_supported: Vec<String>);
    /// Sets [`resource_name`](Self::resource_name).
    with_resource_name(resource_name: String);
    /// Sets [`resource_documentation`](Self::resource_documentation).
    with_resource_documentation(resource_documentation: String);
    /// Sets [`resource_policy_uri`](Self::resource_policy_uri).
    with_resource_policy_uri(resource_policy_uri: String);
    /// Sets [`resource_tos_uri`](Self::resource_tos_uri).
    with_resource_tos_uri(resource_tos_uri: String);
    /// Sets [`tls_client_certificate_bound_access_tokens`](Self::tls_client_certificate_bound_access_tokens).
    with_tls_client_certificate_bound_access_tokens(tls_client_certificate_bound_access_tokens: bool);
    /// Sets [`authorization_details_types_supported`](Self::authorization_details_types_supported).
    with_authorization_details_types_supported(authorization_details_types_supported: Vec<String>);
    /// Sets [`dpop_signing_alg_values_supported`](Self::dpop_signing_alg_values_supported).
    with_dpop_signing_alg_values_supported(dpop_signing_alg_values_supported: Vec<String>);
    /// Sets [`dpop_bound_access_tokens_required`](Self::dpop_bound_access_tokens_required).
    with_dpop_bound_access_tokens_required(dpop_bound_access_tokens_required: bool);
    /// Sets [`signed_metadata`](Self::signed_metadata).
    with_signed_metadata(signed_metadata: String);
}

impl ProtectedResourceMetadata {
    /// A resource and the issuers that it trusts; tokens are sent in the header.
    #[must_use]
    pub fn new<T: Into<String>>(
        resource: PublicUrl,
        authorization_servers: impl IntoIterator<Item = T>,
    ) -> Self {
        Self {
            resource,
            authorization_servers: authorization_servers.into_iter().map(Into::into).collect(),
            jwks_uri: None,
            scopes_supported: Scopes::default(),
            bearer_methods_supported: Some(vec![BearerMethod::Header]),
            resource_signing_alg_values_supported: Vec::new(),
            resource_name: None,
            resource_documentation: None,
            resource_policy_uri: None,
            resource_tos_uri: None,
            tls_client_certificate_bound_access_tokens: false,
            authorization_details_types_supported: Vec::new(),
            dpop_signing_alg_values_supported: Vec::new(),
            dpop_bound_access_tokens_required: false,
            signed_metadata: None,
            additional: Map::new(),
        }
    }

    /// Adds a member that has no field here.
    #[must_use]
    pub fn with_member(mut self, name: impl Into<String>, value: Value) -> Self {
        self.additional.insert(name.into(), value);
        self
    }

    /// Adds a translated `resource_name`, for a BCP 47 language tag such as `fr`.
    #[must_use]
    pub fn with_name_in(self, language: &str, name: impl Into<String>) -> Self {
        let member = format!("resource_name#{language}");
        self.with_member(member, Value::String(name.into()))
    }

    /// The translations of one member, by language tag.
    #[must_use]
    pub fn translations(&self, member: &str) -> BTreeMap<&str, &str> {
        let entries = self.additional.iter().filter_map(|(name, value)| {
            let language = name.strip_prefix(member)?.strip_prefix('#')?;
            Some((language, value.as_str()?))
        });
        entries.collect()
    }

    /// The path that this document is served at: `/.well-known/oauth-protected-resource/mcp`.
    #[must_use]
    pub fn path(&self) -> String {
        self.resource.well_known_path(WELL_KNOWN_SUFFIX)
    }

    /// The URL of this document, for challenges.
    #[must_use]
    pub fn url(&self) -> String {
        self.resource.well_known_url(WELL_KNOWN_SUFFIX)
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
fn is_false(value: &bool) -> bool {
    !value
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn every_member_of_the_rfc_survives_a_round_trip() {
        let full = json!({
            "resource": "https://mcp.example.com/mcp",
            "authorization_servers": ["https://id.example.com/"],
            "jwks_uri": "https://mcp.example.com/keys",
            "scopes_supported": ["notes:read"],
            "bearer_methods_supported": ["header"],
            "resource_signing_alg_values_supported": ["ES256"],
            "resource_name": "Notes",
            "resource_name#fr": "Carnet",
            "resource_documentation": "https://mcp.example.com/docs",
            "resource_policy_uri": "https://mcp.example.com/policy",
            "resource_tos_uri": "https://mcp.example.com/tos",
            "tls_client_certificate_bound_access_tokens": true,
            "authorization_details_types_supported": ["payment"],
            "dpop_signing_alg_values_supported": ["ES256"],
            "dpop_bound_access_tokens_required": true,
            "signed_metadata": "a.b.c",
            "x_extension": {"a": 1},
        });
        let metadata: ProtectedResourceMetadata = serde_json::from_value(full.clone()).unwrap();
        assert_eq!(
            metadata.translations("resource_name"),
            [("fr", "Carnet")].into()
        );
        assert_eq!(serde_json::to_value(&metadata).unwrap(), full);
    }

    #[test]
    fn each_member_has_a_setter() {
        let resource = PublicUrl::parse("https://mcp.example.com/mcp").unwrap();
        let metadata = ProtectedResourceMetadata::new(resource, ["https://id.example.com"])
            .with_jwks_uri("https://mcp.example.com/keys")
            .with_scopes_supported(Scopes::parse("notes:read").unwrap())
            .with_bearer_methods_supported([BearerMethod::Header, BearerMethod::Body])
            .with_resource_signing_alg_values_supported(["ES256".into()])
            .with_resource_name("Notes")
            .with_resource_documentation("https://mcp.example.com/docs")
            .with_resource_policy_uri("https://mcp.example.com/policy")
            .with_resource_tos_uri("https://mcp.example.com/tos")
            .with_tls_client_certificate_bound_access_tokens(true)
            .with_authorization_details_types_supported(["payment".into()])
            .with_dpop_signing_alg_values_supported(["ES256".into()])
            .with_dpop_bound_access_tokens_required(true)
            .with_signed_metadata("a.b.c")
            .with_member("x_extension", json!(1));
        let expected = json!({
            "resource": "https://mcp.example.com/mcp",
            "authorization_servers": ["https://id.example.com"],
            "jwks_uri": "https://mcp.example.com/keys",
            "scopes_supported": ["notes:read"],
            "bearer_methods_supported": ["header", "body"],
            "resource_signing_alg_values_supported": ["ES256"],
            "resource_name": "Notes",
            "resource_documentation": "https://mcp.example.com/docs",
            "resource_policy_uri": "https://mcp.example.com/policy",
            "resource_tos_uri": "https://mcp.example.com/tos",
            "tls_client_certificate_bound_access_tokens": true,
            "authorization_details_types_supported": ["payment"],
            "dpop_signing_alg_values_supported": ["ES256"],
            "dpop_bound_access_tokens_required": true,
            "signed_metadata": "a.b.c",
            "x_extension": 1,
        });
        assert_eq!(serde_json::to_value(&metadata).unwrap(), expected);
    }

    #[test]
    fn members_without_a_value_are_omitted() {
        let resource = PublicUrl::parse("https://mcp.example.com").unwrap();
        let metadata = ProtectedResourceMetadata::new(resource, ["https://id.example.com"])
            .with_name_in("fr", "Carnet");
        assert_eq!(
            serde_json::to_value(&metadata).unwrap(),
            json!({
                "resource": "https://mcp.example.com",
                "authorization_servers": ["https://id.example.com"],
                "bearer_methods_supported": ["header"],
                "resource_name#fr": "Carnet",
            }),
        );
        assert_eq!(metadata.path(), "/.well-known/oauth-protected-resource");
        assert_eq!(
            metadata.url(),
            "https://mcp.example.com/.well-known/oauth-protected-resource"
        );
    }
}

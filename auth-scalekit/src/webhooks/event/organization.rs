//! Payloads about organizations: they themselves, their domains and their SSO connections.

use std::time::SystemTime;

use super::fields::payload;

payload! {
    /// An organization.
    Organization shows [id] {
        /// `org_…`.
        id: Option<String> = id,
        /// The name that users see.
        display_name: Option<String> = string,
        /// The id that the application has given it.
        external_id: Option<String> = id,
        /// `US` or `EU`.
        region_code: Option<String> = id,
        /// When it was created.
        create_time: Option<SystemTime> = time,
        /// When it was last changed.
        update_time: Option<SystemTime> = time,
        /// When it was deleted.
        deleted_at: Option<SystemTime> = time,
        /// Its settings.
        settings: Option<OrganizationSettings> = object,
    }
}

payload! {
    /// The settings of an organization.
    OrganizationSettings shows [features] {
        /// Features that are switched on or off for it.
        features: Vec<OrganizationFeature> = objects,
    }
}

payload! {
    /// A feature of an organization.
    OrganizationFeature shows [name, enabled] {
        /// `sso`, `dir_sync` and others.
        name: Option<String> = id,
        /// Whether it is switched on.
        enabled: Option<bool> = boolean,
    }
}

payload! {
    /// A domain of an organization, without the secret of its DNS record.
    Domain shows [id, organization_id, verification_status] {
        /// `dom_…`.
        id: Option<String> = id,
        /// `org_…`.
        organization_id: Option<String> = id,
        /// `env_…`.
        environment_id: Option<String> = id,
        /// The domain name.
        domain: Option<String> = id,
        /// `ORGANIZATION_DOMAIN` and others.
        domain_type: Option<String> = id,
        /// The name of the DNS record that proves the ownership.
        txt_record_key: Option<String> = id,
        /// `PENDING`, `VERIFIED`, `FAILED`.
        verification_status: Option<String> = id,
        /// `DNS` and others.
        verification_method: Option<String> = id,
        /// When it was last changed.
        updated_at: Option<SystemTime> = time,
    }
}

payload! {
    /// An SSO connection of an organization.
    Connection shows [id, organization_id, connection_type, enabled] {
        /// `conn_…`.
        id: Option<String> = id,
        /// `org_…`.
        organization_id: Option<String> = id,
        /// `OIDC`, `SAML` and others.
        connection_type: Option<String> = id,
        /// The identity provider, such as `OKTA`.
        provider: Option<String> = id,
        /// Whether it is switched on; absent when it was created or deleted.
        enabled: Option<bool> = boolean,
        /// `COMPLETED` and others.
        status: Option<String> = id,
    }
}

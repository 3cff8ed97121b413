//! Domains of an organization.

use serde_json::{Value, json};

use super::Facts;
use crate::event::EventType;
use crate::values::{id, timestamp};

pub(super) fn payload(kind: EventType, facts: &Facts<'_>) -> Value {
    let domain = facts.name.unwrap_or("example.com");
    let status = match kind {
        EventType::OrganizationDomainCreated => "PENDING",
        EventType::OrganizationDomainDnsVerificationFailed => "FAILED",
        _ => "VERIFIED",
    };
    json!({
        "id": id::derived("dom", domain),
        "domain": domain,
        "domain_type": "ORGANIZATION_DOMAIN",
        "organization_id": facts.organization_id(),
        "environment_id": facts.environment_id,
        "txt_record_key": format!("_scalekit-challenge.{domain}"),
        // Who receives the event must not log this one.
        "txt_record_secret": id::derived("mock-txt-record-secret", domain),
        "verification_status": status,
        "verification_method": "DNS",
        "updated_at": timestamp::format(facts.now),
    })
}

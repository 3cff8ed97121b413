//! The settings of one rule.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::value::{Reader, unknown};
use crate::policy::organizations::{InvalidOrganizationRule, OrganizationRule};

const SETTINGS: &[&str] = &[
    "required_scopes",
    "allowed_roles",
    "allowed_tools",
    "allowed_prompts",
    "allowed_resources",
    "quota",
];

type Built = Result<OrganizationRule, InvalidOrganizationRule>;

/// The rule of this table. If the reader reported a mistake, it is not used.
pub(super) fn read(table: &DeTable<'_>, reader: &mut Reader<'_>) -> OrganizationRule {
    let mut rule = OrganizationRule::new();
    for (name, value) in table {
        let text = &**name.get_ref();
        let set: fn(OrganizationRule, Vec<&str>) -> Built = match text {
            "required_scopes" => |rule, it| rule.required_scopes(it),
            "allowed_roles" => |rule, it| rule.allowed_roles(it),
            "allowed_tools" => |rule, it| rule.allowed_tools(it),
            "allowed_prompts" => |rule, it| rule.allowed_prompts(it),
            "allowed_resources" => |rule, it| rule.allowed_resources(it),
            "quota" => {
                rule = quota(rule, value, reader);
                continue;
            }
            _ => {
                unknown(reader, name, text, SETTINGS);
                continue;
            }
        };
        if let Some(items) = reader.strings(text, value) {
            let (strings, places): (Vec<_>, Vec<_>) = items.into_iter().unzip();
            rule = accept(
                rule,
                |rule| set(rule, strings),
                &value.span(),
                &places,
                reader,
            );
        }
    }
    rule
}

/// The changed rule, or the rule as it was and a problem in its place.
fn accept(
    rule: OrganizationRule,
    change: impl FnOnce(OrganizationRule) -> Built,
    place: &Range<usize>,
    items: &[Range<usize>],
    reader: &mut Reader<'_>,
) -> OrganizationRule {
    change(rule).unwrap_or_else(|error| {
        let item = error.item().and_then(|item| items.get(item));
        reader.problem(item.unwrap_or(place), error);
        OrganizationRule::new()
    })
}

#[cfg(not(feature = "rate-limit"))]
fn quota(
    rule: OrganizationRule,
    value: &Spanned<DeValue<'_>>,
    reader: &mut Reader<'_>,
) -> OrganizationRule {
    let problem = "quota needs the feature rate-limit of auth-core: enable it, or remove the quota";
    reader.problem(&value.span(), problem);
    rule
}

#[cfg(feature = "rate-limit")]
fn quota(
    rule: OrganizationRule,
    value: &Spanned<DeValue<'_>>,
    reader: &mut Reader<'_>,
) -> OrganizationRule {
    use crate::policy::rate_limit::Quota;

    let Some(table) = reader.table("quota", value) else {
        return rule;
    };
    let (mut requests, mut per, mut burst) = (None, None, None);
    for (name, value) in table {
        match &**name.get_ref() {
            "requests" => requests = number("requests", value, reader),
            "burst" => burst = number("burst", value, reader),
            "per" => per = period(value, reader),
            other => unknown(reader, name, other, &["requests", "per", "burst"]),
        }
    }
    for missing in ["requests", "per"] {
        if !table.contains_key(missing) {
            reader.problem(&value.span(), format!("quota has no {missing}: add it"));
        }
    }
    let (Some(requests), Some(per)) = (requests, per) else {
        return rule;
    };
    let quota = Quota::new(requests, per);
    let quota = burst.map_or(quota, |burst| quota.burst(burst));
    accept(rule, |rule| rule.quota(quota), &value.span(), &[], reader)
}

#[cfg(feature = "rate-limit")]
fn number(name: &str, value: &Spanned<DeValue<'_>>, reader: &mut Reader<'_>) -> Option<u32> {
    let integer = value.get_ref().as_integer();
    let number = integer.and_then(|it| u32::from_str_radix(it.as_str(), it.radix()).ok());
    if number.is_none() {
        let max = u32::MAX;
        let problem =
            format!("{name} is not a number of requests: write an integer from 1 to {max}");
        reader.problem(&value.span(), problem);
    }
    number
}

#[cfg(feature = "rate-limit")]
fn period(value: &Spanned<DeValue<'_>>, reader: &mut Reader<'_>) -> Option<std::time::Duration> {
    let seconds = match value.get_ref().as_str() {
        Some("second") => 1,
        Some("minute") => 60,
        Some("hour") => 3600,
        Some("day") => 24 * 3600,
        _ => {
            let problem = "per is not a period: write \"second\", \"minute\", \"hour\" or \"day\"";
            reader.problem(&value.span(), problem);
            return None;
        }
    };
    Some(std::time::Duration::from_secs(seconds))
}

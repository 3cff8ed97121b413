//! The caller as an entity: a `User` or a `Machine`, in its organization, with its roles and scopes.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use cedar_policy::{Entity, EntityUid, RestrictedExpression};
use serde_json::{Map, Value};

use super::schema::ServerSchema;
use crate::token::{Scopes, VerifiedToken};

/// The caller of one request.
pub(super) struct Caller<'a> {
    pub(super) uid: EntityUid,
    token: &'a VerifiedToken,
    parents: Vec<EntityUid>,
}

impl<'a> Caller<'a> {
    /// The caller with this token. `id` names it.
    pub(super) fn new(
        schema: &ServerSchema,
        token: &'a VerifiedToken,
        id: &str,
    ) -> Result<Self, String> {
        let kind = if token.is_machine() {
            "Machine"
        } else {
            "User"
        };
        let organization = token
            .organization()
            .map(|id| schema.uid("Organization", id));
        let roles = token.roles().map(|role| schema.uid("Role", role));
        Ok(Self {
            uid: schema.uid(kind, id)?,
            parents: organization
                .into_iter()
                .chain(roles)
                .collect::<Result<_, _>>()?,
            token,
        })
    }

    /// The entity of the caller, as if the token had these scopes.
    pub(super) fn entity(&self, scopes: &Scopes) -> Result<Entity, String> {
        let token = self.token;
        let some = |name: &str, value: Option<&str>| Some((name.to_owned(), string(value?)));
        let attributes = [
            some("issuer", Some(token.canonical_issuer())),
            some("client_id", token.client_id()),
            some("organization", token.organization()),
            Some((
                "scopes".to_owned(),
                set(scopes.iter().map(crate::token::Scope::as_str)),
            )),
            Some(("roles".to_owned(), set(token.roles()))),
            Some(("permissions".to_owned(), set(token.permissions()))),
        ];
        let attributes = attributes.into_iter().flatten().collect();
        Entity::new(
            self.uid.clone(),
            attributes,
            self.parents.iter().cloned().collect(),
        )
        .map_err(|error| error.to_string())
    }

    /// The claims as an entity: the tag of a claim is its JSON pointer, and its value the set of its
    /// strings.
    pub(super) fn claims(&self, uid: EntityUid) -> Result<Entity, String> {
        let mut tags = Vec::new();
        add_claims(&mut tags, "", self.token.claims());
        Entity::new_with_tags(uid, [], [], tags).map_err(|error| error.to_string())
    }

    /// When and how the user has logged in: `auth_time`, `acr` and `amr`.
    pub(super) fn authentication(&self) -> Result<RestrictedExpression, String> {
        let claims = self.token.claims();
        let time = claims.get("auth_time").and_then(Value::as_u64);
        let time = time.and_then(|seconds| UNIX_EPOCH.checked_add(Duration::from_secs(seconds)));
        let time = time.map(datetime).transpose()?;
        let acr = claims.get("acr").and_then(Value::as_str);
        let members = [
            time.map(|time| ("time".to_owned(), time)),
            acr.map(|acr| ("acr".to_owned(), string(acr))),
            Some(("amr".to_owned(), set(strings(self.token, "amr")))),
        ];
        RestrictedExpression::new_record(members.into_iter().flatten())
            .map_err(|error| error.to_string())
    }
}

/// The strings in a claim that is an array.
fn strings<'a>(token: &'a VerifiedToken, claim: &str) -> impl Iterator<Item = &'a str> {
    let items = token.claims().get(claim).and_then(Value::as_array);
    items.into_iter().flatten().filter_map(Value::as_str)
}

/// Adds each claim that is a string, number, boolean or an array of such.
fn add_claims(
    tags: &mut Vec<(String, RestrictedExpression)>,
    prefix: &str,
    members: &Map<String, Value>,
) {
    for (name, value) in members {
        // RFC 6901 section 3.
        let pointer = format!("{prefix}/{}", name.replace('~', "~0").replace('/', "~1"));
        match value {
            Value::Object(members) => add_claims(tags, &pointer, members),
            Value::Array(items) => {
                let items: Vec<_> = items.iter().filter_map(text).collect();
                tags.push((pointer, set(items.iter().map(String::as_str))));
            }
            value => tags.extend(text(value).map(|text| (pointer, set([text.as_str()])))),
        }
    }
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(_) | Value::Bool(_) => Some(value.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

fn string(text: &str) -> RestrictedExpression {
    RestrictedExpression::new_string(text.to_owned())
}

fn set<'a>(items: impl IntoIterator<Item = &'a str>) -> RestrictedExpression {
    RestrictedExpression::new_set(items.into_iter().map(string))
}

/// A time as Cedar has it, in milliseconds.
///
/// # Errors
///
/// When it is after the year 9999.
pub(super) fn datetime(time: SystemTime) -> Result<RestrictedExpression, String> {
    const LAST: Duration = Duration::from_secs(253_402_300_799);
    match time.duration_since(UNIX_EPOCH) {
        Ok(since) if since <= LAST => Ok(RestrictedExpression::new_datetime(
            humantime::format_rfc3339_millis(time).to_string(),
        )),
        _ => Err("a time is not one of the years 1970 to 9999".to_owned()),
    }
}

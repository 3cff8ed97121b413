//! One revocation as an entry of the stream: `issuer`, `kind`, `value`, `organization` of a member, and `at` in
//! nanoseconds since 1970.

use std::collections::HashMap;

use redis::{Cmd, FromRedisValue, Value};
use thiserror::Error;

use crate::revocation::{Revocation, RevocationTarget, nanos};

/// An entry that cannot be read: another program has written it, or a later version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("an entry of the revocations in Redis has no readable {0}")]
pub(super) struct Unreadable(&'static str);

/// Adds the fields of an entry to an `XADD`.
pub(super) fn write(command: &mut Cmd, revocation: &Revocation) {
    let (kind, value, organization) = parts(revocation.target());
    command.arg("issuer").arg(revocation.issuer());
    command.arg("kind").arg(kind).arg("value").arg(value);
    if let Some(organization) = organization {
        command.arg("organization").arg(organization);
    }
    command.arg("at").arg(nanos::of(revocation.at()));
}

/// The revocation of an entry.
pub(super) fn read(fields: &HashMap<String, Value>) -> Result<Revocation, Unreadable> {
    let field = |name: &'static str| {
        let value = fields.get(name).ok_or(Unreadable(name))?;
        String::from_redis_value_ref(value).map_err(|_| Unreadable(name))
    };
    let value = || field("value");
    let target = match field("kind")?.as_str() {
        "token" => RevocationTarget::token(value()?),
        "session" => RevocationTarget::session(value()?),
        "subject" => RevocationTarget::subject(value()?),
        "member" => RevocationTarget::member(value()?, field("organization")?),
        "organization" => RevocationTarget::organization(value()?),
        "client" => RevocationTarget::client(value()?),
        "role" => RevocationTarget::role(value()?),
        "permission" => RevocationTarget::permission(value()?),
        _ => return Err(Unreadable("kind")),
    };
    let at = field("at")?.parse().map_err(|_| Unreadable("at"))?;
    Ok(Revocation::new(
        field("issuer")?,
        target,
        nanos::to_time(at),
    ))
}

fn parts(target: &RevocationTarget) -> (&'static str, &str, Option<&str>) {
    match target {
        RevocationTarget::Token(value) => ("token", value, None),
        RevocationTarget::Session(value) => ("session", value, None),
        RevocationTarget::Subject(value) => ("subject", value, None),
        RevocationTarget::Member {
            subject,
            organization,
        } => ("member", subject, Some(organization)),
        RevocationTarget::Organization(value) => ("organization", value, None),
        RevocationTarget::Client(value) => ("client", value, None),
        RevocationTarget::Role(value) => ("role", value, None),
        RevocationTarget::Permission(value) => ("permission", value, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::{Duration, SystemTime};

    fn fields(revocation: &Revocation) -> HashMap<String, Value> {
        let mut command = Cmd::new();
        write(&mut command, revocation);
        let arguments: Vec<String> = command
            .args_iter()
            .map(|argument| match argument {
                redis::Arg::Simple(bytes) => String::from_utf8(bytes.to_vec()).unwrap(),
                _ => unreachable!("no cursor"),
            })
            .collect();
        let pairs = arguments.chunks(2);
        let value = |text: &String| Value::BulkString(text.clone().into_bytes());
        pairs
            .map(|pair| (pair[0].clone(), value(&pair[1])))
            .collect()
    }

    #[test]
    fn every_kind_is_read_as_it_was_written() {
        let at = SystemTime::UNIX_EPOCH + Duration::new(1_764_000_000, 123_456_789);
        for target in [
            RevocationTarget::token("tkn_1"),
            RevocationTarget::session("ses_1"),
            RevocationTarget::subject("conn_1;ä \"x\""),
            RevocationTarget::member("usr_1", "org_1"),
            RevocationTarget::organization("org_1"),
            RevocationTarget::client("https://client.example.com/metadata.json"),
            RevocationTarget::role("admin"),
            RevocationTarget::permission(""),
        ] {
            let revocation = Revocation::new("https://id.example.com", target, at);
            assert_eq!(read(&fields(&revocation)), Ok(revocation));
        }
    }

    #[test]
    fn what_is_missing_or_unknown_is_named() {
        let member = RevocationTarget::member("usr_1", "org_1");
        let at = SystemTime::UNIX_EPOCH + Duration::from_secs(1);
        let entry = fields(&Revocation::new("https://id.example.com", member, at));
        assert!(read(&entry).is_ok(), "the control");
        for name in ["issuer", "kind", "value", "organization", "at"] {
            let mut without = entry.clone();
            without.remove(name);
            assert_eq!(read(&without), Err(Unreadable(name)));
            let mut other = entry.clone();
            other.insert(name.into(), Value::BulkString(vec![0xff]));
            assert_eq!(read(&other), Err(Unreadable(name)));
        }
        let mut unknown = entry;
        unknown.insert("kind".into(), Value::BulkString(b"planet".to_vec()));
        assert_eq!(read(&unknown), Err(Unreadable("kind")));
    }
}

//! [`AuditLine`]: one line of an audit file.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use auth_core::support::json::{self, RawJson};

/// The longest id or name that is compared, in bytes. A longer one is as good as absent.
const MAX_WORD: usize = 1024;

/// A line, as far as this program reads it: an event, or another record.
#[derive(Clone, Default, PartialEq)]
pub(super) struct AuditLine {
    /// When it happened.
    pub(super) time: Option<SystemTime>,
    /// The kind of record; `None` for an event.
    pub(super) record: Option<String>,
    pub(super) decision: Option<String>,
    pub(super) error: Option<String>,
    pub(super) organization: Option<String>,
    pub(super) client: Option<String>,
    /// `sub` of the token.
    pub(super) user: Option<String>,
    /// The e-mail address: the member `user.email`, which a custom sink may write, or a subject that is an address.
    pub(super) email: Option<String>,
    pub(super) method: Option<String>,
    pub(super) tool: Option<String>,
    pub(super) batch: Option<String>,
    pub(super) request_id: Option<String>,
    /// Events that the line counts instead of having them, by decision.
    pub(super) omitted: Vec<(String, u64)>,
}

impl AuditLine {
    /// Reads a line; `None` for one that is no JSON object.
    pub(super) fn read(line: &[u8]) -> Option<Self> {
        let names = [
            "time",
            "record",
            "auth.decision",
            "error.type",
            "auth.organization",
            "auth.client_id",
            "user.id",
            "user.email",
            "mcp.method.name",
            "gen_ai.tool.name",
            "auth.batch",
            "http.request.header.x-request-id",
            "counts",
        ];
        let [
            time,
            record,
            decision,
            error,
            organization,
            client,
            user,
            email,
            method,
            tool,
            batch,
            request_id,
            counts,
        ] = json::members(std::str::from_utf8(line).ok()?, names).ok()?;
        let user = word(user);
        let email = word(email).or_else(|| user.clone().filter(|user| user.contains('@')));
        Some(Self {
            time: time.and_then(seconds),
            record: word(record),
            decision: word(decision),
            error: word(error),
            organization: word(organization),
            client: word(client),
            user,
            email,
            method: word(method),
            tool: word(tool),
            batch: word(batch),
            request_id: word(request_id),
            omitted: counts.map(omitted).unwrap_or_default(),
        })
    }

    /// What the request asked for, in one word or several.
    pub(super) fn operation(&self) -> Option<&str> {
        self.tool
            .as_deref()
            .or(self.batch.as_deref())
            .or(self.method.as_deref())
    }

    /// How many events it stands for.
    pub(super) fn events(&self) -> u64 {
        match self.record {
            None => 1,
            Some(_) => self
                .omitted
                .iter()
                .fold(0, |sum, (_, count)| sum.saturating_add(*count)),
        }
    }
}

/// Shows no ids and addresses.
impl std::fmt::Debug for AuditLine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AuditLine")
            .field("time", &self.time)
            .field("record", &self.record)
            .field("decision", &self.decision)
            .finish_non_exhaustive()
    }
}

fn word(value: Option<RawJson<'_>>) -> Option<String> {
    let word = value?.string()?.at_most(MAX_WORD)?;
    (!word.is_empty()).then(|| word.into_owned())
}

fn seconds(value: RawJson<'_>) -> Option<SystemTime> {
    let seconds = value.number()?.as_f64()?;
    UNIX_EPOCH.checked_add(Duration::try_from_secs_f64(seconds).ok()?)
}

fn omitted(counts: RawJson<'_>) -> Vec<(String, u64)> {
    let count = |item: RawJson<'_>| {
        let [decision, count] = json::members(item.as_str(), ["auth.decision", "count"]).ok()?;
        Some((word(decision)?, count?.number()?.as_u64()?))
    };
    counts
        .items()
        .into_iter()
        .flatten()
        .filter_map(count)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_and_counts_are_read() {
        let line = AuditLine::read(
            br#"{"time":1.5,"auth.decision":"admitted","user.id":"a@x","auth.client_id":"c","gen_ai.tool.name":"add","mcp.method.name":"tools/call","chain.seq":1}"#,
        )
        .unwrap();
        assert_eq!(line.time, Some(UNIX_EPOCH + Duration::from_millis(1500)));
        assert_eq!(
            (line.email.as_deref(), line.operation(), line.events()),
            (Some("a@x"), Some("add"), 1)
        );
        assert!(!format!("{line:?}").contains("a@x"));
        let line = AuditLine::read(
            br#"{"time":2,"record":"summary","counts":[{"auth.decision":"admitted","count":2},{"count":1},{"auth.decision":"public","count":3}]}"#,
        )
        .unwrap();
        assert_eq!(line.events(), 5);
        for broken in [&b""[..], b"[]", b"{", b"\xff", br#"{"time":1,"time":2}"#] {
            assert_eq!(AuditLine::read(broken), None);
        }
        let odd = AuditLine::read(br#"{"time":"x","user.id":7,"auth.client_id":"","counts":{}}"#)
            .unwrap();
        assert_eq!(odd, AuditLine::default());
        let far = AuditLine::read(br#"{"time":-1}"#).unwrap();
        assert_eq!(far.time, None);
    }
}

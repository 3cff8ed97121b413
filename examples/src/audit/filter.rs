//! [`Filter`]: which lines are of interest.

use std::time::{Duration, SystemTime};

use clap::Args;

use super::audit_line::AuditLine;
use super::joiner::Joined;

/// Which lines to use. Several filters must all match.
#[derive(Debug, Clone, Default, Args)]
pub struct Filter {
    /// Only events of this organization (org_...).
    #[arg(long, value_name = "ID")]
    organization: Option<String>,
    /// Only events of this client.
    #[arg(long, value_name = "ID")]
    client: Option<String>,
    /// Only events of this user: the subject of the token.
    #[arg(long, value_name = "ID")]
    user: Option<String>,
    /// Only events of the user with this e-mail address: that of the line, else that of the login it is joined with.
    #[arg(long, value_name = "ADDRESS")]
    email: Option<String>,
    /// Only events with this decision, such as admitted or invalid_token.
    #[arg(long, value_name = "NAME")]
    decision: Option<String>,
    /// Only calls of this tool.
    #[arg(long, value_name = "NAME")]
    tool: Option<String>,
    /// Only what happened at this time or later: RFC 3339, or an age such as 90m, 24h or 7d.
    #[arg(long, value_name = "TIME", value_parser = time)]
    since: Option<SystemTime>,
    /// Only what happened at this time or earlier.
    #[arg(long, value_name = "TIME", value_parser = time)]
    until: Option<SystemTime>,
}

impl Filter {
    /// The earliest time of a line.
    pub(super) fn since(&self) -> Option<SystemTime> {
        self.since
    }

    /// The latest time of a line.
    pub(super) fn until(&self) -> Option<SystemTime> {
        self.until
    }

    /// Whether it filters by a member that only events have.
    fn is_of_events(&self) -> bool {
        let members = [
            &self.organization,
            &self.client,
            &self.user,
            &self.email,
            &self.tool,
        ];
        members.iter().any(|member| member.is_some())
    }

    /// Whether a line is of interest, whatever its login.
    pub(super) fn admits(&self, line: &AuditLine) -> bool {
        let is =
            |wanted: &Option<String>, found: &Option<String>| wanted.is_none() || wanted == found;
        let by_time = self
            .since
            .is_none_or(|since| line.time.is_some_and(|time| time >= since))
            && self
                .until
                .is_none_or(|until| line.time.is_some_and(|time| time <= until));
        if line.record.is_some() {
            let counts =
                |wanted: &String| line.omitted.iter().any(|(decision, _)| decision == wanted);
            return by_time && !self.is_of_events() && self.decision.as_ref().is_none_or(counts);
        }
        by_time
            && is(&self.organization, &line.organization)
            && is(&self.client, &line.client)
            && is(&self.user, &line.user)
            && is(&self.decision, &line.decision)
            && is(&self.tool, &line.tool)
    }

    /// Whether a line is of interest, with the login that it is joined with.
    pub(super) fn admits_joined(&self, line: &AuditLine, joined: Option<&Joined>) -> bool {
        let Some(wanted) = &self.email else {
            return true;
        };
        let login = joined.and_then(Joined::email);
        let found = line.email.as_deref().or(login);
        found.is_some_and(|found| found.eq_ignore_ascii_case(wanted))
    }
}

/// A time in RFC 3339, or that many seconds, minutes, hours or days ago.
pub(super) fn time(text: &str) -> Result<SystemTime, String> {
    let ago = |age: Duration| SystemTime::now().checked_sub(age);
    humantime::parse_rfc3339_weak(text)
        .ok()
        .or_else(|| humantime::parse_duration(text).ok().and_then(ago))
        .ok_or_else(|| "give a time such as 2026-11-01T00:00:00Z, or an age such as 24h".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Parser)]
    struct Program {
        #[command(flatten)]
        filter: Filter,
    }

    #[test]
    fn each_filter_admits_what_it_names() {
        let event = AuditLine::read(
            br#"{"time":1793491200,"auth.decision":"admitted","auth.organization":"o","auth.client_id":"c","user.id":"u","user.email":"a@x","gen_ai.tool.name":"t"}"#,
        )
        .unwrap();
        let sum = AuditLine::read(
            br#"{"time":1793491200,"record":"summary","counts":[{"auth.decision":"admitted","count":2}]}"#,
        )
        .unwrap();
        for (arguments, expected) in [
            (&[][..], (true, true)),
            (&["--organization", "o"], (true, false)),
            (&["--organization", "p"], (false, false)),
            (&["--client", "c"], (true, false)),
            (&["--client", "d"], (false, false)),
            (&["--user", "u"], (true, false)),
            (&["--user", "v"], (false, false)),
            (&["--email", "A@X"], (true, false)),
            (&["--email", "b@x"], (false, false)),
            (&["--decision", "admitted"], (true, true)),
            (&["--decision", "public"], (false, false)),
            (&["--tool", "t"], (true, false)),
            (&["--tool", "s"], (false, false)),
            (&["--since", "2026-11-01T00:00:00Z"], (true, true)),
            (&["--since", "2026-11-01T00:00:01Z"], (false, false)),
            (&["--until", "2026-11-01T00:00:00Z"], (true, true)),
            (&["--until", "2026-10-31T23:59:59Z"], (false, false)),
            (&["--tool", "t", "--user", "v"], (false, false)),
        ] {
            let arguments = [&["audit"], arguments].concat();
            let filter = Program::parse_from(&arguments).filter;
            let admits = |line| filter.admits(line) && filter.admits_joined(line, None);
            assert_eq!((admits(&event), admits(&sum)), expected, "{arguments:?}");
        }
        assert!(Program::try_parse_from(["audit", "--since", "yesterday"]).is_err());
        assert!(Program::try_parse_from(["audit", "--since", "24h"]).is_ok());
    }
}

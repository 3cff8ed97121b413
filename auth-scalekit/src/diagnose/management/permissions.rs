//! Which calls the client credentials permit.

use super::answer::{Answer, Problem, Verdict, reason, verdict};
use super::calls::Call;
use super::credential::wait;
use crate::diagnose::report::{Check, Finding};
use crate::management::{ManagementError, ManagementErrorKind};

const CHECK: Check = Check::ManagementPermissions;

/// Calls with something in common, such as the permission that they need.
struct Group {
    by: String,
    calls: Vec<Call>,
}

/// The findings: one about the calls that are permitted, one about each missing permission, one about an outage, and one
/// about the calls that had nothing to read.
pub(super) fn check<'a>(answers: impl Iterator<Item = (Call, Answer<'a>)>) -> Vec<Finding> {
    let (mut allowed, mut lacking, mut without_id) = (Vec::new(), Vec::new(), Vec::new());
    let mut not_judged = Vec::new();
    for (call, answer) in answers {
        let documented = call.permission().unwrap_or_default();
        match verdict(&answer) {
            Verdict::Allowed => add(&mut allowed, documented.into(), call),
            Verdict::Forbidden(error) => add(&mut lacking, missing(error, documented), call),
            Verdict::NoId(what) => add(&mut without_id, format!("no {what} is known"), call),
            Verdict::NotJudged => not_judged.extend(answer.err().map(|problem| (call, problem))),
        }
    }
    let may_nothing = allowed.is_empty();
    let permitted = (!may_nothing).then(|| {
        CHECK.ok(format!(
            "the client may read {}; calls that change something were not tried",
            list(&allowed)
        ))
    });
    let nothing_to_read = (!without_id.is_empty())
        .then(|| CHECK.skipped("no-id", format!("not checked: {}", list(&without_id))));
    let mut findings: Vec<_> = permitted.into_iter().collect();
    findings.extend(lacking.iter().map(|group| forbidden(group, may_nothing)));
    findings.extend(outage(&not_judged));
    findings.extend(nothing_to_read);
    findings
}

/// What the API reports is more specific than what is documented.
fn missing(error: &ManagementError, documented: &str) -> String {
    let reported: Vec<_> = error.required_permissions().collect();
    match reported.is_empty() {
        true => documented.to_owned(),
        false => reported.join(" or "),
    }
}

fn add(groups: &mut Vec<Group>, by: String, call: Call) {
    match groups.iter_mut().find(|group| group.by == by) {
        Some(group) => group.calls.push(call),
        None => groups.push(Group {
            by,
            calls: vec![call],
        }),
    }
}

/// `users, users of an organization (users:read), events`
fn list(groups: &[Group]) -> String {
    let groups = groups.iter().map(|group| match group.by.is_empty() {
        true => group.what(),
        false => format!("{} ({})", group.what(), group.by),
    });
    groups.collect::<Vec<_>>().join(", ")
}

impl Group {
    fn what(&self) -> String {
        let calls: Vec<_> = self.calls.iter().map(|call| call.what()).collect();
        calls.join(", ")
    }

    fn needed_by(&self) -> String {
        let mut names: Vec<&str> = Vec::new();
        for call in &self.calls {
            if !names.contains(&call.needed_by()) {
                names.push(call.needed_by());
            }
        }
        names.join(", ")
    }
}

fn forbidden(group: &Group, may_nothing: bool) -> Finding {
    let (lacks, give) = match group.by.is_empty() {
        false => (
            format!("it lacks {}", group.by),
            format!("the permission {}", group.by),
        ),
        true => (
            "it lacks a permission that the API does not name".into(),
            "the permission for it".into(),
        ),
    };
    let of_another_kind = match may_nothing {
        true => {
            "; if it has them all, it is a client of an MCP server (m2m_...): use one of the \
             environment (skc_...)"
        }
        false => "",
    };
    CHECK.warning(
        "forbidden",
        format!("the client may not read {}: {lacks}", group.what()),
        format!(
            "give the client of SCALEKIT_CLIENT_ID {give} in the Scalekit dashboard (Developers > \
             Settings > API Credentials), unless none of these is used: {}{of_another_kind}",
            group.needed_by()
        ),
    )
}

/// A call without an answer is not a call without permission.
fn outage(calls: &[(Call, &Problem)]) -> Option<Finding> {
    let was_made = |problem: &Problem| !matches!(problem, Problem::NotMade);
    let (made, not_made): (Vec<_>, Vec<_>) =
        calls.iter().partition(|(_, problem)| was_made(problem));
    let (_, last) = made.last()?;
    let mut texts: Vec<String> = made
        .iter()
        .map(|(call, problem)| format!("{} ({})", call.what(), problem.reason()))
        .collect();
    if !not_made.is_empty() {
        let more = not_made.len();
        texts.push(format!("{more} more calls, which were not made then"));
    }
    let fix = match last {
        Problem::Failed(error) if error.kind() == ManagementErrorKind::RateLimited => wait(error),
        Problem::Failed(error) if error.status() == Some(403) => format!(
            "check which proxy or firewall between this machine and SCALEKIT_ENVIRONMENT_URL \
             answers with {}, and the IP allowlist of the client in the Scalekit dashboard \
             (Developers > Settings > API Credentials): the API itself names a missing \
             permission",
            reason(error)
        ),
        _ => "run scalekit-doctor --management again later; if it stays so, check what is between \
             this machine and SCALEKIT_ENVIRONMENT_URL"
            .into(),
    };
    let what = format!(
        "not known, since the API did not answer as documented: {}",
        texts.join(", ")
    );
    Some(CHECK.warning(last.code(), what, fix))
}

//! What a probe is: its name, its rule, and how it is made. The probes themselves are in `groups/`.
//!
//! To add one: add its row and its function to the file of its group. `examples/fixtures/tests/probe` has a
//! server that fails each probe; a test there names any probe without one.

use std::future::Future;
use std::pin::Pin;

use super::credentials::SUBJECT;
use super::level::Level;
use super::outcome::{CheckResult, expect};
use super::refusal::expect_401;
use super::target::Target;
use crate::values::catalog_enum;
use crate::{Defect, KeyDefect};

catalog_enum! {
    /// The subject of a probe. Probes run in this order: the first need the least of a server.
    "group" Group {
        /// The challenge for a request without a token, and the metadata that it leads to.
        Challenge = "challenge",
        /// Where in a request a token may be.
        Extraction = "extraction",
        /// Form, header and signature of a JWT.
        Signature = "signature",
        /// The claims of a JWT.
        Claims = "claims",
        /// What a token permits.
        Scope = "scope",
        /// What must not be reached without a token.
        Coverage = "coverage",
        /// That callers, and their sessions, are kept apart.
        Identity = "identity",
        /// `Host` and `Origin`.
        Origin = "origin",
        /// That tokens do not leave the server.
        Secrets = "secrets",
        /// The issuer's keys, as they change and fail to come. They run last, since some
        /// servers do not recover from them.
        Keys = "keys",
        /// API keys, and the API that validates them.
        ApiKeys = "api-keys",
    }
}

pub(super) type Check =
    for<'a> fn(&'a Target<'a>) -> Pin<Box<dyn Future<Output = CheckResult> + 'a>>;

/// A rule, and how a probe checks it.
#[derive(Debug, Clone, Copy)]
pub struct Probe {
    name: &'static str,
    group: Group,
    level: Level,
    rule: &'static str,
    requirement: &'static str,
    pub(super) how: How,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum How {
    /// A token with this defect is refused, after one without was accepted.
    Refuses(Defect),
    /// A string with this defect is refused in place of an API key.
    RefusesKey(KeyDefect),
    Check(Check),
}

impl Probe {
    /// A short name in kebab case, which stays the same from release to release.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// What it is about.
    #[must_use]
    pub fn group(&self) -> Group {
        self.group
    }

    /// How binding its rule is.
    #[must_use]
    pub fn level(&self) -> Level {
        self.level
    }

    /// The rule, such as `RFC 9728 section 3.3`.
    #[must_use]
    pub fn rule(&self) -> &'static str {
        self.rule
    }

    /// The rule in one sentence.
    #[must_use]
    pub fn requirement(&self) -> &'static str {
        self.requirement
    }

    pub(super) const fn new(
        group: Group,
        name: &'static str,
        (level, rule): (Level, &'static str),
        requirement: &'static str,
        check: Check,
    ) -> Self {
        Self {
            name,
            group,
            level,
            rule,
            requirement,
            how: How::Check(check),
        }
    }

    /// One for each defect.
    pub(super) fn refusals(group: Group, defects: &[(Level, Defect)]) -> Vec<Self> {
        let probe = |&(level, defect): &(Level, Defect)| Self {
            name: defect.name(),
            group,
            level,
            rule: defect.rule(),
            requirement: "a token with this defect is refused with 401",
            how: How::Refuses(defect),
        };
        defects.iter().map(probe).collect()
    }

    /// One for each defect of a key.
    pub(super) fn key_refusals(group: Group, defects: &[(Level, KeyDefect)]) -> Vec<Self> {
        let probe = |&(level, defect): &(Level, KeyDefect)| Self {
            name: defect.name(),
            group,
            level,
            rule: "RFC 6750 section 3.1",
            requirement: "a string with this defect is refused in place of an API key",
            how: How::RefusesKey(defect),
        };
        defects.iter().map(probe).collect()
    }

    pub(super) async fn run(&self, target: &Target<'_>) -> CheckResult {
        match self.how {
            How::Check(check) => check(target).await,
            How::Refuses(defect) => {
                let token = target.older_jwt()?.with(defect).sign();
                expect_401("the token", &target.try_token(&token).await?)
            }
            How::RefusesKey(defect) => {
                let keys = target.api_keys()?;
                let holder = target.holder(SUBJECT, target.all_scopes());
                let draft = keys.draft(target.issuer, &holder);
                let key = defect.string_of(target.issuer, draft);
                // Some of these strings are no token of RFC 6750, or too long for the server at all.
                let answer = target.try_token(&key).await?;
                let is_refused = matches!(answer.status.as_u16(), 400 | 401 | 431);
                expect(is_refused, || format!("the string gets {}", answer.status))
            }
        }
    }
}

/// Probes from functions: level, rule, and what must hold.
macro_rules! probes {
    ($group:ident: $($name:literal $level:ident $rule:literal $requirement:literal => $check:path;)*) => {
        vec![$(
            $crate::probe::catalogue::Probe::new(
                $crate::probe::Group::$group,
                $name,
                ($crate::probe::Level::$level, $rule),
                $requirement,
                |target| Box::pin($check(target)),
            ),
        )*]
    };
}
pub(super) use probes;

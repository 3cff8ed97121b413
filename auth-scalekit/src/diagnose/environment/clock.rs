//! This machine's clock compared with that of the environment.

use std::time::Duration;

use crate::diagnose::http::ClockSkew;
use crate::diagnose::report::{Check, Finding, format};

const WARNING: Duration = Duration::from_secs(30);
/// The leeway of the verifier.
const FAILURE: Duration = Duration::from_secs(60);

const FIX: &str = "let the time service of this machine set the clock (`timedatectl set-ntp true` with systemd); \
     in a virtual machine or a container, that of the host";

pub(crate) fn check(skew: Option<ClockSkew>) -> Finding {
    let Some(skew) = skew else {
        return Check::Clock.skipped("no-date", "not checked, since no reply has a Date header");
    };
    let size = format::span(skew.size());
    let (direction, meaning) = match skew {
        ClockSkew::Ahead(_) => ("ahead of", "tokens expire too early here"),
        ClockSkew::Behind(_) => ("behind", "new tokens appear to be issued in the future"),
    };
    let what = format!("this machine's clock is {size} {direction} that of the environment");
    match (skew, skew.size()) {
        (_, size) if size <= WARNING => {
            Check::Clock.ok("this machine's clock agrees with that of the environment")
        }
        (ClockSkew::Ahead(_), size) if size <= FAILURE => Check::Clock.warning("ahead", what, FIX),
        (ClockSkew::Behind(_), size) if size <= FAILURE => {
            Check::Clock.warning("behind", what, FIX)
        }
        (ClockSkew::Ahead(_), _) => {
            Check::Clock.failure("ahead", format!("{what}: {meaning}"), FIX)
        }
        (ClockSkew::Behind(_), _) => {
            Check::Clock.failure("behind", format!("{what}: {meaning}"), FIX)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnose::Severity::{self, Failure, Ok, Warning};

    #[test]
    fn how_far_a_clock_may_be_off() {
        let seconds = Duration::from_secs;
        let ahead = |s| check(Some(ClockSkew::Ahead(seconds(s))));
        let behind = |s| check(Some(ClockSkew::Behind(seconds(s))));
        let is =
            |finding: &Finding| -> (Severity, Option<&str>) { (finding.severity, finding.code) };
        assert_eq!(is(&ahead(30)), (Ok, None));
        assert_eq!(is(&behind(30)), (Ok, None));
        assert_eq!(is(&ahead(31)), (Warning, Some("ahead")));
        assert_eq!(is(&behind(60)), (Warning, Some("behind")));
        assert_eq!(is(&ahead(61)), (Failure, Some("ahead")));
        assert_eq!(
            behind(3600).what,
            "this machine's clock is 60 min behind that of the environment: new tokens appear to be issued in the future"
        );
        assert_eq!(
            check(None).what,
            "not checked, since no reply has a Date header"
        );
    }
}

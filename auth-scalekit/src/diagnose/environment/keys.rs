//! The key set, parsed by the same code as for verification.

use crate::diagnose::http::{HttpReply, TransportError};
use crate::diagnose::report::{Check, Finding, format};
use crate::diagnose::subject::Subject;
use crate::jwks::algorithm::Algorithm;
use crate::jwks::{Key, KeySet, members};

/// The only algorithm that Scalekit signs with.
const ACCEPTED: [Algorithm; 1] = [Algorithm::Rs256];
/// At most this number of unusable keys is listed.
const MAX_LISTED: usize = 5;

/// The findings about the key set, and the ids of its usable keys if there are any.
pub(crate) fn check(
    subject: &Subject<'_>,
    answer: &Result<HttpReply, TransportError>,
) -> (Vec<Finding>, Option<Vec<String>>) {
    let url = subject.keys();
    let unusable = |code, problem: &str| {
        Check::Keys.failure(
            code,
            format!("there are no keys at {url}: {problem}"),
            "check that SCALEKIT_ENVIRONMENT_URL is the URL of an environment, and ask Scalekit's support if it is",
        )
    };
    let answer = match answer {
        Ok(answer) => answer,
        Err(problem) => {
            let problem = format!("it {}", problem.what());
            return (vec![unusable("no-answer", &problem)], None);
        }
    };
    let json = match answer.body() {
        Ok(json) => json,
        Err(problem) => return (vec![unusable("bad-answer", &problem)], None),
    };
    let set = KeySet::parse(json, &ACCEPTED);
    let ids: Option<Vec<String>> = set.as_ref().ok().map(|set| {
        let ids = set.ids().map(|id| id.unwrap_or_default());
        ids.map(Into::into).collect()
    });
    let mut findings = vec![match (&set, &ids) {
        (Ok(set), Some(ids)) => Check::Keys.ok(format!(
            "{} usable RS256 {}: {}",
            set.len(),
            if set.len() == 1 { "key" } else { "keys" },
            format::list(ids.iter().map(String::as_str))
        )),
        (Err(problem), _) => unusable("unusable", &problem.to_string()),
        (Ok(_), None) => unusable("unusable", "the set is empty"),
    }];
    findings.extend(unusable_keys(json, ids.as_deref().unwrap_or_default()));
    (findings, ids)
}

/// The keys that verification skips, each with the reason.
fn unusable_keys(json: &[u8], usable: &[String]) -> Option<Finding> {
    let keys = members::of(json).ok()?;
    let mut odd = keys.iter().enumerate().filter_map(|(index, key)| {
        let id = key.as_ref().ok().and_then(|key| key.get("kid")?.as_str());
        let id = id.unwrap_or_default();
        let key = key.as_ref().map_err(|unusable| *unusable);
        let reason = match key.and_then(|key| Key::prepare(key, &ACCEPTED)) {
            Err(reason) => reason.to_string(),
            Ok(_) if usable.iter().any(|usable| usable == id) => return None,
            Ok(_) => "it exceeds the limit of keys, or another key has its id".into(),
        };
        let number = index.saturating_add(1);
        Some(format!("key {number} ({}): {reason}", format::quoted(id)))
    });
    let listed: Vec<_> = odd.by_ref().take(MAX_LISTED).collect();
    let more = match odd.count() {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    (!listed.is_empty()).then(|| {
        Check::OddKeys.warning(
            "left-out",
            format!("keys of the set are skipped: {}{more}", listed.join("; ")),
            "ask Scalekit's support about them unless they serve another purpose than access tokens",
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use auth_testkit::MockScalekit;

    #[tokio::test]
    async fn a_good_key_that_is_skipped_is_reported() {
        let scalekit = MockScalekit::start().await;
        let json = reqwest::get(scalekit.keys_url()).await.unwrap();
        let json = json.bytes().await.unwrap();
        let id = scalekit.keys().kid();
        for (usable, expected) in [
            (id.as_str(), None),
            (
                "another",
                Some("it exceeds the limit of keys, or another key has its id"),
            ),
        ] {
            let what = unusable_keys(&json, &[usable.to_owned()]).map(|finding| finding.what);
            let expected = expected.map(|reason| {
                let id = format::quoted(&id);
                format!("keys of the set are skipped: key 1 ({id}): {reason}")
            });
            assert_eq!(what, expected, "{usable}");
        }
    }
}

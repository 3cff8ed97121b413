//! The key set, by the same eyes that read it for verification.

use crate::diagnose::http::{Answer, NoAnswer};
use crate::diagnose::report::{Check, Finding, format};
use crate::diagnose::subject::Subject;
use crate::jwks::{Key, KeySet, members};
use crate::jwt::Algorithm;

/// Scalekit signs with no other.
const ACCEPTED: [Algorithm; 1] = [Algorithm::Rs256];
/// Most odd keys that are told.
const TOLD: usize = 5;

/// The ids of the usable keys, if there are any, and what is to be said of the set.
pub(crate) fn judge(
    subject: &Subject<'_>,
    answer: &Result<Answer, NoAnswer>,
) -> (Vec<Finding>, Option<Vec<String>>) {
    let url = subject.keys();
    let unusable = |trouble, problem: &str| {
        Check::Keys.failure(
            trouble,
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
    findings.extend(odd(json, ids.as_deref().unwrap_or_default()));
    (findings, ids)
}

/// The keys that are left out, each with its reason.
fn odd(json: &[u8], usable: &[String]) -> Option<Finding> {
    let keys = members::of(json).ok()?;
    let mut odd = keys.iter().enumerate().filter_map(|(index, key)| {
        let id = key.as_ref().ok().and_then(|key| key.get("kid")?.as_str());
        let id = id.unwrap_or_default();
        let key = key.as_ref().map_err(|unusable| *unusable);
        let reason = match key.and_then(|key| Key::prepare(key, &ACCEPTED)) {
            Err(reason) => reason.to_string(),
            Ok(_) if usable.iter().any(|usable| usable == id) => return None,
            Ok(_) => "it is past the limit, or another key has its id".into(),
        };
        let number = index.saturating_add(1);
        Some(format!("key {number} ({}): {reason}", format::quoted(id)))
    });
    let told: Vec<_> = odd.by_ref().take(TOLD).collect();
    let more = match odd.count() {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    (!told.is_empty()).then(|| {
        Check::OddKeys.warning(
            "left-out",
            format!("keys of the set are left out: {}{more}", told.join("; ")),
            "ask Scalekit's support about them unless they are for something else than access tokens",
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use auth_testkit::MockScalekit;

    #[tokio::test]
    async fn a_good_key_that_is_not_used_is_told() {
        let scalekit = MockScalekit::start().await;
        let json = reqwest::get(scalekit.keys_url()).await.unwrap();
        let json = json.bytes().await.unwrap();
        let id = scalekit.keys().kid();
        for (usable, expected) in [
            (id.as_str(), None),
            (
                "another",
                Some("it is past the limit, or another key has its id"),
            ),
        ] {
            let told = odd(&json, &[usable.to_owned()]).map(|finding| finding.what);
            let expected = expected.map(|reason| {
                let id = format::quoted(&id);
                format!("keys of the set are left out: key 1 ({id}): {reason}")
            });
            assert_eq!(told, expected, "{usable}");
        }
    }
}

//! A new version of the file decides whole requests, and a faulty one none.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use http::Method;
use serde_json::json;

use crate::harness::{call, cedar, guarded, send};

const REQUESTS: usize = 10_000;
const RELOADS: usize = 50;
const WORKERS: usize = 8;

/// Both policies of a version permit, so that a request that saw two versions names both.
fn version(number: usize) -> String {
    format!(
        "@id(\"v{number}a\") permit(principal, action, resource);\n\
         @id(\"v{number}b\") permit(principal, action, resource) when {{ principal.issuer like \"https*\" }};\n"
    )
}

fn replace(path: &Path, text: &str) {
    let new = path.with_extension("new");
    std::fs::write(&new, text).unwrap();
    std::fs::rename(new, path).unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn each_request_is_decided_by_one_version() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("notes.cedar");
    std::fs::write(&path, version(0)).unwrap();
    let cedar = cedar().policy_file(&path).build().unwrap();
    let (service, events) = guarded(cedar.clone(), |layer| layer);
    let (sent, ended) = (
        Arc::new(AtomicUsize::new(0)),
        Arc::new(AtomicBool::new(false)),
    );
    let workers: Vec<_> = (0..WORKERS)
        .map(|_| {
            let (service, sent, ended) = (service.clone(), Arc::clone(&sent), Arc::clone(&ended));
            tokio::spawn(async move {
                let (claims, body) = (json!({ "sub": "usr_1" }), call("notes_list", &json!({})));
                // Until the last reload, however long it takes.
                while sent.fetch_add(1, Ordering::Relaxed) < REQUESTS
                    || !ended.load(Ordering::Relaxed)
                {
                    let answer = send(&service, Method::POST, &claims, &[], &body).await;
                    assert_eq!(answer.status, 200);
                }
            })
        })
        .collect();
    let (mut faulty, mut in_force) = (0, 0);
    for number in 1..=RELOADS {
        // They are spread over the requests.
        while sent.load(Ordering::Relaxed) < (number - 1) * REQUESTS / RELOADS {
            tokio::task::yield_now().await;
        }
        let before = cedar.version();
        if number % 5 == 0 {
            replace(&path, &format!("{}permit(", version(number)));
            let error = cedar.reload_now().await.unwrap_err().to_string();
            assert!(error.contains("notes.cedar:3:8: "), "{error}");
            assert_eq!(cedar.version(), before);
            faulty += 1;
        } else {
            replace(&path, &version(number));
            cedar.reload_now().await.unwrap();
            assert_ne!(cedar.version(), before);
            in_force += 1;
        }
    }
    ended.store(true, Ordering::Relaxed);
    for worker in workers {
        worker.await.unwrap();
    }
    assert_eq!((faulty, in_force), (10, 40));
    let events = events.lock().unwrap();
    assert!(events.len() >= REQUESTS, "{}", events.len());
    let mut versions = std::collections::BTreeSet::new();
    for event in &*events {
        assert_eq!(event.decision.as_str(), "admitted");
        let [one, other] = &event.policies[..] else {
            panic!("{:?}", event.policies);
        };
        assert_eq!(
            one.strip_suffix('a'),
            other.strip_suffix('b'),
            "two versions"
        );
        versions.insert(one.clone());
    }
    println!(
        "{} requests were decided by {} versions, each wholly by one; {faulty} faulty files were refused",
        events.len(),
        versions.len()
    );
    assert!(versions.len() > RELOADS / 4, "{versions:?}");
}

#[tokio::test]
async fn policies_that_are_text_are_not_watched() {
    let cedar = cedar().policies(version(1)).build().unwrap();
    cedar.watch().await;
    assert_eq!(cedar.version(), None);
    assert!(cedar.reload_now().await.is_ok());
}

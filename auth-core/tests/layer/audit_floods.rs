//! Floods of requests without a valid token must not remove the audit records of callers.

use std::fs;
use std::path::Path;
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};

use auth_core::audit::{AuditSink, AuditSummary, AuthEvent, JsonLines, Queued};
use serde_json::Value;

use crate::harness::{Service, guarded_on_loopback, post};

type Headers = Vec<(&'static str, &'static str)>;

const GOOD: [(&str, &str); 1] = [("authorization", "Bearer good.read")];

/// Requests that need no valid token, one kind each.
fn floods() -> Vec<(&'static str, Vec<Headers>)> {
    let bad = ("authorization", "Bearer bad");
    let one = |headers: &[(&'static str, &'static str)]| vec![headers.to_vec()];
    let all = vec![
        ("no token", one(&[])),
        ("bad tokens", one(&[bad])),
        ("an outage", one(&[("authorization", "Bearer outage")])),
        (
            "no token in the header",
            one(&[("authorization", "Bearer ")]),
        ),
        ("two headers", one(&[bad, bad])),
        ("a foreign host", one(&[("host", "evil.example"), bad])),
        (
            "a foreign origin",
            one(&[("origin", "https://evil.example")]),
        ),
    ];
    let mixed = all.iter().flat_map(|(_, flood)| flood.clone()).collect();
    all.into_iter()
        .chain([("all of them in turn", mixed)])
        .collect()
}

async fn send_all(service: &Service, flood: &[Headers], times: usize) {
    for headers in flood.iter().cycle().take(times) {
        let response = post(service, headers, "").await;
        assert_ne!(response.status, 200, "{headers:?}");
    }
}

fn lines(path: &Path) -> Vec<Value> {
    let text = fs::read_to_string(path).unwrap();
    let lines = text.lines().map(|line| serde_json::from_str(line).unwrap());
    lines.collect()
}

#[tokio::test]
async fn no_flood_removes_the_line_of_a_caller() {
    const FLOOD: usize = 2_000;
    for (name, flood) in floods() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("audit.jsonl");
        // Space for some tens of lines: the flood would fill all files many times.
        let file = JsonLines::builder(&path).max_bytes(10_000).keep(2);
        let file = Queued::new(file.open().unwrap(), 1_000).unwrap();
        let service = guarded_on_loopback(|layer| layer.audit(file));
        let call = post(&service, &GOOD, "").await;
        assert_eq!(call.status, 200, "{name}: the control");
        send_all(&service, &flood, FLOOD).await;
        drop(service);
        let files = fs::read_dir(folder.path()).unwrap().count();
        assert_eq!(files, 1, "{name}");
        let lines = lines(&path);
        assert_eq!(lines[0]["auth.decision"], "admitted", "{name}");
        let refused = lines.iter().skip(1);
        let in_full = refused
            .clone()
            .filter(|line| line["auth.decision"].is_string());
        let sums = refused.filter_map(|line| line["unverified"].as_u64());
        let accounted = in_full.clone().count() as u64 + sums.sum::<u64>();
        assert_eq!(accounted, FLOOD as u64, "{name}");
        for line in in_full {
            assert_eq!(line["auth.resource"], "http://localhost:8000/mcp", "{name}");
        }
    }
}

#[tokio::test]
async fn records_of_callers_rotate_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("audit.jsonl");
    let file = JsonLines::builder(&path).max_bytes(10_000).keep(2);
    let file = Queued::new(file.open().unwrap(), 1_000).unwrap();
    let service = guarded_on_loopback(|layer| layer.audit(file));
    for _ in 0..200 {
        post(&service, &GOOD, "").await;
    }
    drop(service);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 3);
    let first = &lines(&path)[0];
    assert_eq!(first["record"], "file_removed");
    assert_eq!(first["file"], "audit.jsonl.2");
    assert!(first["lines"].as_u64().unwrap() > 10, "{first}");
}

/// A sink that blocks until the test drops the sender.
#[derive(Debug)]
struct Slow {
    released: Mutex<Receiver<()>>,
    seen: Arc<Mutex<Seen>>,
}

#[derive(Debug, Default)]
struct Seen {
    callers: usize,
    others: u64,
    dropped: u64,
}

impl AuditSink for Slow {
    fn record(&self, event: &AuthEvent) {
        // An error means that the sender was dropped.
        let _ = self.released.lock().unwrap().recv();
        let mut seen = self.seen.lock().unwrap();
        match event.is_verified() {
            true => seen.callers += 1,
            false => seen.others += 1,
        }
    }

    fn summarize(&self, summary: &AuditSummary) {
        let mut seen = self.seen.lock().unwrap();
        assert_eq!(summary.verified(), 0);
        seen.dropped += summary.unverified();
    }
}

#[tokio::test]
async fn a_slow_sink_keeps_every_call_during_a_flood() {
    const CALLS: usize = 200;
    let none = [("the control: no flood", vec![])];
    for (name, flood) in none.into_iter().chain(floods()) {
        let (held, released) = channel();
        let seen = Arc::<Mutex<Seen>>::default();
        let sink = Slow {
            released: Mutex::new(released),
            seen: Arc::clone(&seen),
        };
        let queued = Queued::new(sink, CALLS).unwrap();
        let dropped = queued.dropped();
        let service = guarded_on_loopback(|layer| layer.audit(queued));
        let each = if flood.is_empty() { 0 } else { 10 };
        for _ in 0..CALLS {
            send_all(&service, &flood, each).await;
            assert_eq!(post(&service, &GOOD, "").await.status, 200);
        }
        drop(held);
        drop(service);
        let seen = seen.lock().unwrap();
        assert_eq!(seen.callers, CALLS, "{name}");
        assert_eq!(seen.dropped, dropped.unverified(), "{name}");
        let sent = (CALLS * each) as u64;
        assert_eq!(seen.others + seen.dropped, sent, "{name}");
        // One record may have reached the sink before.
        assert!(seen.others <= CALLS as u64 / 8 + 1, "{name}: {seen:?}");
    }
}

//! Issuers that have been dropped leave nothing behind. In a separate process: others' threads
//! and sockets would be counted too.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, missing_docs, reason = "tests")]

use std::fs;

use std::io::{Read, Write};
use std::net::TcpStream;

use auth_testkit::{Endpoint, Fault, MockScalekit};

/// Threads, open files and sockets of this process, and files in the directory for temporary ones.
fn counted() -> [usize; 3] {
    let count = |path: &str| fs::read_dir(path).unwrap().count();
    [
        count("/proc/self/task"),
        count("/proc/self/fd"),
        count(std::env::temp_dir().to_str().unwrap()),
    ]
}

/// Asks for the keys.
fn ask(scalekit: &MockScalekit) -> TcpStream {
    let address = scalekit.environment_url().strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(address).unwrap();
    let request = "GET /keys HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
    stream.write_all(request.as_bytes()).unwrap();
    stream
}

/// What comes until the end, whichever end that is.
fn read(mut stream: TcpStream) -> String {
    let mut text = String::new();
    let _ = stream.read_to_string(&mut text);
    text
}

async fn use_one(round: usize) {
    let scalekit = MockScalekit::start().await;
    assert!(read(ask(&scalekit)).starts_with("HTTP/1.1 200"));
    // Some in other states than most.
    match round % 100 {
        1 => drop(scalekit.server()),
        2 => scalekit.fail(Endpoint::Keys, Fault::Reset).keep(),
        3 => {
            let refusal = scalekit.refuse_connections();
            drop(scalekit);
            drop(refusal);
        }
        4 => {
            let gate = scalekit.hold(Endpoint::Keys);
            let fetch = ask(&scalekit);
            gate.reached_by(1).await;
            drop(scalekit);
            assert_eq!(read(fetch), "");
        }
        _ => {}
    }
}

#[tokio::test]
async fn a_thousand_issuers_leave_no_thread_no_socket_and_no_file() {
    // Whatever is set up once for the whole process.
    for round in 0..5 {
        use_one(round).await;
    }
    let before = counted();
    for round in 0..1000 {
        use_one(round).await;
    }
    assert_eq!(
        counted(),
        before,
        "threads, files and sockets, temporary files"
    );
}

//! The faults by their names.

use std::sync::Arc;
use std::time::Duration;

use crate::proxy::{After, Conduct, answer, bomb, json};

/// A fault, and the expected status.
pub(crate) struct Row {
    pub(crate) name: &'static str,
    pub(crate) conduct: Conduct,
    /// A part of the key set's last error: the fault was met, and not another one.
    pub(crate) problem: &'static str,
}

const JSON: &str = "content-type: application/json\r\n";

/// A chunk of 1000 hexadecimal, 4096 spaces.
const SPACES_IN_A_CHUNK: [u8; 4104] = {
    let mut chunk = [b' '; 4104];
    let (head, end) = (b"1000\r\n", b"\r\n");
    let mut at = 0;
    while at < 6 {
        chunk[at] = head[at];
        at += 1;
    }
    chunk[4102] = end[0];
    chunk[4103] = end[1];
    chunk
};

fn row(name: &'static str, conduct: Conduct, problem: &'static str) -> Row {
    Row {
        name,
        conduct,
        problem,
    }
}

fn say(what: impl Fn(&[u8]) -> Vec<u8> + Send + Sync + 'static, after: After) -> Conduct {
    Conduct::Say {
        what: Arc::new(what),
        after,
    }
}

/// A whole answer.
fn whole(what: impl Fn(&[u8]) -> Vec<u8> + Send + Sync + 'static) -> Conduct {
    say(what, After::Wait)
}

/// The true keys under another status.
fn status(line: &'static str) -> Conduct {
    whole(move |keys| answer(line, JSON, keys))
}

/// A whole JSON answer that is not the keys.
fn body(text: &'static str) -> Conduct {
    whole(move |_| json(text.as_bytes()))
}

fn redirect(line: &'static str, to: &str) -> Conduct {
    let headers = format!("{JSON}location: {to}\r\n");
    whole(move |keys| answer(line, &headers, keys))
}

/// Faults that are met at once. `elsewhere` is where the redirects lead.
pub(crate) fn quick(elsewhere: &str) -> Vec<Row> {
    let head = |length: usize| format!("HTTP/1.1 200 OK\r\n{JSON}content-length: {length}\r\n\r\n");
    let chunked = |keys: &[u8]| {
        let head = format!("HTTP/1.1 200 OK\r\n{JSON}transfer-encoding: chunked\r\n\r\n");
        let size = format!("{:x}\r\n", keys.len());
        [head.as_bytes(), size.as_bytes(), keys, b"\r\n"].concat()
    };
    vec![
        row("status 201", status("201 Created"), "status 201"),
        row("status 206", status("206 Partial Content"), "status 206"),
        row("status 401", status("401 Unauthorized"), "status 401"),
        row("status 404", status("404 Not Found"), "status 404"),
        row("status 429", status("429 Too Many Requests"), "status 429"),
        row(
            "status 500",
            status("500 Internal Server Error"),
            "status 500",
        ),
        row(
            "status 503",
            status("503 Service Unavailable"),
            "status 503",
        ),
        row(
            "status 304, though nothing was asked conditionally",
            whole(|_| b"HTTP/1.1 304 Not Modified\r\n\r\n".to_vec()),
            "status 304",
        ),
        row("301 elsewhere", redirect("301 Moved", elsewhere), "301"),
        row("302 elsewhere", redirect("302 Found", elsewhere), "302"),
        row("307 elsewhere", redirect("307 Temporary", elsewhere), "307"),
        row("308 elsewhere", redirect("308 Permanent", elsewhere), "308"),
        row(
            "an HTML page with 200",
            whole(|_| answer("200 OK", "content-type: text/html\r\n", b"<html></html>")),
            "content type \"text/html\" is not JSON",
        ),
        row("an HTML page called JSON", body("<html></html>"), "key set"),
        row(
            "the keys called HTML",
            whole(|keys| answer("200 OK", "content-type: text/html\r\n", keys)),
            "content type \"text/html\" is not JSON",
        ),
        row(
            "the keys called nothing",
            whole(|keys| answer("200 OK", "", keys)),
            "content type \"\" is not JSON",
        ),
        row("an empty set", body(r#"{"keys":[]}"#), "no key"),
        row("an empty object", body("{}"), "list named keys"),
        row("an empty body", body(""), "key set"),
        row(
            "JSON cut in half, its length right",
            whole(|keys| json(&keys[..keys.len() / 2])),
            "key set",
        ),
        row(
            "whole keys, one byte short of the length, closed",
            say(
                move |keys| [head(keys.len() + 1).as_bytes(), keys].concat(),
                After::Close,
            ),
            "no response",
        ),
        row(
            "half the keys, then closed",
            say(
                move |keys| [head(keys.len()).as_bytes(), &keys[..keys.len() / 2]].concat(),
                After::Close,
            ),
            "no response",
        ),
        row(
            "half the keys, then reset",
            say(
                move |keys| [head(keys.len()).as_bytes(), &keys[..keys.len() / 2]].concat(),
                After::Reset,
            ),
            "no response",
        ),
        row(
            "chunks without a last one, closed",
            say(chunked, After::Close),
            "no response",
        ),
        row(
            "two lengths",
            whole(move |keys| {
                let length = format!("{JSON}content-length: {}\r\n", keys.len() - 1);
                answer("200 OK", &length, keys)
            }),
            "no response",
        ),
        row(
            "keys in 10 MB",
            whole(|keys| json(&[keys, &vec![b' '; 10_000_000]].concat())),
            "longer than 65536 bytes",
        ),
        row(
            "keys in one byte too many",
            whole(|keys| json(&[keys, &vec![b' '; 65_537 - keys.len()]].concat())),
            "longer than 65536 bytes",
        ),
        row(
            "endless chunks",
            Conduct::Forever {
                first: Arc::new(chunked),
                again: &SPACES_IN_A_CHUNK,
                pause: None,
            },
            "longer than 65536 bytes",
        ),
        row(
            "a body without a length that does not end",
            Conduct::Forever {
                first: Arc::new(|keys| {
                    [format!("HTTP/1.1 200 OK\r\n{JSON}\r\n").as_bytes(), keys].concat()
                }),
                again: &[b' '; 4096],
                pause: None,
            },
            "longer than 65536 bytes",
        ),
        row(
            "a flood of headers",
            Conduct::Forever {
                first: Arc::new(|_| b"HTTP/1.1 200 OK\r\n".to_vec()),
                again: b"x-more: and more and more\r\n",
                pause: None,
            },
            "no response",
        ),
        row(
            "one header without an end",
            Conduct::Forever {
                first: Arc::new(|_| b"HTTP/1.1 200 OK\r\nx-more: ".to_vec()),
                again: &[b'a'; 16 * 1024],
                pause: None,
            },
            "no response",
        ),
        row(
            "a gzip bomb",
            whole(|keys| {
                answer(
                    "200 OK",
                    &format!("{JSON}content-encoding: gzip\r\n"),
                    &bomb(keys),
                )
            }),
            // It is not unpacked at all.
            "key set",
        ),
        row(
            "closed without a word",
            say(|_| Vec::new(), After::Close),
            "no response",
        ),
        row(
            "reset after the request",
            say(|_| Vec::new(), After::Reset),
            "no response",
        ),
        row("reset at once", Conduct::ResetAtOnce, "no response"),
        row("refused", Conduct::Refuse, "refused"),
        row(
            "a TLS alert in place of HTTP",
            say(|_| vec![21, 3, 1, 0, 2, 2, 10], After::Close),
            "no response",
        ),
        row(
            "another protocol",
            say(|_| b"SSH-2.0-OpenSSH_9.9\r\n".to_vec(), After::Close),
            "no response",
        ),
    ]
}

/// Faults that last until the 3 s of a fetch are over.
pub(crate) fn slow() -> Vec<Row> {
    let pause = Some(Duration::from_millis(200));
    vec![
        row("never answered", whole(|_| Vec::new()), "timed out"),
        row(
            "half the keys, then silence",
            whole(|keys| {
                let mut answer = json(keys);
                answer.truncate(answer.len() - keys.len() / 2);
                answer
            }),
            "timed out",
        ),
        row(
            "the answer drips",
            Conduct::Drip {
                what: Arc::new(json),
                body_only: false,
            },
            "timed out",
        ),
        row(
            "the body drips",
            Conduct::Drip {
                what: Arc::new(json),
                body_only: true,
            },
            "timed out",
        ),
        row(
            "headers that never end",
            Conduct::Forever {
                first: Arc::new(|_| b"HTTP/1.1 200 OK\r\n".to_vec()),
                again: b"x-more: 1\r\n",
                pause,
            },
            "timed out",
        ),
        row(
            "100 Continue, again and again",
            Conduct::Forever {
                first: Arc::new(|_| Vec::new()),
                again: b"HTTP/1.1 100 Continue\r\n\r\n",
                pause,
            },
            "timed out",
        ),
    ]
}

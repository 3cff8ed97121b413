//! [`JsonLines`]: events as lines of JSON in a file that is rotated by size.

use std::fs::{File, OpenOptions, rename};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use serde::Serialize;

use super::{AuditSink, AuthEvent};

/// Writes each event as one line of JSON to a file.
///
/// When the file would grow past the limit it becomes `<name>.1`, the one that had that name
/// becomes `<name>.2`, and so on; the oldest goes. It waits for the disk, so put it behind a
/// [`Queued`](super::Queued):
///
/// ```no_run
/// use auth_core::{JsonLines, Queued};
///
/// let file = JsonLines::open("audit.jsonl", 10 * 1024 * 1024, 5)?;
/// let sink = Queued::new(file, 10_000)?;
/// # let _ = sink;
/// # Ok::<(), std::io::Error>(())
/// ```
///
/// Members: `time` (seconds since 1970), `outcome`, `reason`, `issuer`, `subject`, `client_id`,
/// `organization`, `operations`, `token_id_hash`, `request_id`, `latency_us`, `late`; those without a
/// value are left out.
#[derive(Debug)]
pub struct JsonLines {
    path: PathBuf,
    max_bytes: u64,
    kept: usize,
    open: Mutex<Open>,
}

#[derive(Debug)]
struct Open {
    file: File,
    length: u64,
    /// Whether the last write failed, so that a full disk is told once and not for each event.
    failing: bool,
}

impl JsonLines {
    /// Appends to the file at `path`, which may grow to `max_bytes`; `kept` older ones stay beside
    /// it.
    ///
    /// # Errors
    ///
    /// What the operating system says when the file cannot be opened.
    pub fn open(path: impl Into<PathBuf>, max_bytes: u64, kept: usize) -> io::Result<Self> {
        let path = path.into();
        let open = Open::at(&path)?;
        Ok(Self {
            path,
            max_bytes,
            kept,
            open: Mutex::new(open),
        })
    }

    fn write(&self, open: &mut Open, line: &[u8]) -> io::Result<()> {
        let length = line.len() as u64;
        // A line longer than the limit gets a file of its own.
        if open.length > 0 && open.length.saturating_add(length) > self.max_bytes {
            self.rotate()?;
            *open = Open::at(&self.path)?;
        }
        open.file.write_all(line)?;
        open.length = open.length.saturating_add(length);
        Ok(())
    }

    fn rotate(&self) -> io::Result<()> {
        // Moved away already, and the next one could not be opened: the others stay where they are.
        if !self.path.try_exists()? {
            return Ok(());
        }
        for number in (1..self.kept).rev() {
            let (from, to) = (self.numbered(number), self.numbered(number + 1));
            match rename(from, to) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        if self.kept > 0 {
            rename(&self.path, self.numbered(1))
        } else {
            std::fs::remove_file(&self.path)
        }
    }

    fn numbered(&self, number: usize) -> PathBuf {
        let mut name = self.path.clone().into_os_string();
        name.push(format!(".{number}"));
        name.into()
    }
}

impl Open {
    fn at(path: &Path) -> io::Result<Self> {
        let mut options = OpenOptions::new();
        options.append(true).create(true);
        // Who called what is nobody else's business.
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(path)?;
        let length = file.metadata()?.len();
        Ok(Self {
            file,
            length,
            failing: false,
        })
    }
}

impl AuditSink for JsonLines {
    fn record(&self, event: &AuthEvent) {
        let Ok(mut line) = serde_json::to_vec(&Line::of(event)) else {
            return;
        };
        line.push(b'\n');
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let result = self.write(&mut open, &line);
        if let Err(error) = &result
            && !open.failing
        {
            tracing::error!(path = %self.path.display(), %error, "the audit file cannot be written");
        }
        open.failing = result.is_err();
    }
}

#[derive(Serialize)]
struct Line<'a> {
    time: f64,
    outcome: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    issuer: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    subject: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    client_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    organization: Option<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    operations: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    token_id_hash: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<&'a str>,
    latency_us: u128,
    #[serde(skip_serializing_if = "Option::is_none")]
    late: Option<bool>,
}

impl<'a> Line<'a> {
    fn of(event: &'a AuthEvent) -> Self {
        let token = event.token.as_ref();
        Self {
            time: seconds(event.at),
            outcome: event.outcome.as_str(),
            reason: event.outcome.reason().map(|reason| reason.as_str()),
            issuer: token.map(|token| token.issuer()),
            subject: token.map(|token| token.subject()),
            client_id: token.and_then(|token| token.client_id()),
            organization: token.and_then(|token| token.organization()),
            operations: event.operations.iter().map(ToString::to_string).collect(),
            token_id_hash: event.token_id_hash(),
            request_id: event.request_id.as_deref(),
            latency_us: event.latency.as_micros(),
            late: event.late.then_some(true),
        }
    }
}

fn seconds(at: SystemTime) -> f64 {
    at.duration_since(UNIX_EPOCH)
        .map_or(0.0, |since| since.as_secs_f64())
}

#[cfg(test)]
mod tests {
    use super::super::tests::{admitted, refused};
    use super::*;

    #[test]
    fn an_event_is_a_line() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("audit.jsonl");
        let file = JsonLines::open(&path, 10_000, 1).unwrap();
        file.record(&admitted());
        file.record(&AuthEvent {
            late: true,
            ..refused()
        });
        let text = std::fs::read_to_string(&path).unwrap();
        let hash = admitted().token_id_hash().unwrap();
        let expected = format!(
            concat!(
                r#"{{"time":1800000000.25,"outcome":"admitted","issuer":"https://id.example","#,
                r#""subject":"usr_1","client_id":"c_1","organization":"org_1","#,
                r#""operations":["tools/call \"add\"","tools/list"],"token_id_hash":"{}","#,
                r#""request_id":"r-1","latency_us":1500}}"#,
                "\n",
                r#"{{"time":1800000000.25,"outcome":"invalid_token","reason":"expired","latency_us":1500,"late":true}}"#,
                "\n",
            ),
            hash
        )
        .replace("\\\"add\\\"", r#"\"add\""#);
        assert_eq!(text, expected);
        assert!(!text.contains("marker"), "{text}");
    }

    #[test]
    fn a_file_is_rotated_by_size() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("audit.jsonl");
        let lines = |name: &str| {
            let text = std::fs::read_to_string(folder.path().join(name)).ok()?;
            Some(text.lines().count())
        };
        let length = {
            let file = JsonLines::open(&path, 1, 0).unwrap();
            file.record(&refused());
            std::fs::metadata(&path).unwrap().len()
        };
        let limit = 2 * length;
        let write = |times: usize| {
            // Opened anew: what is there counts.
            let file = JsonLines::open(&path, limit, 2).unwrap();
            for _ in 0..times {
                file.record(&refused());
            }
        };
        write(1);
        assert_eq!(lines("audit.jsonl"), Some(2));
        assert_eq!(lines("audit.jsonl.1"), None);
        write(1);
        assert_eq!(lines("audit.jsonl"), Some(1));
        assert_eq!(lines("audit.jsonl.1"), Some(2));
        write(6);
        assert_eq!(lines("audit.jsonl"), Some(1));
        assert_eq!(lines("audit.jsonl.1"), Some(2));
        assert_eq!(lines("audit.jsonl.2"), Some(2));
        assert_eq!(lines("audit.jsonl.3"), None, "the oldest went");
    }

    #[test]
    fn a_file_that_could_not_be_opened_again_costs_no_older_one() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("audit.jsonl");
        let file = JsonLines::open(&path, 1, 3).unwrap();
        for _ in 0..3 {
            file.record(&refused());
        }
        let all = || std::fs::read_dir(folder.path()).unwrap().count();
        assert_eq!(all(), 3);
        // Renamed, and not made anew.
        std::fs::rename(&path, folder.path().join("aside")).unwrap();
        file.record(&refused());
        assert_eq!(all(), 4);
        assert!(folder.path().join("audit.jsonl.1").exists());
        assert!(
            !folder.path().join("audit.jsonl.3").exists(),
            "nothing was moved"
        );
    }

    #[cfg(unix)]
    #[test]
    fn nobody_else_reads_it() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("audit.jsonl");
        let _file = JsonLines::open(&path, 1, 0).unwrap();
        let mode = std::fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}

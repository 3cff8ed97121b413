//! The lines that a chain adds: it begins, it continues in the next file, a line was torn.

use std::io::{self, Read};
use std::time::SystemTime;

use serde::Serialize;
use sha2::{Digest, Sha256};

use super::head::{Hash, hex, number, unhex};
use super::key::ChainKey;
use crate::audit::json_lines::encode::{line, seconds};
use crate::support::json;

/// Longer lines are no records.
pub(super) const MAX_BYTES: usize = 512;

const START: &str = "chain_start";
const CONTINUED: &str = "chain_continued";
const TORN: &str = "line_torn";

/// A line that was not written to its end, because the machine, the process or the disk failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::audit::json_lines) struct TornLine {
    /// Its length without a line end.
    pub(super) bytes: u64,
    pub(super) sha256: Hash,
}

impl TornLine {
    /// That of these bytes; `None` if there are none.
    pub(in crate::audit::json_lines) fn read(mut bytes: impl Read) -> io::Result<Option<Self>> {
        let (mut digest, mut length) = (Sha256::new(), 0_u64);
        let mut buffer = [0; 4096];
        loop {
            let read = bytes.read(&mut buffer)?;
            let Some(part) = buffer.get(..read).filter(|part| !part.is_empty()) else {
                let sha256 = digest.finalize().into();
                return Ok((length > 0).then_some(Self {
                    bytes: length,
                    sha256,
                }));
            };
            digest.update(part);
            length = length.saturating_add(part.len() as u64);
        }
    }
}

/// A line of a chain about itself.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Record {
    /// The chain begins. The id is random, so that no two chains have a line in common.
    Start { chain: String, key: String },
    /// The chain continues in this file, after the line with this hash in the file before.
    Continued { key: String, previous: Hash },
    /// The line before this one is torn.
    Torn(TornLine),
}

#[derive(Serialize)]
struct RecordLine<'a> {
    time: f64,
    record: &'static str,
    #[serde(rename = "chain.id", skip_serializing_if = "Option::is_none")]
    chain: Option<&'a str>,
    #[serde(rename = "chain.key", skip_serializing_if = "Option::is_none")]
    key: Option<&'a str>,
    #[serde(rename = "chain.previous", skip_serializing_if = "Option::is_none")]
    previous: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    bytes: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sha256: Option<String>,
}

impl Record {
    pub(super) fn start(key: &ChainKey, id: &[u8]) -> Self {
        Self::Start {
            chain: hex(id),
            key: key.id(),
        }
    }

    pub(super) fn continued(key: &ChainKey, previous: Hash) -> Self {
        Self::Continued {
            key: key.id(),
            previous,
        }
    }

    /// Its line, with this time and not yet sealed; `None` only for an error of serde, which this type does not cause.
    pub(super) fn line(&self, at: SystemTime) -> Option<Vec<u8>> {
        let mut fields = RecordLine {
            time: seconds(at),
            record: START,
            chain: None,
            key: None,
            previous: None,
            bytes: None,
            sha256: None,
        };
        match self {
            Self::Start { chain, key } => {
                fields.chain = Some(chain);
                fields.key = Some(key);
            }
            Self::Continued { key, previous } => {
                fields.record = CONTINUED;
                fields.key = Some(key);
                fields.previous = Some(hex(previous));
            }
            Self::Torn(torn) => {
                fields.record = TORN;
                fields.bytes = Some(torn.bytes);
                fields.sha256 = Some(hex(&torn.sha256));
            }
        }
        line(&fields)
    }

    /// The record that a line is, if it is one.
    pub(super) fn read(line: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(line)
            .ok()
            .filter(|_| line.len() <= MAX_BYTES)?;
        let names = [
            "record",
            "chain.id",
            "chain.key",
            "chain.previous",
            "bytes",
            "sha256",
        ];
        let [record, chain, key, previous, bytes, sha256] = json::members(text, names).ok()?;
        let string =
            |value: Option<json::RawJson<'_>>| Some(value?.string()?.decode().into_owned());
        let hash = |value: Option<json::RawJson<'_>>| unhex(value?.string()?.raw().as_bytes());
        let record = record?;
        Some(if record.is(START) {
            Self::Start {
                chain: string(chain)?,
                key: string(key)?,
            }
        } else if record.is(CONTINUED) {
            Self::Continued {
                key: string(key)?,
                previous: hash(previous)?,
            }
        } else if record.is(TORN) {
            Self::Torn(TornLine {
                bytes: number(bytes?.as_str().as_bytes())?,
                sha256: hash(sha256)?,
            })
        } else {
            return None;
        })
    }

    /// The name of the key, of the records that name one.
    pub(super) fn key(&self) -> Option<&str> {
        match self {
            Self::Start { key, .. } | Self::Continued { key, .. } => Some(key),
            Self::Torn(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::json_lines::chain::seal::{LONGEST, seal};
    use std::time::{Duration, UNIX_EPOCH};

    #[test]
    fn a_record_is_read_as_it_was_written() {
        let key = ChainKey::new(&[7; 32]).unwrap();
        let torn = TornLine {
            bytes: u64::MAX,
            sha256: [255; 32],
        };
        for record in [
            Record::start(&key, &[255; 16]),
            Record::continued(&key, [255; 32]),
            Record::Torn(torn),
        ] {
            let at = UNIX_EPOCH + Duration::new(253_402_300_799, 999_999_999);
            let line = record.line(at).unwrap();
            assert!(line.len() + LONGEST < MAX_BYTES);
            assert_eq!(Record::read(&line).as_ref(), Some(&record));
            let (sealed, _) = seal(&key, None, &line);
            assert_eq!(Record::read(&sealed), Some(record));
        }
        for line in [
            "",
            "{}",
            r#"{"record":"summary"}"#,
            r#"{"record":"line_torn","bytes":"1"}"#,
            "[",
            "\u{0}",
        ] {
            assert_eq!(Record::read(line.as_bytes()), None, "{line}");
        }
        assert_eq!(Record::read(b"\xff"), None);
    }

    #[test]
    fn a_torn_line_is_known_by_its_bytes() {
        assert_eq!(TornLine::read(&b""[..]).unwrap(), None);
        let long = vec![b'x'; 10_000];
        let [one, other] = [&long[..], &long[1..]].map(|bytes| TornLine::read(bytes).unwrap());
        assert_eq!(one.map(|torn| torn.bytes), Some(10_000));
        assert_eq!(one, TornLine::read(&*long).unwrap());
        assert_ne!(one, other);
    }
}

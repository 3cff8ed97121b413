//! [`Tail`]: the lines that are added to a file, across rotations and truncations.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, ErrorKind, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use super::input::MAX_LINE;

const BLOCK: usize = 64 * 1024;

/// What was read since the last time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TailEvent {
    /// A line, without its end.
    Line(Vec<u8>),
    /// A line of more than 1 MiB was skipped.
    TooLong,
    /// The file was rotated, and is continued by a new one.
    Rotated,
    /// The file was rotated more often than rotated files are kept: lines in between are missing.
    Missed,
    /// The file has become shorter, and is read from its beginning.
    Truncated,
}

/// Follows a file by its name.
///
/// A file that is renamed to `<name>.1` is read to its end before the next one, also if it was rotated several times in
/// between. A file that was truncated is read from its beginning.
#[derive(Debug)]
pub struct Tail {
    path: PathBuf,
    /// The file that is read, and those after it.
    files: VecDeque<Followed>,
}

#[derive(Debug)]
struct Followed {
    file: File,
    id: FileId,
    position: u64,
    /// The beginning of a line whose end is not written yet.
    line: Vec<u8>,
    /// Whether the rest of a line that is too long is skipped.
    skips: bool,
}

/// Device and number; the same for a file that was renamed.
type FileId = (u64, u64);

impl Tail {
    /// Follows the file at `path`, which may not exist yet: from its end, or `from_start`.
    ///
    /// # Errors
    ///
    /// Those of the file, but not that it is missing.
    pub fn open(path: impl Into<PathBuf>, from_start: bool) -> io::Result<Self> {
        let path = path.into();
        let mut files = VecDeque::new();
        if let Some(mut file) = Followed::open(&path)? {
            if !from_start {
                file.position = file.file.seek(SeekFrom::End(0))?;
            }
            files.push_back(file);
        }
        Ok(Self { path, files })
    }

    /// What was added, about `bytes` at most; the rest comes with the next call.
    ///
    /// # Errors
    ///
    /// Those of the files.
    pub fn poll(&mut self, mut bytes: usize) -> io::Result<Vec<TailEvent>> {
        let mut events = Vec::new();
        loop {
            let Some(file) = self.files.front_mut() else {
                match Followed::open(&self.path)? {
                    Some(file) => self.files.push_back(file),
                    None => return Ok(events),
                }
                continue;
            };
            let read = file.read(&mut events)?;
            bytes = bytes.saturating_sub(read);
            if bytes == 0 {
                return Ok(events);
            }
            if read > 0 {
                continue;
            }
            if self.files.len() > 1 {
                let ended = self.files.pop_front();
                events.extend(ended.and_then(Followed::last_line));
                events.push(TailEvent::Rotated);
            } else if !self.find_newer(&mut events)? {
                return Ok(events);
            }
        }
    }

    /// Finds the files that have been begun since; returns whether there is more to read.
    fn find_newer(&mut self, events: &mut Vec<TailEvent>) -> io::Result<bool> {
        let (Some(read), Some(current)) = (self.files.front_mut(), Followed::open(&self.path)?)
        else {
            // Between the renaming of the file and the next one.
            return Ok(false);
        };
        if current.id == read.id {
            let is_shorter = current.file.metadata()?.len() < read.position;
            if is_shorter {
                read.position = read.file.seek(SeekFrom::Start(0))?;
                read.line.clear();
                read.skips = false;
                events.push(TailEvent::Truncated);
            }
            return Ok(is_shorter);
        }
        let (id, mut newer) = (read.id, vec![current]);
        for number in 1_u32.. {
            let mut name = self.path.clone().into_os_string();
            name.push(format!(".{number}"));
            match Followed::open(Path::new(&name))? {
                Some(older) if older.id == id => break,
                // Renamed while this loop has run.
                Some(older) if newer.iter().any(|newer| newer.id == older.id) => {}
                Some(older) => newer.push(older),
                None => {
                    events.push(TailEvent::Missed);
                    break;
                }
            }
        }
        self.files.extend(newer.into_iter().rev());
        Ok(true)
    }
}

impl Followed {
    /// Opens a file, to be read from its beginning; `None` if it is missing.
    fn open(path: &Path) -> io::Result<Option<Self>> {
        let file = match File::open(path) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            file => file?,
        };
        let id = id(&file)?;
        Ok(Some(Self {
            file,
            id,
            position: 0,
            line: Vec::new(),
            skips: false,
        }))
    }

    /// Reads a block, and returns its length.
    fn read(&mut self, events: &mut Vec<TailEvent>) -> io::Result<usize> {
        let mut block = vec![0; BLOCK];
        let read = self.file.read(&mut block)?;
        self.position = self.position.saturating_add(read as u64);
        block.truncate(read);
        for part in block.split_inclusive(|byte| *byte == b'\n') {
            match part.strip_suffix(b"\n") {
                Some(end) => {
                    self.push(end);
                    let line = std::mem::take(&mut self.line);
                    let skipped = std::mem::take(&mut self.skips);
                    events.push(if skipped {
                        TailEvent::TooLong
                    } else {
                        TailEvent::Line(line)
                    });
                }
                None => self.push(part),
            }
        }
        Ok(read)
    }

    fn push(&mut self, part: &[u8]) {
        self.skips |= self.line.len() + part.len() > MAX_LINE;
        if self.skips {
            self.line.clear();
        } else {
            self.line.extend_from_slice(part);
        }
    }

    /// What a file that is complete has after its last line end.
    fn last_line(self) -> Option<TailEvent> {
        (!self.line.is_empty()).then_some(TailEvent::Line(self.line))
    }
}

#[cfg(unix)]
fn id(file: &File) -> io::Result<FileId> {
    use std::os::unix::fs::MetadataExt;
    let found = file.metadata()?;
    Ok((found.dev(), found.ino()))
}

/// The time at which a file was created stands for its number.
#[cfg(not(unix))]
fn id(file: &File) -> io::Result<FileId> {
    let created = file.metadata()?.created()?;
    let since = created
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap_or_default();
    Ok((since.as_secs(), since.subsec_nanos().into()))
}

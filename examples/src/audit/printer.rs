//! [`Printer`]: lines of an audit file as text for people, CSV or JSON.

use std::io::{self, Write};

use clap::Args;

use super::audit_line::AuditLine;
use super::cell;
use super::joiner::Joined;

/// How results are written.
#[derive(Debug, Clone, Copy, Default, Args)]
pub struct FormatArgs {
    /// Write CSV, with a header.
    #[arg(long, conflicts_with = "json")]
    csv: bool,
    /// Write one JSON object per line.
    #[arg(long)]
    json: bool,
}

/// A format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    Text,
    Csv,
    Json,
}

impl FormatArgs {
    pub(super) fn format(self) -> Format {
        match self {
            Self { csv: true, .. } => Format::Csv,
            Self { json: true, .. } => Format::Json,
            Self { .. } => Format::Text,
        }
    }
}

const HEADER: &str =
    "time,record,decision,error,organization,client,user,email,operation,events,request_id";
const JOIN_HEADER: &str = ",join,login_id,login_time,login_email";

pub(super) struct Printer<W> {
    format: Format,
    out: W,
}

impl<W: Write> Printer<W> {
    /// Writes the header of CSV, with the columns of a join if there is one.
    pub(super) fn new(format: Format, joins: bool, mut out: W) -> io::Result<Self> {
        if format == Format::Csv {
            let more = if joins { JOIN_HEADER } else { "" };
            writeln!(out, "{HEADER}{more}")?;
        }
        Ok(Self { format, out })
    }

    /// Writes one line; `raw` is how it is in the file. `joined` is of a run with a join.
    pub(super) fn line(
        &mut self,
        raw: &[u8],
        line: &AuditLine,
        joined: Option<Option<&Joined>>,
    ) -> io::Result<()> {
        match self.format {
            Format::Text => self.text(line, joined),
            Format::Csv => self.csv(line, joined),
            Format::Json => self.json(raw, joined),
        }
    }

    /// Writes what is still buffered.
    pub(super) fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }

    fn text(&mut self, line: &AuditLine, joined: Option<Option<&Joined>>) -> io::Result<()> {
        let time = line.time.map_or_else(|| "-".to_owned(), cell::time);
        if let Some(record) = &line.record {
            let record = cell::short(record);
            write!(self.out, "{time}  [{record}]")?;
            if line.events() > 0 {
                write!(self.out, "  {} events are not in the file:", line.events())?;
                for (decision, count) in &line.omitted {
                    write!(self.out, " {} {count}", cell::short(decision))?;
                }
            }
            return writeln!(self.out);
        }
        let shown =
            |field: &Option<String>| field.as_deref().map_or_else(|| "-".to_owned(), cell::short);
        let decision = match &line.error {
            Some(error) if line.error != line.decision => {
                format!("{}/{}", shown(&line.decision), cell::short(error))
            }
            _ => shown(&line.decision),
        };
        let (organization, client, user) = (
            shown(&line.organization),
            shown(&line.client),
            shown(&line.user),
        );
        let operation = line.operation().map_or_else(|| "-".to_owned(), cell::short);
        write!(
            self.out,
            "{time}  {decision}  {organization}  {client}  {user}  {operation}"
        )?;
        if let Some(joined) = joined.flatten() {
            match joined.email().or(joined.id()) {
                Some(login) => write!(self.out, "  login={}", cell::short(login))?,
                None => write!(self.out, "  login={}", joined.as_str())?,
            }
        }
        writeln!(self.out)
    }

    fn csv(&mut self, line: &AuditLine, joined: Option<Option<&Joined>>) -> io::Result<()> {
        let time = line.time.map(cell::time);
        let events = line.events().to_string();
        let fields = [
            time.as_deref(),
            line.record.as_deref(),
            line.decision.as_deref(),
            line.error.as_deref(),
            line.organization.as_deref(),
            line.client.as_deref(),
            line.user.as_deref(),
            line.email.as_deref(),
            line.operation(),
            Some(&events),
            line.request_id.as_deref(),
        ];
        let mut cells: Vec<_> = fields
            .map(|field| cell::csv(field.unwrap_or_default()))
            .into();
        if let Some(joined) = joined {
            let login_time = joined.and_then(Joined::time).map(cell::time);
            let fields = [
                joined.map(Joined::as_str),
                joined.and_then(Joined::id),
                login_time.as_deref(),
                joined.and_then(Joined::email),
            ];
            cells.extend(fields.map(|field| cell::csv(field.unwrap_or_default())));
        }
        writeln!(self.out, "{}", cells.join(","))
    }

    /// The line as it is in the file, with a member for its login.
    fn json(&mut self, raw: &[u8], joined: Option<Option<&Joined>>) -> io::Result<()> {
        let raw = String::from_utf8_lossy(raw);
        let shown = cell::json(raw.trim());
        let Some(joined) = joined.flatten() else {
            return writeln!(self.out, "{shown}");
        };
        // The line was read as an object, so it ends with a brace.
        let members = shown.strip_suffix('}').unwrap_or(&shown);
        let login = serde_json::json!({
            "join": joined.as_str(),
            "id": joined.id(),
            "time": joined.time().map(cell::time),
            "email": joined.email(),
        });
        let separator = if members.trim_end().ends_with('{') {
            ""
        } else {
            ","
        };
        writeln!(
            self.out,
            "{members}{separator}\"login\":{}}}",
            cell::json(&login.to_string())
        )
    }
}

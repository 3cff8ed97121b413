//! [`Summary`]: how many events each organization, client and decision has, in bounded memory.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::time::SystemTime;

use serde_json::json;

use super::audit_line::AuditLine;
use super::cell;
use super::joiner::Joined;
use super::printer::Format;

/// The organization of the row that adds up all that have no row.
const OTHERS: &str = "(others)";
/// The client of events that the file only counts.
const OMITTED: &str = "(not in the file)";
const COLUMNS: [&str; 6] = [
    "organization",
    "client",
    "decision",
    "events",
    "first",
    "last",
];
const JOIN_COLUMNS: [&str; 4] = ["login", "ambiguous", "none", "unknown"];

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    organization: String,
    client: String,
    decision: String,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Row {
    events: u64,
    first: Option<SystemTime>,
    last: Option<SystemTime>,
    /// As the columns of a join.
    joined: [u64; 4],
}

/// Counts of events.
#[derive(Debug)]
pub(super) struct Summary {
    rows: BTreeMap<Key, Row>,
    max_rows: usize,
    others: Row,
    total: Row,
    joins: bool,
}

impl Summary {
    /// With at most `max_rows` rows; what has none is added up in one more.
    pub(super) fn new(max_rows: usize, joins: bool) -> Self {
        Self {
            rows: BTreeMap::new(),
            max_rows,
            others: Row::default(),
            total: Row::default(),
            joins,
        }
    }

    /// Counts an event, or those that a record counts.
    pub(super) fn add(&mut self, line: &AuditLine, joined: Option<&Joined>) {
        if line.record.is_none() {
            let text = |field: &Option<String>| field.clone().unwrap_or_default();
            let key = Key {
                organization: text(&line.organization),
                client: text(&line.client),
                decision: text(&line.decision),
            };
            self.count(key, 1, line.time, joined);
        }
        for (decision, count) in &line.omitted {
            let key = Key {
                organization: String::new(),
                client: OMITTED.to_owned(),
                decision: decision.clone(),
            };
            self.count(key, *count, line.time, None);
        }
    }

    fn count(&mut self, key: Key, events: u64, time: Option<SystemTime>, joined: Option<&Joined>) {
        let has_room = self.rows.len() < self.max_rows;
        let row = match self.rows.get_mut(&key) {
            Some(row) => row,
            None if has_room => self.rows.entry(key).or_default(),
            None => &mut self.others,
        };
        for row in [row, &mut self.total] {
            row.count(events, time, joined);
        }
    }

    /// Writes the rows, those with the most events first.
    pub(super) fn write(&self, format: Format, out: &mut impl Write) -> io::Result<()> {
        let mut rows: Vec<_> = self.rows.iter().collect();
        rows.sort_by_key(|(_, row)| std::cmp::Reverse(row.events));
        let others = Key {
            organization: OTHERS.to_owned(),
            client: String::new(),
            decision: String::new(),
        };
        if self.others.events > 0 {
            rows.push((&others, &self.others));
        }
        let rows = rows.into_iter().map(|(key, row)| self.cells(key, row));
        match format {
            Format::Text => self.write_table(rows.collect(), out),
            Format::Csv => {
                writeln!(out, "{}", self.columns().join(","))?;
                for row in rows {
                    writeln!(out, "{}", row.csv().join(","))?;
                }
                Ok(())
            }
            Format::Json => {
                for row in rows {
                    let object = self.columns().into_iter().zip(row.0).map(|(name, cell)| {
                        // Counts are numbers; no other column is.
                        let is_count = name == "events" || JOIN_COLUMNS.contains(&name);
                        let count = cell.parse::<u64>().ok().filter(|_| is_count);
                        (
                            name.to_owned(),
                            count.map_or_else(|| json!(cell), |count| json!(count)),
                        )
                    });
                    let object = serde_json::Value::Object(object.collect());
                    writeln!(out, "{}", cell::json(&object.to_string()))?;
                }
                Ok(())
            }
        }
    }

    fn columns(&self) -> Vec<&'static str> {
        let joined = if self.joins { &JOIN_COLUMNS[..] } else { &[] };
        [&COLUMNS[..], joined].concat()
    }

    fn cells(&self, key: &Key, row: &Row) -> Cells {
        let time = |time: Option<SystemTime>| time.map(cell::time).unwrap_or_default();
        let mut cells = vec![
            key.organization.clone(),
            key.client.clone(),
            key.decision.clone(),
            row.events.to_string(),
            time(row.first),
            time(row.last),
        ];
        if self.joins {
            cells.extend(row.joined.iter().map(ToString::to_string));
        }
        Cells(cells)
    }

    fn write_table(&self, rows: Vec<Cells>, out: &mut impl Write) -> io::Result<()> {
        let total = Key {
            organization: "total".to_owned(),
            client: String::new(),
            decision: String::new(),
        };
        let header = Cells(self.columns().into_iter().map(str::to_owned).collect());
        let rows = [vec![header], rows, vec![self.cells(&total, &self.total)]].concat();
        let shown: Vec<Vec<String>> = rows.iter().map(Cells::shown).collect();
        let mut widths = vec![0; self.columns().len()];
        for row in &shown {
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = cell.chars().count().max(*width);
            }
        }
        for row in &shown {
            let cells = row
                .iter()
                .zip(&widths)
                .map(|(cell, width)| format!("{cell:<width$}"));
            writeln!(out, "{}", cells.collect::<Vec<_>>().join("  ").trim_end())?;
        }
        Ok(())
    }
}

/// The cells of a row.
#[derive(Debug, Clone)]
struct Cells(Vec<String>);

impl Cells {
    fn shown(&self) -> Vec<String> {
        let shown = |cell: &String| {
            if cell.is_empty() {
                "-".to_owned()
            } else {
                cell::short(cell)
            }
        };
        self.0.iter().map(shown).collect()
    }

    fn csv(&self) -> Vec<String> {
        self.0.iter().map(|text| cell::csv(text)).collect()
    }
}

impl Row {
    fn count(&mut self, events: u64, time: Option<SystemTime>, joined: Option<&Joined>) {
        self.events = self.events.saturating_add(events);
        let earliest = [self.first, time].into_iter().flatten().min();
        (self.first, self.last) = (earliest, self.last.max(time));
        let label = joined.map(Joined::as_str);
        let mut counts = JOIN_COLUMNS.iter().zip(&mut self.joined);
        if let Some((_, count)) = counts.find(|(name, _)| Some(**name) == label) {
            *count = count.saturating_add(1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(organization: &str, decision: &str, second: u64) -> AuditLine {
        let line = format!(
            r#"{{"time":{second},"auth.decision":"{decision}","auth.organization":"{organization}","auth.client_id":"c"}}"#
        );
        AuditLine::read(line.as_bytes()).unwrap()
    }

    fn written(summary: &Summary, format: Format) -> String {
        let mut out = Vec::new();
        summary.write(format, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn what_has_no_row_is_added_up() {
        let mut summary = Summary::new(2, false);
        for (organization, decision, second) in [
            ("a", "admitted", 1),
            ("b", "admitted", 2),
            ("b", "admitted", 3),
            ("c", "admitted", 4),
            ("a", "expired", 5),
            ("a", "admitted", 0),
        ] {
            summary.add(&line(organization, decision, second), None);
        }
        let omitted =
            br#"{"time":9,"record":"summary","counts":[{"auth.decision":"admitted","count":7}]}"#;
        summary.add(&AuditLine::read(omitted).unwrap(), None);
        let csv = "organization,client,decision,events,first,last\n\
            a,c,admitted,2,1970-01-01T00:00:00Z,1970-01-01T00:00:01Z\n\
            b,c,admitted,2,1970-01-01T00:00:02Z,1970-01-01T00:00:03Z\n\
            (others),,,9,1970-01-01T00:00:04Z,1970-01-01T00:00:09Z\n";
        assert_eq!(written(&summary, Format::Csv), csv);
        let text = written(&summary, Format::Text);
        assert_eq!(text.lines().count(), 5);
        assert!(
            text.lines()
                .last()
                .unwrap()
                .starts_with("total         -       -         13 "),
            "{text}"
        );
        let json = written(&summary, Format::Json);
        let row: serde_json::Value = serde_json::from_str(json.lines().next().unwrap()).unwrap();
        assert_eq!(
            (&row["organization"], &row["events"]),
            (&"a".into(), &2.into())
        );
    }

    #[test]
    fn memory_is_bounded_by_the_number_of_rows() {
        let mut summary = Summary::new(10, false);
        for number in 0..1000 {
            summary.add(&line(&number.to_string(), "admitted", number), None);
        }
        assert_eq!(
            (
                summary.rows.len(),
                summary.others.events,
                summary.total.events
            ),
            (10, 990, 1000)
        );
    }
}

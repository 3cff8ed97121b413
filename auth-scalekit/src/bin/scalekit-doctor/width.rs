//! How wide the output may be.

/// Where nobody says how wide it is.
const DEFAULT: usize = 80;
/// Long lines are hard to read on a wide screen.
const WIDEST: usize = 120;
/// Below that the columns have no room.
const NARROWEST: usize = 40;

/// `COLUMNS`, else the width of the terminal, else 80; 40 to 120.
#[must_use]
pub(crate) fn width() -> usize {
    let columns = std::env::var("COLUMNS").ok();
    chosen(columns.as_deref(), of_terminal())
}

fn chosen(columns: Option<&str>, terminal: Option<usize>) -> usize {
    let columns = columns.and_then(|text| text.parse().ok());
    let usable = |width: &usize| *width > 0;
    columns
        .filter(usable)
        .or(terminal.filter(usable))
        .unwrap_or(DEFAULT)
        .clamp(NARROWEST, WIDEST)
}

#[cfg(unix)]
fn of_terminal() -> Option<usize> {
    let size = rustix::termios::tcgetwinsize(std::io::stdout()).ok()?;
    Some(size.ws_col.into())
}

#[cfg(not(unix))]
fn of_terminal() -> Option<usize> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_decides() {
        for (columns, terminal, width) in [
            (None, None, 80),
            (None, Some(100), 100),
            (Some("60"), Some(100), 60),
            (Some("x"), Some(100), 100),
            (Some("0"), None, 80),
            (Some("1"), None, 40),
            (None, Some(500), 120),
        ] {
            assert_eq!(chosen(columns, terminal), width, "{columns:?} {terminal:?}");
        }
    }
}

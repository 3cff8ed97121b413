//! Colours, by what they mean.

use auth_scalekit::diagnose::Severity;

/// Whether there are colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Palette {
    /// None.
    Plain,
    /// Those that every terminal has.
    Colored,
}

impl Palette {
    /// A text in the colour of a severity.
    #[must_use]
    pub(crate) fn paint(self, severity: Severity, text: &str) -> String {
        let code = match severity {
            Severity::Ok => "32",
            Severity::Note => "36",
            Severity::Warning => "33",
            Severity::Failure => "1;31",
            Severity::Skipped => "2",
        };
        match self {
            Self::Plain => text.into(),
            Self::Colored => format!("\u{1b}[{code}m{text}\u{1b}[0m"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_are_only_around_a_text() {
        for severity in Severity::ALL {
            assert_eq!(Palette::Plain.paint(severity, "a"), "a");
            let painted = Palette::Colored.paint(severity, "a");
            assert!(painted.starts_with("\u{1b}[") && painted.ends_with("ma\u{1b}[0m"));
        }
    }
}

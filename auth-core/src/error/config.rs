//! What is wrong with a configuration: every fault at once, each with its setting and its fix.

use std::borrow::Cow;
use std::error::Error;
use std::fmt;

/// One setting that cannot be used as it is.
///
/// `Debug` shows the same sentence as `Display`: Rust prints an error that `main` returns by its
/// `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct ConfigError {
    setting: Cow<'static, str>,
    problem: String,
}

impl ConfigError {
    /// `setting` as the user knows it (a variable, a builder method), and a problem that reads on
    /// from it and says what to change: `is empty: give ...`.
    #[must_use]
    pub fn new(setting: impl Into<Cow<'static, str>>, problem: impl fmt::Display) -> Self {
        Self {
            setting: setting.into(),
            problem: problem.to_string(),
        }
    }

    /// The setting, as the user knows it.
    #[must_use]
    pub fn setting(&self) -> &str {
        &self.setting
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.setting, self.problem)
    }
}

impl fmt::Debug for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Error for ConfigError {}

/// All faults of a configuration, one per line when shown, by `Display` and by `Debug`.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct ConfigErrors(Vec<ConfigError>);

impl ConfigErrors {
    /// Adds a fault.
    pub fn push(&mut self, error: ConfigError) {
        self.0.push(error);
    }

    /// The faults in the order in which they were found.
    pub fn iter(&self) -> std::slice::Iter<'_, ConfigError> {
        self.0.iter()
    }

    /// `Ok` when there is no fault.
    ///
    /// # Errors
    ///
    /// Itself, when there is one.
    pub fn into_result(self) -> Result<(), Self> {
        if self.0.is_empty() { Ok(()) } else { Err(self) }
    }

    /// Keeps the value of a result, or its fault under the name of `setting`.
    pub fn collect<T, E: fmt::Display>(
        &mut self,
        setting: impl Into<Cow<'static, str>>,
        result: Result<T, E>,
    ) -> Option<T> {
        match result {
            Ok(value) => Some(value),
            Err(error) => {
                self.push(ConfigError::new(setting, error));
                None
            }
        }
    }
}

impl From<ConfigError> for ConfigErrors {
    fn from(error: ConfigError) -> Self {
        Self(vec![error])
    }
}

impl<'a> IntoIterator for &'a ConfigErrors {
    type Item = &'a ConfigError;
    type IntoIter = std::slice::Iter<'a, ConfigError>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl fmt::Display for ConfigErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, error) in self.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            write!(f, "{error}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for ConfigErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Error for ConfigErrors {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fault_has_a_line_in_the_order_in_which_it_was_found() {
        let mut errors = ConfigErrors::default();
        assert_eq!(errors.clone().into_result(), Ok(()), "the control");
        assert_eq!(errors.collect("PORT", Ok::<_, &str>(80)), Some(80));
        assert!(errors.clone().into_result().is_ok(), "nothing is wrong yet");
        assert_eq!(errors.collect::<u16, _>("PORT", Err("is empty")), None);
        assert_eq!(errors.to_string(), "PORT is empty");
        errors.push(ConfigError::new("HOST", "is not a name"));
        assert_eq!(errors.to_string(), "PORT is empty\nHOST is not a name");
        let settings: Vec<_> = errors.iter().map(ConfigError::setting).collect();
        assert_eq!(settings, ["PORT", "HOST"]);
        assert!((&errors).into_iter().eq(errors.iter()));
        assert_eq!(errors.clone().into_result(), Err(errors));
        let one = ConfigErrors::from(ConfigError::new("PORT", "is empty"));
        assert_eq!(one.to_string(), "PORT is empty");
    }

    /// What Rust prints of an error that `main` returns, alone, in a box, and in a list.
    #[test]
    fn debug_reads_as_display_does() {
        let mut errors = ConfigErrors::default();
        errors.push(ConfigError::new("PORT", "is empty: give a number"));
        assert_eq!(format!("{errors:?}"), "PORT is empty: give a number");
        errors.push(ConfigError::new("HOST", "is \"a b\": take out the blank"));
        let lines = "PORT is empty: give a number\nHOST is \"a b\": take out the blank";
        assert_eq!(format!("{errors:?}"), lines, "quotes are not escaped");
        assert_eq!(format!("{errors:#?}"), lines);
        let boxed: Box<dyn Error> = errors.clone().into();
        assert_eq!(format!("{boxed:?}"), lines);
        let one = errors.iter().next().cloned();
        assert_eq!(format!("{one:?}"), "Some(PORT is empty: give a number)");
        assert_eq!(
            format!("{:?}", errors.into_result().map(|()| 80)),
            format!("Err({lines})")
        );
    }
}

//! Configuration errors: all of them at once, each with its setting and how to fix it.

use std::borrow::Cow;
use std::error::Error;
use std::fmt;

/// One invalid setting.
///
/// `Debug` prints the same as `Display`, because Rust prints the `Debug` of an error that `main` returns.
#[derive(Clone, PartialEq, Eq)]
pub struct ConfigError {
    setting: Cow<'static, str>,
    problem: String,
}

impl ConfigError {
    /// An error about `setting`, by the name that the user knows (of a variable or a builder method).
    /// `problem` continues the sentence and says what to change, such as `is empty: give a number`.
    #[must_use]
    pub fn new(setting: impl Into<Cow<'static, str>>, problem: impl fmt::Display) -> Self {
        Self {
            setting: setting.into(),
            problem: problem.to_string(),
        }
    }

    /// The setting, by the name that the user knows.
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

/// All errors of a configuration. `Display` and `Debug` print one per line.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct ConfigErrors(Vec<ConfigError>);

impl ConfigErrors {
    /// Adds an error.
    pub fn push(&mut self, error: ConfigError) {
        self.0.push(error);
    }

    /// The errors, in the order in which they were added.
    pub fn iter(&self) -> std::slice::Iter<'_, ConfigError> {
        self.0.iter()
    }

    /// `Ok` if there are no errors.
    ///
    /// # Errors
    ///
    /// `self`, if there is at least one.
    pub fn into_result(self) -> Result<(), Self> {
        if self.0.is_empty() { Ok(()) } else { Err(self) }
    }

    /// Returns the value of a result, or adds its error under the name of `setting`.
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
    fn errors_are_printed_one_per_line_in_order() {
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

    /// Rust prints the `Debug` of an error that `main` returns: alone, boxed, or a list of them.
    #[test]
    fn debug_prints_the_same_as_display() {
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

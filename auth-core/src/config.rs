//! What is wrong with a configuration: every fault at once, each with its setting and its fix.

use std::borrow::Cow;
use std::error::Error;
use std::fmt;

/// One setting that cannot be used as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
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

impl Error for ConfigError {}

/// All faults of a configuration, one per line when shown.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
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
}

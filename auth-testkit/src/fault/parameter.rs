//! How the parameter of a fault is written in JSON.

use std::time::Duration;

use serde::de::DeserializeOwned;
use serde_json::{Value, json};

/// The parameter of a kind of fault.
pub(crate) struct Parameter {
    /// A value, as JSON.
    pub(crate) example: &'static str,
    pub(crate) description: &'static str,
    /// Its JSON Schema.
    pub(crate) schema: fn() -> Value,
}

/// Why a value is no parameter of a fault.
#[derive(Debug)]
pub(crate) enum ParameterError {
    /// It has another JSON type.
    OtherType,
    /// It has the type and is out of range: what was expected.
    OutOfRange(String),
}

/// A type that parameters of faults have.
pub(crate) trait FaultParameter: Sized {
    fn schema() -> Value;

    /// # Errors
    ///
    /// When the value cannot be this parameter.
    fn read(value: Value) -> Result<Self, ParameterError>;
}

impl FaultParameter for u16 {
    fn schema() -> Value {
        json!({ "type": "integer", "minimum": 0 })
    }

    fn read(value: Value) -> Result<Self, ParameterError> {
        typed(value)
    }
}

impl FaultParameter for usize {
    fn schema() -> Value {
        json!({ "type": "integer", "minimum": 0 })
    }

    fn read(value: Value) -> Result<Self, ParameterError> {
        typed(value)
    }
}

impl FaultParameter for String {
    fn schema() -> Value {
        json!({ "type": "string" })
    }

    fn read(value: Value) -> Result<Self, ParameterError> {
        typed(value)
    }
}

/// The bytes of a string.
impl FaultParameter for Vec<u8> {
    fn schema() -> Value {
        String::schema()
    }

    fn read(value: Value) -> Result<Self, ParameterError> {
        String::read(value).map(String::into_bytes)
    }
}

/// Seconds.
impl FaultParameter for Duration {
    fn schema() -> Value {
        json!({ "type": "number", "minimum": 0 })
    }

    fn read(value: Value) -> Result<Self, ParameterError> {
        let seconds: f64 = typed(value)?;
        Self::try_from_secs_f64(seconds).map_err(|_| {
            ParameterError::OutOfRange(format!("expected seconds, 0 or more, got {seconds}"))
        })
    }
}

fn typed<T: DeserializeOwned>(value: Value) -> Result<T, ParameterError> {
    serde_json::from_value(value).map_err(|_| ParameterError::OtherType)
}

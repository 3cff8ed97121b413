//! A variant of an enum in JSON: its name, as `"reset"`, or its name and value, as `{"status": 503}`.

use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// A variant that JSON can name.
#[derive(Clone, Copy)]
pub(super) struct VariantKind {
    pub(super) name: &'static str,
    /// A value that can be written after the name, as JSON; none: the name is written alone.
    pub(super) example: Option<&'static str>,
}

/// The variant that was named.
#[derive(Debug)]
pub(super) struct NamedVariant {
    pub(super) kind: VariantKind,
    /// There is one if and only if the kind has an example.
    pub(super) value: Value,
}

impl std::fmt::Debug for VariantKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

impl VariantKind {
    pub(super) const fn with(name: &'static str, example: &'static str) -> Self {
        Self {
            name,
            example: Some(example),
        }
    }

    /// How it is written.
    fn written(&self) -> String {
        match self.example {
            None => format!("{:?}", self.name),
            Some(example) => format!("{{{:?}: {example}}}", self.name),
        }
    }
}

impl NamedVariant {
    /// One of `kinds`, from the member `member`.
    pub(super) fn read<'de, D: Deserializer<'de>>(
        member: &str,
        kinds: &[VariantKind],
        from: D,
    ) -> Result<Self, D::Error> {
        let given = Value::deserialize(from)?;
        let variant = Self::of(kinds, given);
        variant.map_err(|problem| serde::de::Error::custom(format!("{member}: {problem}")))
    }

    fn of(kinds: &[VariantKind], given: Value) -> Result<Self, String> {
        let (name, value) = match given {
            Value::String(name) => (name, None),
            Value::Object(members) if members.len() == 1 => {
                let one = members.into_iter().next();
                one.map(|(name, value)| (name, Some(value)))
                    .unwrap_or_default()
            }
            _ => {
                let written: Vec<_> = kinds.iter().map(VariantKind::written).collect();
                return Err(format!("expected one of {}", written.join(", ")));
            }
        };
        let Some(kind) = kinds.iter().copied().find(|kind| kind.name == name) else {
            let names: Vec<_> = kinds.iter().map(|kind| kind.name).collect();
            return Err(format!(
                "{name:?} is unknown: choose of {}",
                names.join(", ")
            ));
        };
        match (kind.example, value) {
            (Some(_), Some(value)) => Ok(Self { kind, value }),
            (None, None | Some(Value::Null)) => Ok(Self {
                kind,
                value: Value::Null,
            }),
            (Some(_), None) => Err(format!("{name} needs a value: write {}", kind.written())),
            (None, Some(_)) => Err(format!("{name} takes no value: write {}", kind.written())),
        }
    }

    /// What to write, for a value of the wrong type.
    pub(super) fn other_type(&self) -> String {
        let (name, written) = (self.kind.name, self.kind.written());
        format!("{name} has a value of the wrong type: write {written}")
    }

    /// Its value.
    ///
    /// # Errors
    ///
    /// What to write, when it has another type.
    pub(super) fn value<T: serde::de::DeserializeOwned>(&self) -> Result<T, String> {
        serde_json::from_value(self.value.clone()).map_err(|_| self.other_type())
    }
}

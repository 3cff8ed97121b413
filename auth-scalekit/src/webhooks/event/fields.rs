//! [`Fields`]: the members of one object of an event, read leniently: what is absent, `null` or of another type
//! than expected is `None`. Whatever needs a member decides whether that is an error.

use std::time::SystemTime;

use auth_core::support::json::{JsonError, JsonStr, Object, RawJson};

use crate::timestamp;

/// The members of one JSON object, which was checked by the strict reader.
#[derive(Default)]
pub(super) struct Fields<'a>(Vec<(JsonStr<'a>, RawJson<'a>)>);

/// What is made of the members of an object.
pub(super) trait Payload {
    fn read(fields: &Fields<'_>) -> Self;
}

impl<'a> Fields<'a> {
    /// Checks the text of one object.
    pub(super) fn parse(text: &'a str) -> Result<Self, JsonError> {
        let mut members = Vec::new();
        Object::read(text, |name, value| members.push((name, value)))?;
        Ok(Self(members))
    }

    /// The members of a value that was checked before; none if it is not an object.
    pub(super) fn of(value: RawJson<'a>) -> Self {
        Self::parse(value.as_str()).unwrap_or_default()
    }

    pub(super) fn raw(&self, name: &str) -> Option<RawJson<'a>> {
        let mut members = self.0.iter();
        let (_, value) = members.find(|(known, _)| known.is(name))?;
        Some(*value)
    }

    pub(super) fn string(&self, name: &str) -> Option<String> {
        Some(self.raw(name)?.string()?.decode().into_owned())
    }

    /// A string that is not empty: absent members of Scalekit's may arrive as empty strings.
    pub(super) fn id(&self, name: &str) -> Option<String> {
        self.string(name).filter(|id| !id.is_empty())
    }

    pub(super) fn boolean(&self, name: &str) -> Option<bool> {
        match self.raw(name)?.as_str() {
            "true" => Some(true),
            "false" => Some(false),
            _ => None,
        }
    }

    pub(super) fn time(&self, name: &str) -> Option<SystemTime> {
        timestamp::parse(&self.raw(name)?.string()?.at_most(64)?)
    }

    /// The strings of an array; other items are skipped.
    pub(super) fn strings(&self, name: &str) -> Vec<String> {
        let strings = self.items(name).filter_map(RawJson::string);
        strings.map(|string| string.decode().into_owned()).collect()
    }

    pub(super) fn object<T: Payload>(&self, name: &str) -> Option<T> {
        let value = self.raw(name)?;
        let is_object = value.as_str().starts_with('{');
        is_object.then(|| T::read(&Fields::of(value)))
    }

    /// The objects of an array.
    pub(super) fn objects<T: Payload>(&self, name: &str) -> Vec<T> {
        let objects = self.items(name).map(Fields::of);
        objects.map(|fields| T::read(&fields)).collect()
    }

    fn items(&self, name: &str) -> impl Iterator<Item = RawJson<'a>> {
        self.raw(name)
            .and_then(RawJson::items)
            .into_iter()
            .flatten()
    }
}

/// Defines a payload: its members with the method of [`Fields`] that reads each, and those that `Debug` shows. The
/// others may be personal data.
macro_rules! payload {
    (
        $(#[$doc:meta])*
        $name:ident shows [$($shown:ident),*] {
            $($(#[$member_doc:meta])* $member:ident: $type:ty = $read:ident),* $(,)?
        }
    ) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Default)]
        #[non_exhaustive]
        pub struct $name {
            $($(#[$member_doc])* pub $member: $type,)*
        }

        impl $crate::webhooks::event::fields::Payload for $name {
            fn read(fields: &$crate::webhooks::event::fields::Fields<'_>) -> Self {
                Self {
                    $($member: fields.$read(stringify!($member)),)*
                }
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                let mut shown = f.debug_struct(stringify!($name));
                $(shown.field(stringify!($shown), &self.$shown);)*
                shown.finish_non_exhaustive()
            }
        }
    };
}

pub(super) use payload;

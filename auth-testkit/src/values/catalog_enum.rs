//! Catalogues: enums whose variants have names for messages, command lines and the control API.

use std::fmt;

/// Nothing of its kind has this name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownName {
    pub(crate) what: &'static str,
    pub(crate) name: String,
    pub(crate) known: Vec<&'static str>,
}

/// More names than these are too many for a message.
const SHOWN: usize = 30;

impl fmt::Display for UnknownName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "no {} is called {:?}", self.what, self.name)?;
        match self.known.as_slice() {
            known if known.len() <= SHOWN => write!(f, ": choose of {}", known.join(", ")),
            known => write!(f, "; there are {}, such as {}", known.len(), known[0]),
        }
    }
}

impl std::error::Error for UnknownName {}

/// An enum with `all`, `name`, `Display` and `FromStr`. The text before its name says what its
/// variants are.
macro_rules! catalog_enum {
    (
        $(#[$about:meta])*
        $what:literal $type:ident {
            $($(#[$doc:meta])* $variant:ident = $name:expr,)*
        }
    ) => {
        $(#[$about])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum $type {
            $($(#[$doc])* $variant,)*
        }

        impl $type {
            /// Every one.
            #[must_use]
            pub fn all() -> &'static [Self] {
                &[$(Self::$variant),*]
            }

            /// A short name in kebab case, for messages and command lines.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }
        }

        impl std::fmt::Display for $type {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.name())
            }
        }

        impl std::str::FromStr for $type {
            type Err = $crate::UnknownName;

            /// From its [`name`](Self::name).
            fn from_str(name: &str) -> Result<Self, Self::Err> {
                let mut all = Self::all().iter().copied();
                all.find(|known| known.name() == name)
                    .ok_or_else(|| $crate::UnknownName {
                        what: $what,
                        name: name.to_owned(),
                        known: Self::all().iter().map(|known| known.name()).collect(),
                    })
            }
        }
    };
}

pub(crate) use catalog_enum;

/// An identifier in snake case as a string in kebab case, at compile time.
macro_rules! kebab_case {
    ($snake:ident) => {{
        const SNAKE: &str = stringify!($snake);
        const KEBAB: [u8; SNAKE.len()] = $crate::values::to_kebab_case(SNAKE);
        match std::str::from_utf8(&KEBAB) {
            Ok(kebab) => kebab,
            Err(_) => unreachable!(),
        }
    }};
}

pub(crate) use kebab_case;

/// Puts dashes for underscores in the `N` bytes of an identifier.
pub(crate) const fn to_kebab_case<const N: usize>(snake: &str) -> [u8; N] {
    let bytes = snake.as_bytes();
    let mut kebab = [0; N];
    let mut at = 0;
    while at < N {
        kebab[at] = if bytes[at] == b'_' { b'-' } else { bytes[at] };
        at += 1;
    }
    kebab
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use crate::keys::UnusualKeySet;
    use crate::settings::{Leniency, Misbehaviour, Reaction};
    use crate::{Defect, Endpoint, KeyDefect};

    #[test]
    fn names_are_unique_and_lead_back() {
        macro_rules! check {
            ($($type:ident)*) => {$(
                let names: BTreeSet<_> = $type::all().iter().map(|one| one.name()).collect();
                assert_eq!(names.len(), $type::all().len());
                for one in $type::all() {
                    assert_eq!(one.name().parse(), Ok(*one));
                    assert!(one.name().bytes().all(|byte| {
                        byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-'
                    }));
                }
            )*};
        }
        check!(Defect Endpoint KeyDefect Leniency Misbehaviour Reaction UnusualKeySet);
        let unknown = "psychic".parse::<Defect>().unwrap_err();
        let count = Defect::all().len();
        let text = format!("no defect is called \"psychic\"; there are {count}, such as expired");
        assert_eq!(unknown.to_string(), text);
        let unknown = "attic".parse::<Reaction>().unwrap_err().to_string();
        let text = "no reaction is called \"attic\": choose of ";
        assert!(unknown.starts_with(text), "{unknown}");
    }
}

//! [`debug_ids!`]: `Debug` for types that contain names and addresses of people and customers.

/// Shows these members alone: identifiers, states and numbers.
macro_rules! debug_ids {
    ($type:ident: $($member:ident),+) => {
        impl std::fmt::Debug for $type {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.debug_struct(stringify!($type))
                    $(.field(stringify!($member), &self.$member))+
                    .finish_non_exhaustive()
            }
        }
    };
}

pub(in crate::management) use debug_ids;

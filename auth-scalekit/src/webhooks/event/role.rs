//! Payloads about the definitions of roles and permissions.

use super::fields::payload;

payload! {
    /// The definition of a role. Its permissions are not part of the event.
    Role shows [id, name] {
        /// `role_…`.
        id: Option<String> = id,
        /// The name, as tokens contain it.
        name: Option<String> = id,
        /// The name that people see.
        display_name: Option<String> = string,
        /// A description.
        description: Option<String> = string,
        /// The name of the role whose permissions it inherits.
        extends: Option<String> = id,
    }
}

payload! {
    /// The definition of a permission.
    Permission shows [id, name] {
        /// `perm_…`.
        id: Option<String> = id,
        /// The name, as tokens contain it.
        name: Option<String> = id,
        /// A description.
        description: Option<String> = string,
    }
}

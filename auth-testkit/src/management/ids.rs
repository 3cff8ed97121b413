//! Ids in paths: a prefix for the kind, and digits.

use crate::oauth::api_error::ApiError;

/// # Errors
///
/// `INVALID_ARGUMENT` when it has another form.
pub(super) fn check(id: &str, prefix: &str, field: &'static str) -> Result<(), ApiError> {
    let digits = id.strip_prefix(prefix).and_then(|id| id.strip_prefix('_'));
    let is_id =
        |digits: &str| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    match digits.is_some_and(is_id) {
        true => Ok(()),
        false => Err(ApiError::violation(
            field,
            "string.pattern",
            &format!("{field} must be {prefix}_ and digits"),
        )),
    }
}

//! [`ErrorDetails`]: the codes and names in the body of an error. Its texts are not read: they can contain what was
//! sent.

use std::str;

use super::error_code::ErrorCode;
use super::fields::{Fields, Malformed};

/// The most names that are taken from a list.
const MAX_NAMES: usize = 16;
/// The longest name, in bytes.
const MAX_NAME: usize = 100;

/// What an error reports: `{"code": 5, "details": [{"error_code": "…", …}]}`. Without a readable body there is
/// nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct ErrorDetails {
    /// The code of gRPC.
    pub(super) grpc_code: Option<u64>,
    pub(super) error_code: Option<ErrorCode>,
    pub(super) request_id: Option<Box<str>>,
    pub(super) required_permissions: Vec<Box<str>>,
    /// The fields of the request that the API refuses.
    pub(super) invalid_fields: Vec<Box<str>>,
}

impl ErrorDetails {
    pub(super) fn of_code(error_code: Option<ErrorCode>) -> Self {
        Self {
            error_code,
            ..Self::default()
        }
    }

    pub(super) fn read(body: &[u8]) -> Self {
        let mut found = Self::default();
        let Some(error) = str::from_utf8(body).ok().and_then(Fields::read) else {
            return found;
        };
        found.grpc_code = error.value("code").and_then(|it| it.number()?.as_u64());
        for detail in error.items("details").into_iter().flatten() {
            if let Some(detail) = Fields::read(detail.as_str()) {
                // A part that is malformed is left out.
                let _ = found.add(&detail);
            }
        }
        found
    }

    fn add(&mut self, detail: &Fields<'_>) -> Result<(), Malformed> {
        if self.error_code.is_none() {
            let code = detail.word("error_code").ok().flatten();
            self.error_code = code.as_deref().and_then(ErrorCode::vetted);
        }
        if let Ok(Some(request)) = detail.object("request_info") {
            let id = request.word("request_id").ok().flatten();
            self.request_id = self.request_id.take().or(id.and_then(|id| {
                name(&id, |byte| {
                    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')
                })
            }));
        }
        if let Ok(Some(resource)) = detail.object("resource_info") {
            let names = resource
                .items("required_permissions")?
                .filter_map(|item| item.string()?.at_most(MAX_NAME));
            let is_of_name =
                |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b':' | b'.');
            let names = names.filter_map(|permission| name(&permission, is_of_name));
            extend(&mut self.required_permissions, names);
        }
        if let Ok(Some(validation)) = detail.object("validation_error_info") {
            let fields = validation.list("field_violations", |it| it.word("field"))?;
            let is_of_field = |byte: u8| {
                byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'[' | b']')
            };
            let fields = fields.into_iter().flatten();
            let fields = fields.filter_map(|field| name(&field, is_of_field));
            extend(&mut self.invalid_fields, fields);
        }
        Ok(())
    }
}

/// A short name of these bytes, so that nothing else of an answer gets into logs.
fn name(text: &str, is_allowed: impl Fn(u8) -> bool) -> Option<Box<str>> {
    let is_name = (1..=MAX_NAME).contains(&text.len()) && text.bytes().all(is_allowed);
    is_name.then(|| text.into())
}

fn extend(names: &mut Vec<Box<str>>, more: impl Iterator<Item = Box<str>>) {
    names.extend(more.take(MAX_NAMES.saturating_sub(names.len())));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_codes_of_an_error() {
        let info = r#"{"@type":"type.googleapis.com/scalekit.v1.errdetails.ErrorInfo","error_code":"UNAUTHENTICATED"}"#;
        let documented = format!(r#"{{"code":16,"message":"Token empty","details":[{info}]}}"#);
        let second = format!(r#"{{"code":16,"details":[{{"@type":"x"}},{info}]}}"#);
        for (body, number, code) in [
            (&*documented, Some(16), Some("UNAUTHENTICATED")),
            (&second, Some(16), Some("UNAUTHENTICATED")),
            (r#"{"code":5}"#, Some(5), None),
            (r#"{"code":"5"}"#, None, None),
            (r#"{"code":5,"details":"x"}"#, Some(5), None),
            (r#"{"code":5,"details":[1]}"#, Some(5), None),
            (
                r#"{"code":5,"details":[{"error_code":"a b"}]}"#,
                Some(5),
                None,
            ),
            (r#"{"code":5,"code":16}"#, None, None),
            ("<html>", None, None),
            ("", None, None),
        ] {
            let found = ErrorDetails::read(body.as_bytes());
            assert_eq!(found.grpc_code, number, "{body}");
            let found = found.error_code;
            assert_eq!(found.as_ref().map(ErrorCode::as_str), code, "{body}");
        }
    }

    fn of_detail(detail: &str) -> ErrorDetails {
        ErrorDetails::read(format!(r#"{{"details":[{detail}]}}"#).as_bytes())
    }

    #[test]
    fn names_are_vetted() {
        for (name, permission, field, id) in [
            ("users:read", true, false, false),
            ("a_b", true, true, true),
            ("settings.features[0]", false, true, false),
            ("a-b", false, false, true),
            ("a@example.com", false, false, false),
            ("a b", false, false, false),
            ("", false, false, false),
            (&*"a".repeat(101), false, false, false),
        ] {
            let detail = format!(
                r#"{{"request_info":{{"request_id":"{name}","serving_data":"x"}},
                    "resource_info":{{"user":"x","required_permissions":["{name}",1]}},
                    "validation_error_info":{{"field_violations":[{{"field":"{name}","description":"x"}}]}}}}"#
            );
            let found = of_detail(&detail);
            assert_eq!(found.required_permissions.len() == 1, permission, "{name}");
            assert_eq!(found.invalid_fields.len() == 1, field, "{name}");
            assert_eq!(found.request_id.is_some(), id, "{name}");
        }
    }

    #[test]
    fn a_malformed_part_hides_no_other() {
        let found = of_detail(
            r#"{"error_code":1,"request_info":"x","resource_info":{"required_permissions":["a:b"]},
                "validation_error_info":{"field_violations":[1]}}"#,
        );
        assert_eq!(found.required_permissions, [Box::<str>::from("a:b")]);
        assert_eq!((found.error_code, found.request_id), (None, None));
        let many = vec![r#""a:b""#; 100].join(",");
        let found = of_detail(&format!(
            r#"{{"resource_info":{{"required_permissions":[{many}]}}}}"#
        ));
        assert_eq!(found.required_permissions.len(), MAX_NAMES);
    }
}

//! Step 6: the operations that a request asks for.

use bytes::Bytes;
use http::Method;
use http::request::Parts;
use http_body::Body;
use smallvec::smallvec;

use super::evaluation::Evaluation;
use super::guard::Guard;
use crate::operation::McpHeaders;
use crate::operation::{Operation, OperationError, RequestBody};
use crate::policy::{OperationPolicy, OperationSource};

/// Where the operations of a request are named.
pub(super) enum Named<'a> {
    /// In the headers, or not at all: the body need not be read.
    Here,
    /// In the body, which must agree with the operation that the headers name.
    InBody(&'a OperationPolicy, Option<Operation>),
}

impl Guard {
    /// Step 6, as far as the headers determine it.
    pub(super) fn operations_in_headers<B: Body<Data = Bytes>>(
        &self,
        parts: &Parts,
        headers: &McpHeaders<'_>,
        body: &RequestBody<B>,
        evaluation: &mut Evaluation,
    ) -> Result<Named<'_>, OperationError> {
        let Some(operations) = &self.operations else {
            return Ok(Named::Here);
        };
        let nothing_to_read = is_without_body(&parts.method) && body.is_end_stream();
        if !operations.applies_to_path(parts.uri.path()) || nothing_to_read {
            return Ok(Named::Here);
        }
        match operations.source(headers)? {
            OperationSource::Headers(operation) => {
                evaluation.operations = smallvec![operation];
                Ok(Named::Here)
            }
            OperationSource::Body(named) => Ok(Named::InBody(operations, named)),
        }
    }

    /// Step 6.
    pub(super) async fn find_operations<B: Body<Data = Bytes>>(
        &self,
        parts: &Parts,
        headers: &McpHeaders<'_>,
        body: &mut RequestBody<B>,
        evaluation: &mut Evaluation,
    ) -> Result<(), OperationError> {
        let named = self.operations_in_headers(parts, headers, body, evaluation)?;
        let Named::InBody(operations, named) = named else {
            return Ok(());
        };
        let (limit, share) = match evaluation.token {
            Some(_) => (operations.max_body(), None),
            None => (
                operations.max_anonymous_body().min(operations.max_body()),
                Some(self.anonymous_bodies.share()),
            ),
        };
        let text = body.buffer(limit, share).await?;
        // A layer around this one may hide that there is no body.
        if is_without_body(&parts.method) && text.is_empty() {
            return Ok(());
        }
        let read = operations.read(&text, named.as_ref(), evaluation.token.is_some())?;
        evaluation.operations = read.operations;
        evaluation.arguments = read.arguments;
        evaluation.message_id = read.id;
        Ok(())
    }
}

/// Whether requests with this method usually have no body. If one has a body, it can carry a
/// message: a service may read it with any method.
fn is_without_body(method: &Method) -> bool {
    matches!(
        *method,
        Method::GET | Method::HEAD | Method::DELETE | Method::OPTIONS
    )
}

//! [`RequestHead`]: the part of a request that verifiers, policies and authorizers may read.

use std::fmt;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicBool, Ordering};

use http::header::{AUTHORIZATION, AsHeaderName};
use http::request::Parts;
use http::{HeaderName, HeaderValue, Method, Request, Uri};

/// A read-only view of a request's head: method, URI, headers without `Authorization`, and extensions.
///
/// Nothing in it has been verified: a client chooses `Host` and every other header. What a proxy or
/// a TLS acceptor has verified is in the extensions, if it was put there.
#[derive(Clone, Copy)]
pub struct RequestHead<'a>(&'a Parts);

impl<'a> RequestHead<'a> {
    /// The head of the request with these parts.
    #[must_use]
    pub fn of(parts: &'a Parts) -> Self {
        Self(parts)
    }

    /// The head of a `GET` of `/` without headers and extensions, for verification outside of a
    /// request.
    #[must_use]
    pub fn empty() -> RequestHead<'static> {
        static EMPTY: LazyLock<Parts> = LazyLock::new(|| Request::new(()).into_parts().0);
        RequestHead::of(&EMPTY)
    }

    /// The method.
    #[must_use]
    pub fn method(&self) -> &'a Method {
        &self.0.method
    }

    /// The URI as the layer sees it. The client chooses its authority, if there is any, as it
    /// chooses `Host`.
    #[must_use]
    pub fn uri(&self) -> &'a Uri {
        &self.0.uri
    }

    /// The first value of a header; always `None` for `Authorization`.
    #[must_use]
    pub fn header(&self, name: impl AsHeaderName + AsRef<str>) -> Option<&'a HeaderValue> {
        self.header_values(name).next()
    }

    /// All values of a header, in order; none for `Authorization`.
    pub fn header_values(
        &self,
        name: impl AsHeaderName + AsRef<str>,
    ) -> impl Iterator<Item = &'a HeaderValue> {
        let shown = !name.as_ref().eq_ignore_ascii_case(AUTHORIZATION.as_str());
        let values = shown.then(|| self.0.headers.get_all(name));
        values.into_iter().flatten()
    }

    /// All headers except `Authorization`.
    pub fn headers(&self) -> impl Iterator<Item = (&'a HeaderName, &'a HeaderValue)> {
        self.0
            .headers
            .iter()
            .filter(|(name, _)| *name != AUTHORIZATION)
    }

    /// What an outer layer or the server has added under this type, such as the client certificate
    /// or the address of the peer.
    #[must_use]
    pub fn extension<T: Send + Sync + 'static>(&self) -> Option<&'a T> {
        self.0.extensions.get()
    }

    /// A copy of the head, without `Authorization`, that outlives the request.
    pub(crate) fn to_owned_parts(self) -> Parts {
        let mut parts = self.0.clone();
        parts.headers.remove(AUTHORIZATION);
        parts
    }
}

/// Shows method and path only: the query and headers can contain secrets.
impl fmt::Debug for RequestHead<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RequestHead")
            .field("method", &self.0.method)
            .field("path", &self.0.uri.path())
            .finish_non_exhaustive()
    }
}

/// Whether a decision has read the request's head, so that it may differ for another request with
/// the same token.
#[derive(Debug, Default)]
pub(crate) struct Seen(AtomicBool);

impl Seen {
    pub(crate) fn get(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    pub(crate) fn set(&self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// A head that records whether it is read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct WatchedHead<'a> {
    head: RequestHead<'a>,
    seen: Option<&'a Seen>,
}

impl<'a> WatchedHead<'a> {
    pub(crate) fn new(head: RequestHead<'a>, seen: &'a Seen) -> Self {
        Self {
            head,
            seen: Some(seen),
        }
    }

    /// One whose reads are not recorded.
    pub(crate) fn unwatched(head: RequestHead<'a>) -> Self {
        Self { head, seen: None }
    }

    /// Records that the decision depends on the head.
    pub(crate) fn look(&self) -> RequestHead<'a> {
        if let Some(seen) = self.seen {
            seen.set();
        }
        self.head
    }

    /// For a dependence on the head that is declared elsewhere.
    pub(crate) fn peek(&self) -> RequestHead<'a> {
        self.head
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts() -> Parts {
        let request = Request::post("/mcp?secret=marker")
            .header("authorization", "Bearer marker")
            .header("x-tenant", "one")
            .header("x-tenant", "two")
            .extension(7_u8);
        request.body(()).unwrap().into_parts().0
    }

    #[test]
    fn the_view_omits_the_token() {
        let parts = parts();
        let head = RequestHead::of(&parts);
        assert_eq!(
            (head.method().as_str(), head.uri().path()),
            ("POST", "/mcp")
        );
        assert_eq!(head.header("X-Tenant").unwrap(), "one");
        let values: Vec<_> = head.header_values("x-tenant").collect();
        assert_eq!(values, ["one", "two"]);
        assert_eq!(head.extension::<u8>(), Some(&7));
        for name in ["authorization", "Authorization", "AUTHORIZATION"] {
            assert_eq!(head.header(name), None, "{name}");
        }
        assert_eq!(head.header(AUTHORIZATION), None);
        assert_eq!(head.headers().count(), 2);
        assert!(!format!("{head:?}").contains("marker"), "{head:?}");
        let kept = head.to_owned_parts();
        assert!(!kept.headers.contains_key(AUTHORIZATION));
        assert_eq!(RequestHead::of(&kept).extension::<u8>(), Some(&7));
    }

    #[test]
    fn reads_are_recorded() {
        let (parts, seen) = (parts(), Seen::default());
        let head = WatchedHead::new(RequestHead::of(&parts), &seen);
        assert_eq!(head.peek().method(), "POST");
        assert!(!seen.get());
        assert_eq!(head.look().method(), "POST");
        assert!(seen.get());
        let none = WatchedHead::unwatched(RequestHead::empty()).look();
        assert_eq!((none.method().as_str(), none.uri().path()), ("GET", "/"));
        assert_eq!(none.headers().count(), 0);
    }
}

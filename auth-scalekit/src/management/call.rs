//! [`Call`]: one request of the API.

#[cfg(feature = "management")]
use std::time::SystemTime;

use http::HeaderValue;
use http::Method;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE};
use url::Url;

#[cfg(feature = "management")]
use crate::timestamp;

/// The longest answer about one thing, in bytes.
const MAX_ANSWER: usize = 64 * 1024;
/// The longest page of a list, in bytes: 30 events with large payloads, or 30 users in many organizations.
const MAX_PAGE: usize = 4 * 1024 * 1024;

/// A request of the API. Its path consists of constants and vetted identifiers.
#[derive(Clone)]
pub(crate) struct Call {
    /// The method and the path in the API's documentation, for errors.
    pub(super) name: &'static str,
    method: Method,
    path: String,
    query: Vec<(&'static str, String)>,
    body: Option<String>,
    /// The longest answer, in bytes; `None` if it is not read.
    pub(super) max_answer: Option<usize>,
}

impl Call {
    pub(crate) fn get(name: &'static str, path: String) -> Self {
        Self {
            name,
            method: Method::GET,
            path,
            query: Vec::new(),
            body: None,
            max_answer: Some(MAX_ANSWER),
        }
    }

    /// A POST without a body.
    pub(crate) fn post(name: &'static str, path: String) -> Self {
        Self {
            method: Method::POST,
            ..Self::get(name, path)
        }
    }

    /// A PATCH without a body.
    #[cfg(feature = "management")]
    pub(super) fn patch(name: &'static str, path: String) -> Self {
        Self {
            method: Method::PATCH,
            ..Self::get(name, path)
        }
    }

    #[cfg(feature = "management")]
    pub(super) fn delete(name: &'static str, path: String) -> Self {
        Self {
            method: Method::DELETE,
            ..Self::get(name, path)
        }
    }

    /// Sets a body of JSON.
    pub(crate) fn body(mut self, json: String) -> Self {
        self.body = Some(json);
        self
    }

    /// Adds a member of the query.
    pub(crate) fn query(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.query.push((name, value.into()));
        self
    }

    /// The same if there is a value.
    #[cfg(feature = "management")]
    pub(super) fn query_some(self, name: &'static str, value: Option<impl Into<String>>) -> Self {
        match value {
            Some(value) => self.query(name, value),
            None => self,
        }
    }

    /// Adds a time to the query, if there is one.
    #[cfg(feature = "management")]
    pub(super) fn query_time(self, name: &'static str, time: Option<SystemTime>) -> Self {
        self.query_some(name, time.map(timestamp::format))
    }

    /// Adds a flag to the query, if it is set.
    #[cfg(feature = "management")]
    pub(super) fn query_flag(self, name: &'static str, is_set: bool) -> Self {
        self.query_some(name, is_set.then_some("true"))
    }

    /// Allows an answer of the length of a page, also for one thing that contains a list.
    pub(super) fn for_page(mut self) -> Self {
        self.max_answer = Some(MAX_PAGE);
        self
    }

    /// Leaves the body of a successful answer unread.
    #[cfg(feature = "management")]
    pub(super) fn unread(mut self) -> Self {
        self.max_answer = None;
        self
    }

    /// The request, to the environment at `origin`.
    pub(super) fn request(
        &self,
        client: &reqwest::Client,
        origin: &Url,
        authorization: &HeaderValue,
    ) -> reqwest::RequestBuilder {
        let mut url = origin.clone();
        url.set_path(&self.path);
        if !self.query.is_empty() {
            url.query_pairs_mut().extend_pairs(&self.query);
        }
        let mut request = client
            .request(self.method.clone(), url)
            .header(ACCEPT, "application/json")
            .header(AUTHORIZATION, authorization);
        if let Some(json) = &self.body {
            request = request
                .header(CONTENT_TYPE, "application/json")
                .body(json.clone());
        }
        request
    }
}

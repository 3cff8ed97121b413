//! [`Pages`]: a list of the API as a stream of its items.

use std::collections::VecDeque;
use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use auth_core::support::BoxFuture;
use futures_core::Stream;

use super::answer::Answer;
use super::call::Call;
use super::client::Management;
use super::error::{ManagementError, Problem};
use super::pages::PageCursor;

/// The most pages of a list unless the caller sets another bound.
const MAX_PAGES: usize = 10_000;

/// The items of a list. Each page is requested when its first item is; nothing is sent before the stream is polled.
///
/// The stream ends after the first error: of a call, and of a list that has more than 10,000 pages (see
/// [`max_pages`](Self::max_pages)) or returns to a page that it had before. The items of all pages that were read come
/// before the error. An item that is added or removed in the
/// meantime may be missing or come twice, as the API decides.
///
/// ```
/// # let run = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support/doc_test.rs"));
/// # run(async |management: auth_scalekit::management::Management| {
/// let mut organizations = management.organizations();
/// while let Some(organization) = organizations.try_next().await? {
///     println!("{}", organization.id);
/// }
/// # Ok(())
/// # });
/// ```
#[must_use = "nothing is sent before the stream is polled"]
pub struct Pages<T> {
    management: Management,
    /// An error is reported after the items that are there: as the first item for an argument that cannot be right.
    list: Result<PageCursor, Option<ManagementError>>,
    read: fn(&Answer) -> Result<Vec<T>, ManagementError>,
    items: VecDeque<T>,
    request: Option<BoxFuture<'static, Result<Answer, ManagementError>>>,
}

impl<T> Pages<T> {
    /// The list that begins with `call`; `read` reads the items of a page.
    pub(super) fn new(
        management: &Management,
        call: Result<Call, ManagementError>,
        read: fn(&Answer) -> Result<Vec<T>, ManagementError>,
    ) -> Self {
        Self {
            management: management.clone(),
            list: call
                .map(|call| PageCursor::new(call, MAX_PAGES))
                .map_err(Some),
            read,
            items: VecDeque::new(),
            request: None,
        }
    }

    /// The most pages. Default: 10,000. A list that has more ends with an error.
    pub fn max_pages(mut self, pages: usize) -> Self {
        if let Ok(cursor) = &mut self.list {
            cursor.max_pages = pages;
        }
        self
    }

    /// The next item; `None` at the end.
    ///
    /// # Errors
    ///
    /// [`ManagementError`]; the list is over then.
    pub async fn try_next(&mut self) -> Result<Option<T>, ManagementError> {
        poll_fn(|context| Pin::new(&mut *self).poll_next(context))
            .await
            .transpose()
    }

    /// All items, `max` at most.
    ///
    /// # Errors
    ///
    /// [`ManagementError`], also for a list with more items.
    pub async fn collect_up_to(mut self, max: usize) -> Result<Vec<T>, ManagementError> {
        let mut items = Vec::new();
        while let Some(item) = self.try_next().await? {
            if items.len() >= max {
                let unit = "items";
                let problem = Problem::TooLong { max, unit };
                return Err(ManagementError::new(self.name(), problem));
            }
            items.push(item);
        }
        Ok(items)
    }

    /// Takes the items of a page, also of one that there is no next page after because of an error.
    fn take(&mut self, answer: Result<Answer, ManagementError>) -> Result<(), ManagementError> {
        let answer = answer?;
        self.items.extend((self.read)(&answer)?);
        match &mut self.list {
            Ok(cursor) => cursor.advance(&answer),
            Err(_) => Ok(()),
        }
    }

    /// The call of the list, for errors.
    fn name(&self) -> &'static str {
        match &self.list {
            Ok(cursor) => cursor.name(),
            Err(error) => error.as_ref().map_or("list", ManagementError::call),
        }
    }
}

impl<T> Stream for Pages<T> {
    type Item = Result<T, ManagementError>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            if let Some(item) = self.items.pop_front() {
                return Poll::Ready(Some(Ok(item)));
            }
            if self.request.is_none() {
                let call = match &mut self.list {
                    Ok(cursor) => cursor.next_call(),
                    Err(error) => return Poll::Ready(error.take().map(Err)),
                };
                let Some(call) = call else {
                    return Poll::Ready(None);
                };
                let management = self.management.clone();
                self.request = Some(Box::pin(async move { management.read(&call).await }));
            }
            let Some(request) = &mut self.request else {
                continue;
            };
            let answer = ready!(request.as_mut().poll(context));
            self.request = None;
            if let Err(error) = self.take(answer) {
                self.list = Err(Some(error));
            }
        }
    }
}

/// Nothing in it is pinned.
impl<T> Unpin for Pages<T> {}

/// Shows no items.
impl<T> fmt::Debug for Pages<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pages")
            .field("list", &self.name())
            .finish_non_exhaustive()
    }
}

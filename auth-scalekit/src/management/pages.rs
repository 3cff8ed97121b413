//! Lists that come in pages: all of them, within a bound.

use std::collections::HashSet;
use std::hash::{BuildHasher, RandomState};

use super::answer::Answer;
use super::call::Call;
use super::client::Management;
use super::error::{ManagementError, Problem};

/// The most pages of a list that is collected. A server that never ends its list must not keep us forever.
const MAX_PAGES: usize = 200;
/// The longest page token, in bytes.
const MAX_TOKEN: usize = 4096;

/// Where in a list the next page is.
pub(super) struct PageCursor {
    call: Call,
    token: Option<String>,
    /// Hashes of the tokens so far; a token may have 4096 bytes.
    seen: HashSet<u64>,
    hasher: RandomState,
    pub(super) max_pages: usize,
    is_done: bool,
}

impl PageCursor {
    /// `call` is that of the first page.
    pub(super) fn new(call: Call, max_pages: usize) -> Self {
        Self {
            call,
            token: None,
            seen: HashSet::new(),
            hasher: RandomState::new(),
            max_pages,
            is_done: false,
        }
    }

    /// The call of the list, for errors.
    #[cfg(feature = "management")]
    pub(super) fn name(&self) -> &'static str {
        self.call.name
    }

    /// The call of the next page; `None` at the end.
    pub(super) fn next_call(&self) -> Option<Call> {
        (!self.is_done).then(|| page(self.call.clone(), self.token.as_deref()))
    }

    /// Moves to the page after `answer`.
    ///
    /// # Errors
    ///
    /// [`ManagementError`] for a list that has more pages than permitted, or returns to one that it had before. The
    /// list is over then.
    pub(super) fn advance(&mut self, answer: &Answer) -> Result<(), ManagementError> {
        self.is_done = true;
        let Some(token) = next_page_token(answer)? else {
            return Ok(());
        };
        if !self.seen.insert(self.hasher.hash_one(&token)) {
            return Err(answer.unreadable("the token of a page that was read before"));
        }
        if self.seen.len() >= self.max_pages {
            let (max, unit) = (self.max_pages, "pages");
            return Err(ManagementError::new(
                self.call.name,
                Problem::TooLong { max, unit },
            ));
        }
        self.token = Some(token);
        self.is_done = false;
        Ok(())
    }
}

impl Management {
    /// Calls `take` with each page of the list that begins with `call`.
    ///
    /// # Errors
    ///
    /// The error of a call or of `take`; [`ManagementError`] for a list of more than 200 pages, and for one that
    /// repeats itself.
    pub(super) async fn each_page(
        &self,
        call: Call,
        mut take: impl FnMut(&Answer) -> Result<(), ManagementError>,
    ) -> Result<(), ManagementError> {
        let mut cursor = PageCursor::new(call, MAX_PAGES);
        while let Some(call) = cursor.next_call() {
            let answer = self.send(&call).await?;
            take(&answer)?;
            cursor.advance(&answer)?;
        }
        Ok(())
    }
}

/// The call of the page with this token; of the first without one.
pub(super) fn page(call: Call, token: Option<&str>) -> Call {
    let call = call.for_page();
    match token {
        Some(token) => call.query("page_token", token),
        None => call,
    }
}

/// The token of the next page; `None` at the end.
///
/// # Errors
///
/// [`ManagementError`] for one that is not a string, or of more than 4096 bytes.
pub(super) fn next_page_token(answer: &Answer) -> Result<Option<String>, ManagementError> {
    answer.read_fields(|page| page.string("next_page_token", MAX_TOKEN))
}

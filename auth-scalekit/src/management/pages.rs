//! Lists that come in pages: all of them, within a bound.

use auth_core::support::json::RawJson;

use super::answer::Answer;
use super::call::Call;
use super::client::Management;
use super::error::ManagementError;

/// The most pages of one list. A server that never ends its list must not keep us forever.
const MAX_PAGES: usize = 200;
/// The longest page token, in bytes.
const MAX_TOKEN: usize = 4096;

impl Management {
    /// Calls `take` with each page of a list. `call` makes the call of a page.
    ///
    /// # Errors
    ///
    /// The error of a call or of `take`; [`ManagementError`] for a list of more than 200 pages, and for one that
    /// repeats itself.
    pub(super) async fn each_page(
        &self,
        call: impl Fn() -> Call,
        mut take: impl FnMut(&Answer) -> Result<(), ManagementError>,
    ) -> Result<(), ManagementError> {
        let mut token: Option<String> = None;
        for _ in 0..MAX_PAGES {
            let answer = self.send(&page(call(), token.as_deref())).await?;
            take(&answer)?;
            let next = next_page_token(&answer)?;
            if next.is_none() {
                return Ok(());
            }
            if next == token {
                return Err(answer.unreadable("the page token of the same page"));
            }
            token = next;
        }
        let name = call().name;
        Err(ManagementError::unreadable(name, "more than 200 pages"))
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
    let [token] = answer.members(["next_page_token"])?;
    let Some(token) = token else {
        return Ok(None);
    };
    let token = token.string().and_then(|token| token.at_most(MAX_TOKEN));
    match token {
        Some(token) => Ok((!token.is_empty()).then(|| token.into_owned())),
        None => Err(answer.unreadable("no usable next_page_token")),
    }
}

/// The items of a list; none if it is absent.
///
/// # Errors
///
/// [`ManagementError`] for a member that is not an array.
pub(super) fn items<'a>(
    answer: &'a Answer,
    name: &'static str,
    problem: &'static str,
) -> Result<impl Iterator<Item = RawJson<'a>>, ManagementError> {
    let [list] = answer.members([name])?;
    let items = match list {
        Some(list) => Some(list.items().ok_or_else(|| answer.unreadable(problem))?),
        None => None,
    };
    Ok(items.into_iter().flatten())
}

//! Pages of a list: `page_size` and `page_token` of the query, and the tokens of the neighbouring pages.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use crate::oauth::Params;
use crate::oauth::api_error::ApiError;

/// What tokens hold before a place in the list.
const MARK: &str = "place:";

/// The page that a request asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Page {
    size: usize,
    start: usize,
}

/// The sizes of the pages of a list.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    default: usize,
    min: usize,
    max: usize,
}

impl Limits {
    /// Ten rows unless the request asks for another number, and at most this.
    pub(super) const fn up_to(max: usize) -> Self {
        Self {
            default: 10,
            min: 1,
            max,
        }
    }

    /// As [`up_to`](Self::up_to), and at least this number.
    pub(super) const fn between(min: usize, max: usize) -> Self {
        Self {
            min,
            ..Self::up_to(max)
        }
    }

    /// Another default.
    pub(super) const fn default_of(self, default: usize) -> Self {
        Self { default, ..self }
    }
}

/// A page, and the tokens of its neighbours; empty where there is none.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Cut<T> {
    pub(super) items: Vec<T>,
    pub(super) next: String,
    pub(super) previous: String,
    /// Of the whole list.
    pub(super) total: usize,
}

impl Cut<Value> {
    /// The page in the form of most lists, with its items under this name.
    pub(super) fn shown(self, items: &str) -> Value {
        json!({
            items: self.items,
            "next_page_token": self.next,
            "prev_page_token": self.previous,
            "total_size": self.total,
        })
    }
}

impl<T> Cut<T> {
    /// The page with other items; only those of the page are made.
    pub(super) fn map<U>(self, to: impl FnMut(T) -> U) -> Cut<U> {
        Cut {
            items: self.items.into_iter().map(to).collect(),
            next: self.next,
            previous: self.previous,
            total: self.total,
        }
    }
}

impl Page {
    /// # Errors
    ///
    /// `INVALID_ARGUMENT` when the size is out of range, or the token is none that was given out.
    pub(super) fn asked(params: &Params, limits: Limits) -> Result<Self, ApiError> {
        let size = page_size(params, limits)?;
        let start = match params.get("page_token") {
            None => 0,
            Some(token) => place(token).ok_or_else(|| {
                ApiError::violation("page_token", "page_token", "page_token is not valid")
            })?,
        };
        Ok(Self { size, start })
    }

    pub(super) fn cut<T>(self, all: impl Iterator<Item = T>) -> Cut<T> {
        let all: Vec<T> = all.collect();
        let total = all.len();
        let end = self.start.saturating_add(self.size);
        Cut {
            items: all.into_iter().skip(self.start).take(self.size).collect(),
            next: match end < total {
                true => token(end),
                false => String::new(),
            },
            previous: match self.start {
                0 => String::new(),
                start => token(start.saturating_sub(self.size)),
            },
            total,
        }
    }
}

/// The size that a request asks for, or the default.
///
/// # Errors
///
/// `INVALID_ARGUMENT` when it is no number, or out of range.
pub(super) fn page_size(params: &Params, limits: Limits) -> Result<usize, ApiError> {
    let Limits { default, min, max } = limits;
    let Some(given) = params.get("page_size") else {
        return Ok(default);
    };
    match given.parse() {
        // As all numbers of protobuf, 0 is as good as nothing.
        Ok(0) => Ok(default),
        Ok(size) if (min..=max).contains(&size) => Ok(size),
        _ => Err(ApiError::violation(
            "page_size",
            "uint32.lte",
            &format!("page_size must be a number from {min} to {max}"),
        )),
    }
}

fn token(place: usize) -> String {
    URL_SAFE_NO_PAD.encode(format!("{MARK}{place}"))
}

fn place(token: &str) -> Option<usize> {
    let bytes = URL_SAFE_NO_PAD.decode(token).ok()?;
    let text = String::from_utf8(bytes).ok()?;
    text.strip_prefix(MARK)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use http::Request;

    use super::*;

    fn page(query: &str) -> Result<Page, ApiError> {
        let request = Request::get(format!("/?{query}")).body(Vec::new()).unwrap();
        Page::asked(&Params::of_query(&request), Limits::up_to(30))
    }

    #[test]
    fn pages_lead_to_one_another() {
        let cut = |query: &str| page(query).unwrap().cut(0..25);
        let first = cut("");
        assert_eq!(first.items, (0..10).collect::<Vec<_>>());
        assert_eq!((first.previous.as_str(), first.total), ("", 25));
        let second = cut(&format!("page_token={}", first.next));
        assert_eq!(second.items, (10..20).collect::<Vec<_>>());
        assert_eq!(cut(&format!("page_token={}", second.previous)), first);
        let last = cut(&format!("page_token={}", second.next));
        assert_eq!(last.items, (20..25).collect::<Vec<_>>());
        assert_eq!(last.next, "");
        assert_eq!(cut("page_size=30").items.len(), 25);
        assert_eq!(cut("page_size=0"), first);
    }

    #[test]
    fn other_sizes_and_tokens_are_refused() {
        for bad in [
            "page_size=31",
            "page_size=-1",
            "page_size=ten",
            "page_token=x",
            "page_token=cGxhY2U6",
        ] {
            page(bad).unwrap_err();
        }
    }
}

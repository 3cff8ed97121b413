//! Each list that comes in pages: its borders, and lists that do not end.

use auth_scalekit::management::ManagementErrorKind::Unreadable;
use auth_scalekit::management::{ManagementError, Organization, Pages};
use futures_core::Stream;
use serde_json::{Value, json};
use wiremock::{Request, Respond, ResponseTemplate};

use crate::calls::{self, Kind, Row};
use crate::further::Further;
use crate::harness::{error, ok};

fn page_token(request: &Request) -> String {
    let mut query = request.url.query_pairs();
    let token = query.find(|(name, _)| name == "page_token");
    token.map_or_else(String::new, |(_, token)| token.into_owned())
}

/// The answer to a request without a token is the first; that of the token `&=n` is the one with the index n.
struct Script(Vec<Value>);

impl Respond for Script {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let token = page_token(request);
        let index = token.strip_prefix("&=").map_or(0, |it| it.parse().unwrap());
        ok(&self.0[index])
    }
}

/// A page with this number of items and the token of the next page.
fn page(row: &Row, member: &str, items: usize, next: Option<usize>) -> Value {
    let mut page = row.answer.clone();
    page[member] = json!(vec![row.answer[member][0].clone(); items]);
    page["next_page_token"] = json!(next.map_or_else(String::new, |next| format!("&={next}")));
    page
}

#[tokio::test]
async fn all_pages_are_read_in_order() {
    let api = Further::start().await;
    for row in calls::all() {
        let Kind::List(member) = row.kind else {
            continue;
        };
        let page = |items, next| page(&row, member, items, next);
        for (name, pages, items) in [
            ("one page", vec![page(1, None)], 1),
            (
                "a full and a last page",
                vec![page(3, Some(1)), page(2, None)],
                5,
            ),
            (
                "first, middle, last",
                vec![page(1, Some(1)), page(1, Some(2)), page(1, None)],
                3,
            ),
            (
                "an empty one in the middle",
                vec![page(1, Some(1)), page(0, Some(2)), page(1, None)],
                2,
            ),
            (
                "an empty last one",
                vec![page(2, Some(1)), page(0, None)],
                2,
            ),
            ("empty", vec![page(0, None)], 0),
            ("absent", vec![json!({})], 0),
            (
                "null",
                vec![json!({ member: null, "next_page_token": null })],
                0,
            ),
        ] {
            api.reset().await;
            let number = pages.len();
            api.always(&row, Script(pages)).await;
            let found = row.call(&api.management).await.unwrap();
            let name = format!("{name}: {}", row.name);
            assert_eq!(found.items, items, "{name}");
            let requests = api.requests(&row).await;
            let tokens: Vec<_> = requests.iter().map(page_token).collect();
            let expected = (0..number).map(|index| match index {
                0 => String::new(),
                index => format!("&={index}"),
            });
            assert_eq!(tokens, expected.collect::<Vec<_>>(), "{name}");
            for request in &requests {
                let query: Vec<_> = request.url.query_pairs().collect();
                for (name, value) in row.query {
                    assert!(query.contains(&((*name).into(), (*value).into())), "{name}");
                }
            }
        }
    }
}

#[tokio::test]
async fn a_list_that_returns_to_a_page_is_unreadable() {
    let api = Further::start().await;
    for row in calls::all() {
        let Kind::List(member) = row.kind else {
            continue;
        };
        let page = |next| page(&row, member, 1, next);
        let long = json!({ "next_page_token": "x".repeat(4097) });
        for (name, pages, requests) in [
            ("the same page", vec![page(Some(1)), page(Some(1))], 2),
            (
                "an earlier page",
                vec![page(Some(1)), page(Some(2)), page(Some(1))],
                3,
            ),
            ("a long token", vec![long], 1),
            (
                "a token of another type",
                vec![json!({ "next_page_token": 1 })],
                1,
            ),
            ("no list", vec![json!({ member: {} })], 1),
        ] {
            api.reset().await;
            api.always(&row, Script(pages)).await;
            let error = row.call(&api.management).await.unwrap_err();
            assert_eq!(error.kind(), Unreadable, "{name}: {error}");
            assert_eq!(error.call(), row.name);
            assert_eq!(api.count(&row).await, requests, "{name}: {error}");
        }
    }
}

fn organizations(pages: usize) -> (Row, Script) {
    let row = calls::named("GET /api/v1/organizations");
    let next = |index| (index + 1 < pages).then_some(index + 1);
    let pages = (0..pages).map(|index| page(&row, "organizations", 2, next(index)));
    let script = Script(pages.collect());
    (row, script)
}

#[tokio::test]
async fn pages_and_items_are_bounded() {
    let api = Further::start().await;
    for (max_pages, max_items, text, requests) in [
        (3, 6, None, 3),
        (2, 6, Some("the list has more than 2 pages"), 2),
        (3, 5, Some("the list has more than 5 items"), 3),
        (2, 3, Some("the list has more than 3 items"), 2),
        (3, 1, Some("the list has more than 1 items"), 1),
        (3, 0, Some("the list has more than 0 items"), 1),
    ] {
        let (row, script) = organizations(3);
        api.reset().await;
        api.always(&row, script).await;
        let list = api.management.organizations().max_pages(max_pages);
        let found = list.collect_up_to(max_items).await;
        let name = format!("{max_pages} {max_items}");
        let found = found
            .map(|items| items.len())
            .map_err(|error| error.to_string());
        let expected = match text {
            None => Ok(6),
            Some(text) => Err(format!("{}: {text}", row.name)),
        };
        assert_eq!(found, expected, "{name}");
        assert_eq!(api.count(&row).await, requests, "{name}");
    }
}

#[tokio::test]
async fn the_items_of_the_last_page_come_before_the_error() {
    let api = Further::start().await;
    for (max_pages, items, is_whole, requests) in
        [(3, 6, true, 3), (2, 4, false, 2), (1, 2, false, 1)]
    {
        let (row, script) = organizations(3);
        api.reset().await;
        api.always(&row, script).await;
        let mut list = api.management.organizations().max_pages(max_pages);
        for _ in 0..items {
            assert!(list.try_next().await.unwrap().is_some(), "{max_pages}");
        }
        let end = list.try_next().await.map(|it| it.is_none());
        let end = end.map_err(|error| error.to_string());
        let text = format!("{}: the list has more than {max_pages} pages", row.name);
        assert_eq!(end, if is_whole { Ok(true) } else { Err(text) });
        assert!(list.try_next().await.unwrap().is_none(), "{max_pages}");
        assert_eq!(api.count(&row).await, requests, "{max_pages}");
    }
}

#[tokio::test]
async fn a_page_is_requested_when_its_first_item_is() {
    fn is_stream<S: Stream<Item = Result<Organization, ManagementError>> + Send + Unpin>(_: &S) {}
    let api = Further::start().await;
    let (row, script) = organizations(2);
    api.always(&row, script).await;
    let mut list: Pages<Organization> = api.management.organizations();
    is_stream(&list);
    for requests in [1, 1, 2, 2] {
        assert!(list.try_next().await.unwrap().is_some());
        assert_eq!(api.count(&row).await, requests);
    }
    assert!(list.try_next().await.unwrap().is_none());
    assert!(list.try_next().await.unwrap().is_none());
    assert_eq!(api.count(&row).await, 2);
    assert_eq!(
        format!("{list:?}"),
        "Pages { list: \"GET /api/v1/organizations\", .. }"
    );
}

#[tokio::test]
async fn after_an_error_the_list_is_over() {
    let api = Further::start().await;
    let (row, script) = organizations(2);
    api.always(&row, script).await;
    let mut list = api.management.organizations();
    assert!(list.try_next().await.unwrap().is_some());
    assert!(list.try_next().await.unwrap().is_some());
    api.once(&row, error(403, 7, "PERMISSION_DENIED")).await;
    assert!(list.try_next().await.is_err());
    assert!(list.try_next().await.unwrap().is_none());
    assert_eq!(api.count(&row).await, 2);
}

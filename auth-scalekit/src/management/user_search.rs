//! Users of an organization by e-mail address.

use super::call::Call;
use super::client::Management;
use super::error::ManagementError;
use super::id;

const SEARCH: &str = "GET /api/v1/organizations/{organization_id}/users:search";
/// The most that the API accepts.
const PAGE_SIZE: &str = "30";
/// The shortest and the longest query of the API, in characters.
const QUERY: std::ops::RangeInclusive<usize> = 3..=100;
/// The longest e-mail address, in bytes.
const MAX_ADDRESS: usize = 512;

impl Management {
    /// The ids (`usr_…`) of the users of an organization who have exactly this e-mail address, in upper or lower case
    /// (of ASCII). Needs the permission `users:read`.
    ///
    /// ```
    /// # let run = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support/doc_test.rs"));
    /// # run(async |management: auth_scalekit::management::Management| {
    /// let ids = management.find_users("org_1", "ada@acme.example").await?;
    /// println!("{} users", ids.len());
    /// # Ok(())
    /// # });
    /// ```
    ///
    /// # Errors
    ///
    /// [`ManagementError`]; of the kind [`NotFound`](super::ManagementErrorKind::NotFound) for an unknown organization,
    /// and [`BadRequest`](super::ManagementErrorKind::BadRequest) for an address that the API cannot search for:
    /// one of less than 3 or more than 100 characters.
    pub async fn find_users(
        &self,
        organization_id: &str,
        email: &str,
    ) -> Result<Vec<String>, ManagementError> {
        let id = id::organization(SEARCH, organization_id)?;
        if !QUERY.contains(&email.chars().count()) {
            let problem = "the e-mail address must have 3 to 100 characters";
            return Err(ManagementError::not_sent(SEARCH, problem));
        }
        let path = format!("/api/v1/organizations/{id}/users:search");
        let call = Call::get(SEARCH, path)
            .query("query", email)
            .query("page_size", PAGE_SIZE);
        let mut found: Vec<String> = Vec::new();
        self.each_page(call, |answer| {
            let users = answer.read_fields(|page| {
                page.list("users", |user| {
                    let id = user.word("id")?;
                    Ok((id, user.string("email", MAX_ADDRESS)?))
                })
            })?;
            for (id, address) in users {
                // The API also finds parts of addresses, and other properties.
                if !address.is_some_and(|address| address.eq_ignore_ascii_case(email)) {
                    continue;
                }
                let id = id.filter(|id| id::user(SEARCH, id).is_ok());
                let id = id.ok_or_else(|| answer.unreadable("a user without a usable id"))?;
                if !found.contains(&id) {
                    found.push(id);
                }
            }
            Ok(())
        })
        .await?;
        Ok(found)
    }
}

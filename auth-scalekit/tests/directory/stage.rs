//! A directory beside the mock, whose events the test delivers.

use std::collections::BTreeSet;
use std::time::Duration;

use auth_core::directory::{Directory, Member};
use auth_core::error::ErrorChain;
use auth_scalekit::directory::{ScalekitDirectory, ScalekitDirectoryBuilder};
use auth_scalekit::management::{DirectoryUserFilter, EventFilter, Management, Retries};
use auth_scalekit::webhooks::{WebhookEvent, WebhookHandler};
use auth_testkit::settings::{Directory as Described, DirectoryFormat};
use auth_testkit::{Client, DirectoryUserDraft, MockScalekit, TestClock};

/// Ada is in both organizations, and Bob and Eve in the first. It has a directory with Ada and Bob.
const DIRECTORY: &str = r#"
    [roles]
    admin = ["notes:read", "notes:write"]

    [[organizations]]
    id = "org_1"
    name = "Acme"

    [[organizations]]
    id = "org_2"
    name = "Beta"

    [[users]]
    id = "usr_1"
    email = "ada@acme.example"
    organizations = [{ id = "org_1", roles = ["admin"] }, { id = "org_2", roles = ["admin"] }]

    [[users]]
    id = "usr_2"
    email = "Bob@Acme.example"
    organizations = [{ id = "org_1", roles = ["admin"] }]

    [[users]]
    id = "usr_3"
    email = "eve@acme.example"
    organizations = [{ id = "org_1", roles = ["admin"] }]
"#;

pub(crate) struct Stage {
    pub(crate) scalekit: MockScalekit,
    pub(crate) management: Management,
    pub(crate) clock: TestClock,
    pub(crate) directory: ScalekitDirectory,
}

impl Stage {
    /// A directory in memory, that was listed.
    pub(crate) async fn listed() -> Self {
        let stage = Self::with(|builder| builder).await;
        stage.directory.list_once().await.unwrap();
        stage
    }

    /// A directory that was not listed yet.
    pub(crate) async fn with(
        change: impl FnOnce(ScalekitDirectoryBuilder) -> ScalekitDirectoryBuilder,
    ) -> Self {
        let users = [
            DirectoryUserDraft::new("ada@acme.example").groups(["Ops", "Dev"]),
            DirectoryUserDraft::new("bob@acme.example").groups(["Dev"]),
        ];
        let described = Described::parse(DIRECTORY, DirectoryFormat::Toml).unwrap();
        let builder = MockScalekit::builder().directory(described);
        Self::beside(builder.directory_users("org_1", users), change).await
    }

    pub(crate) async fn beside(
        builder: auth_testkit::MockScalekitBuilder,
        change: impl FnOnce(ScalekitDirectoryBuilder) -> ScalekitDirectoryBuilder,
    ) -> Self {
        let clock = TestClock::new();
        let scalekit = builder.clock(clock.clone()).start().await;
        scalekit.register_client(Client::confidential("skc_1", "not a secret"));
        let management = Management::builder(scalekit.environment_url(), "skc_1", "not a secret")
            .clock(clock.clone())
            .build()
            .unwrap()
            // The clock stands still.
            .with_retries(Retries::none());
        let builder = ScalekitDirectory::builder(management.clone())
            .list_retries(Retries::none())
            .clock(clock.clone());
        let directory = change(builder).build().unwrap();
        Self {
            scalekit,
            management,
            clock,
            directory,
        }
    }

    /// Another directory beside the same mock.
    pub(crate) fn another(
        &self,
        change: impl FnOnce(ScalekitDirectoryBuilder) -> ScalekitDirectoryBuilder,
    ) -> ScalekitDirectory {
        let builder = ScalekitDirectory::builder(self.management.clone());
        let builder = builder.list_retries(Retries::none());
        change(builder.clock(self.clock.clone())).build().unwrap()
    }

    /// Another process with this store.
    #[cfg(all(feature = "postgres", feature = "sqlite"))]
    pub(crate) fn another_with(
        &self,
        store: auth_scalekit::directory::DirectoryStore,
    ) -> ScalekitDirectory {
        self.another(|builder| builder.store(store))
    }

    /// All events, oldest first.
    pub(crate) async fn events(&self) -> Vec<WebhookEvent> {
        let (mut events, mut token) = (Vec::new(), None);
        loop {
            let filter = EventFilter::new();
            let page = self
                .management
                .events_page(&filter, token.as_deref())
                .await
                .unwrap();
            let read = page.events.iter();
            events.extend(read.map(|json| WebhookEvent::parse(json.as_str().as_bytes()).unwrap()));
            token = page.next_page_token.filter(|it| !it.is_empty());
            if token.is_none() {
                break;
            }
        }
        events.sort_by_key(|event| (event.occurred_at(), event.id().len(), event.id().to_owned()));
        events
    }

    pub(crate) async fn deliver(&self, event: &WebhookEvent) {
        self.directory.handle(event).await.unwrap();
    }

    /// Delivers all events but the first.
    pub(crate) async fn deliver_from(&self, first: usize) {
        for event in self.events().await.split_off(first) {
            self.deliver(&event).await;
        }
    }

    /// Delivers the last event.
    pub(crate) async fn deliver_last(&self) {
        let event = self.events().await.pop().unwrap();
        self.directory.handle(&event).await.unwrap();
    }

    pub(crate) fn tick(&self) {
        self.clock.advance(Duration::from_secs(10));
    }

    pub(crate) fn member(&self, organization: &str, subject: &str) -> Option<Member> {
        let member = self.directory.member(organization, subject);
        member.unwrap_or_else(|error| panic!("{}", ErrorChain(&error)))
    }

    /// `active` or `inactive` with the names of the groups, or `none`.
    pub(crate) fn described(&self, organization: &str, subject: &str) -> String {
        described(self.member(organization, subject))
    }
}

pub(crate) fn described(member: Option<Member>) -> String {
    let Some(member) = member else {
        return "none".into();
    };
    let state = if member.is_active() {
        "active"
    } else {
        "inactive"
    };
    let groups = member.groups().iter();
    let names: BTreeSet<_> = groups
        .map(|group| group.name().unwrap_or(group.id()))
        .collect();
    let names: Vec<_> = names.into_iter().collect();
    [state, &names.join(",")].join(" ").trim_end().to_owned()
}

/// All that the management API lists, in the words of [`described`]: what the directory must know.
pub(crate) async fn truth(management: &Management) -> BTreeSet<String> {
    let mut all = BTreeSet::new();
    let organizations = management
        .organizations()
        .collect_up_to(1_000)
        .await
        .unwrap();
    for organization in organizations {
        let id = &*organization.id;
        let mut people = Vec::new();
        let mut names = std::collections::BTreeMap::new();
        for directory in management.directories(id).await.unwrap() {
            if !directory.enabled {
                continue;
            }
            let filter = auth_scalekit::management::DirectoryGroupFilter::new();
            let groups = management.directory_groups(id, &directory.id, &filter);
            for group in groups.collect_up_to(100_000).await.unwrap() {
                all.insert(format!("{id} group {} {:?}", group.id, group.display_name));
                names.insert(group.id, group.display_name);
            }
            let filter = DirectoryUserFilter::new().include_detail();
            let users = management.directory_users(id, &directory.id, &filter);
            people.extend(users.collect_up_to(200_000).await.unwrap());
        }
        let mut by_email: std::collections::HashMap<String, Vec<_>> = Default::default();
        for person in people {
            let email = person
                .email
                .clone()
                .unwrap_or_default()
                .to_ascii_lowercase();
            by_email.entry(email).or_default().push(person);
        }
        let users = management
            .organization_users(id)
            .collect_up_to(200_000)
            .await
            .unwrap();
        for user in users {
            let Some(membership) = user.membership_in(id) else {
                continue;
            };
            let email = user.email.clone().unwrap_or_default().to_ascii_lowercase();
            let same = by_email.get(&email).map(Vec::as_slice).unwrap_or_default();
            let is_active =
                membership.is_active() && same.iter().all(|it| it.active != Some(false));
            let state = if is_active { "active" } else { "inactive" };
            let groups = same.iter().flat_map(|person| &person.groups);
            let groups: BTreeSet<_> = groups
                .map(|group| names[&group.id].clone().unwrap_or_else(|| group.id.clone()))
                .collect();
            let groups: Vec<_> = groups.into_iter().collect();
            let text = [state, &groups.join(",")].join(" ");
            all.insert(format!("{id} member {} {}", user.id, text.trim_end()));
        }
    }
    all
}

/// The same by the directory. Of the members whose ids are in `subjects`: the trait lists none.
pub(crate) fn known(
    directory: &dyn Directory,
    organizations: &[String],
    subjects: &[String],
) -> BTreeSet<String> {
    let mut all = BTreeSet::new();
    for id in organizations {
        for group in directory.groups(id).unwrap() {
            all.insert(format!(
                "{id} group {} {:?}",
                group.id(),
                group.name().map(str::to_owned)
            ));
        }
        for subject in subjects {
            if let Some(member) = directory.member(id, subject).unwrap() {
                let text = described(Some(member));
                all.insert(format!("{id} member {subject} {text}"));
            }
        }
    }
    all
}

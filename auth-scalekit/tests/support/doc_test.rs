// Runs the example of a call of the management API against a mock. The doc tests include this block: it is no module of
// a test.
{
    use std::error::Error;

    use auth_scalekit::management::Management;
    use auth_testkit::settings::{Directory, DirectoryFormat};
    use auth_testkit::{AuthLogDraft, AuthStatus, Client, MockScalekit};

    const DIRECTORY: &str = r#"
        [roles]
        admin = ["todo:read", "todo:write"]
        auditor = ["todo:read"]
        member = ["todo:read"]

        [[organizations]]
        id = "org_1"
        external_id = "acme"

        [[organizations]]
        id = "org_2"

        [[users]]
        id = "usr_1"
        email = "ada@acme.example"
        external_id = "u-1"
        organizations = [{ id = "org_1", roles = ["admin"] }]

        [[directories]]
        organization = "org_1"
        id = "dir_1"
        groups = [{ name = "engineering" }]

        [[directories.users]]
        email = "ada@acme.example"
        groups = ["engineering"]
    "#;

    /// The example gets the client that its text names as `management`.
    fn run(example: impl AsyncFnOnce(Management) -> Result<(), Box<dyn Error>>) {
        let runtime = tokio::runtime::Builder::new_current_thread();
        let runtime = { runtime }.enable_all().build().unwrap();
        runtime.block_on(async {
            let directory = Directory::parse(DIRECTORY, DirectoryFormat::Toml).unwrap();
            let builder = MockScalekit::builder().directory(directory);
            let scalekit = builder.resource_id("res_1").start().await;
            scalekit.register_client(Client::confidential("skc_1", "not a secret"));
            let client = Client::public("http://127.0.0.1:1/callback").id("m2m_1");
            scalekit.register_client(client);
            let admin = scalekit.admin();
            admin.add_authentication_log(AuthLogDraft::new(AuthStatus::Success));
            assert!(admin.end_session(&admin.open_session("usr_1", "org_1")));
            let _session = admin.open_session("usr_1", "org_1");
            consent(scalekit.issuer()).await;
            let environment = scalekit.environment_url();
            let management = Management::builder(environment, "skc_1", "not a secret").build();
            example(management.unwrap()).await.unwrap();
        });
    }

    /// The user approves the client, which is a consent.
    async fn consent(issuer: &str) {
        let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none());
        let url = format!(
            "{issuer}/oauth/authorize?response_type=code&client_id=m2m_1&scope=notes:read\
             &code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256"
        );
        let answer = http.build().unwrap().get(url).send().await.unwrap();
        let location = answer.headers()["location"].to_str().unwrap();
        assert!(location.contains("code="), "{location}");
    }

    run
}

//! The environment that several tests describe: two organizations, two roles and three users.

use auth_testkit::settings::{Directory, DirectoryFormat};
use auth_testkit::{MockScalekit, MockScalekitBuilder};

const DIRECTORY: &str = r#"
    [roles]
    admin = ["notes:read", "notes:write"]
    reader = ["notes:read"]

    [[organizations]]
    id = "org_1"
    name = "Acme"
    external_id = "acme/eu"

    [[organizations]]
    id = "org_2"

    [[users]]
    id = "usr_1"
    email = "ada@acme.example"
    external_id = "u/1"
    organizations = [{ id = "org_1", roles = ["admin"] }]

    [[users]]
    id = "usr_2"
    email = "bea@acme.example"
    organizations = [{ id = "org_1", roles = ["reader"] }, { id = "org_2" }]

    [[users]]
    id = "usr_3"
    email = "cyd@acme.example"
    organizations = [{ id = "org_2" }]
"#;

pub fn builder() -> MockScalekitBuilder {
    let directory = Directory::parse(DIRECTORY, DirectoryFormat::Toml).unwrap();
    MockScalekit::builder().directory(directory)
}

/// A directory with this number of organizations, each with a user.
pub fn large(count: usize) -> MockScalekitBuilder {
    let mut text = String::new();
    for number in 1..=count {
        text += &format!(
            "[[organizations]]\nid = \"org_{number}\"\n\n[[users]]\nid = \"usr_{number}\"\n\
             email = \"u{number}@acme.example\"\norganizations = [{{ id = \"org_{number}\" }}]\n\n"
        );
    }
    let directory = Directory::parse(&text, DirectoryFormat::Toml).unwrap();
    MockScalekit::builder().directory(directory)
}

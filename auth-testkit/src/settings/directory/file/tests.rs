//! What a file may hold, and what is reported of each mistake: line, place and fix. Each refused file differs from an
//! accepted one in one line.

use std::io::Write;

use serde_json::json;

use super::DirectoryFormat::{self, Json, Toml};
use crate::settings::{Directory, Membership, Organization};

/// A file with one line for each thing that can be wrong.
const CONTROL: &str = r#"[roles]
admin = ["notes:read", "notes:write"]
member = ["notes:read"]
guest = []

[[organizations]]
id = "org_1"
name = "Acme"
external_id = "acme"

[[organizations]]
id = "org_2"

[[users]]
id = "usr_1"
email = "ada@example.com"
external_id = "ada"
organizations = [
    { id = "org_1", roles = ["admin", "member"] },
    { id = "org_2" },
]
custom_claims = { project = "apollo", level = 3, ratio = 0.5, tags = ["a"], on = true }

[[users]]
id = "usr_2"
email = "bob@example.com"
organizations = [{ id = "org_2", roles = ["member"] }]

[[clients]]
id = "m2m_7"
secret = "not a secret"
organization = "org_2"
scopes = ["notes:read"]
custom_claims = { tier = "gold" }
"#;

fn toml(text: &str) -> Result<Directory, String> {
    Directory::parse(text, Toml).map_err(|error| error.to_string())
}

fn json(text: &str) -> Result<Directory, String> {
    Directory::parse(text, Json).map_err(|error| error.to_string())
}

/// The same as [`CONTROL`], in the other format.
fn control_in_json() -> String {
    let value = json!({
        "roles": {
            "admin": ["notes:read", "notes:write"],
            "member": ["notes:read"],
            "guest": [],
        },
        "organizations": [
            { "id": "org_1", "name": "Acme", "external_id": "acme" },
            { "id": "org_2" },
        ],
        "users": [
            {
                "id": "usr_1",
                "email": "ada@example.com",
                "external_id": "ada",
                "organizations": [
                    { "id": "org_1", "roles": ["admin", "member"] },
                    { "id": "org_2" },
                ],
                "custom_claims": {
                    "project": "apollo", "level": 3, "ratio": 0.5, "tags": ["a"], "on": true,
                },
            },
            {
                "id": "usr_2",
                "email": "bob@example.com",
                "organizations": [{ "id": "org_2", "roles": ["member"] }],
            },
        ],
        "clients": [{
            "id": "m2m_7",
            "secret": "not a secret",
            "organization": "org_2",
            "scopes": ["notes:read"],
            "custom_claims": { "tier": "gold" },
        }],
    });
    serde_json::to_string_pretty(&value).unwrap()
}

#[test]
fn a_file_is_read_whole_in_both_formats() {
    let directory = toml(CONTROL).unwrap();
    assert_eq!(json(&control_in_json()), Ok(directory.clone()));
    let acme = Organization {
        id: "org_1".into(),
        name: "Acme".into(),
        external_id: Some("acme".into()),
    };
    assert_eq!(
        directory.organizations,
        [acme, Organization::of_id("org_2")]
    );
    assert_eq!(directory.roles["admin"], ["notes:read", "notes:write"]);
    assert!(directory.roles["guest"].is_empty());
    let ada = &directory.users[0];
    assert_eq!((&*ada.sub, &*ada.email), ("usr_1", "ada@example.com"));
    assert_eq!(ada.external_id.as_deref(), Some("ada"));
    let roles: Vec<String> = vec!["admin".into(), "member".into()];
    assert_eq!(
        ada.memberships,
        [
            Membership {
                organization: Organization::of_id("org_1"),
                roles: Some(roles),
            },
            Membership {
                organization: Organization::of_id("org_2"),
                roles: Some(Vec::new()),
            },
        ]
    );
    let claims = json!({
        "project": "apollo", "level": 3, "ratio": 0.5, "tags": ["a"], "on": true,
    });
    assert_eq!(Some(&ada.custom_claims), claims.as_object());
    assert_eq!(directory.users[1].sub, "usr_2");
    let client = &directory.clients[0];
    assert_eq!(client.organization.as_deref(), Some("org_2"));
    assert_eq!(client.scopes, Some(vec!["notes:read".to_owned()]));
    assert!(
        !format!("{directory:?}").contains("not a secret"),
        "secrets are not shown"
    );
}

#[test]
fn each_mistake_is_named_with_its_line_its_place_and_what_to_write() {
    toml(CONTROL).unwrap();
    for (line, instead, error) in [
        // Members.
        (
            r#"email = "bob@example.com""#,
            r#"mail = "bob@example.com""#,
            "line 26: users[1].mail: no such member; known here are id, email, external_id, organizations, \
             custom_claims",
        ),
        (
            r#"email = "bob@example.com""#,
            "",
            "line 24: users[1]: email is missing",
        ),
        (
            "[[clients]]",
            "[[client]]",
            "line 29: client: no such member; known here are organizations, roles, users, clients, directories",
        ),
        (
            r#"name = "Acme""#,
            r#"nmae = "Acme""#,
            "line 8: organizations[0].nmae: no such member; known here are id, name, external_id",
        ),
        (
            "    { id = \"org_2\" },",
            "    { id = \"org_2\", role = [\"member\"] },",
            "line 20: users[0].organizations[1].role: no such member; known here are id, roles",
        ),
        (
            r#"secret = "not a secret""#,
            "",
            "line 29: clients[0]: secret is missing",
        ),
        (
            r#"organization = "org_2""#,
            r#"organizations = ["org_2"]"#,
            "line 32: clients[0].organizations: no such member; known here are id, secret, organization, \
             scopes, custom_claims",
        ),
        // Types.
        (
            r#"name = "Acme""#,
            "name = 7",
            "line 8: organizations[0].name: expected a string, got a number",
        ),
        (
            r#"member = ["notes:read"]"#,
            r#"member = "notes:read""#,
            "line 3: roles.member: expected a list, got a string",
        ),
        (
            r#"member = ["notes:read"]"#,
            "member = [true]",
            "line 3: roles.member[0]: expected a string, got a boolean",
        ),
        (
            r#"organizations = [{ id = "org_2", roles = ["member"] }]"#,
            r#"organizations = ["org_2"]"#,
            "line 27: users[1].organizations[0]: expected a table, got a string",
        ),
        (
            r#"custom_claims = { tier = "gold" }"#,
            r#"custom_claims = ["gold"]"#,
            "line 34: clients[0].custom_claims: expected a table, got a list",
        ),
        (
            r#"custom_claims = { tier = "gold" }"#,
            "custom_claims = { since = [2026-11-28] }",
            "line 34: clients[0].custom_claims.since: holds a date or time, which JSON does not have; write it as \
             a string",
        ),
        (
            r#"custom_claims = { tier = "gold" }"#,
            "custom_claims = { ratio = nan }",
            "line 34: a number that JSON does not have; write a finite number, or a string",
        ),
        // Ids and names.
        (
            r#"id = "usr_2""#,
            r#"id = "bob""#,
            "line 25: users[1].id: expected usr_ and digits, got \"bob\"",
        ),
        (
            r#"id = "m2m_7""#,
            r#"id = "skc_7""#,
            "line 30: clients[0].id: expected m2m_ or m2morg_ and digits, got \"skc_7\"",
        ),
        (
            "[[organizations]]\nid = \"org_2\"",
            "[[organizations]]\nid = \"acme\"",
            "line 12: organizations[1].id: expected org_ and digits, got \"acme\"",
        ),
        (
            r#"email = "bob@example.com""#,
            r#"email = "bob""#,
            "line 26: users[1].email: expected an address such as ada@example.com, got \"bob\"",
        ),
        (
            r#"name = "Acme""#,
            r#"name = """#,
            "line 8: organizations[0].name: must not be empty; leave it out, or write a value",
        ),
        (
            "guest = []",
            r#""guest role" = []"#,
            "line 4: roles.\"guest role\": the name of a role is 1 to 64 letters, digits and underscores",
        ),
        (
            r#"scopes = ["notes:read"]"#,
            r#"scopes = ["notes:read notes:write"]"#,
            "line 33: clients[0].scopes[0]: expected one scope such as notes:read, got \
             \"notes:read notes:write\"",
        ),
        // Taken twice.
        (
            r#"id = "usr_2""#,
            r#"id = "usr_1""#,
            "line 25: users[1].id: \"usr_1\" is also at users[0].id in line 15; change one of the two",
        ),
        (
            r#"email = "bob@example.com""#,
            r#"email = "ada@example.com""#,
            "line 26: users[1].email: \"ada@example.com\" is also at users[0].email in line 16; change one of \
             the two",
        ),
        (
            r#"email = "bob@example.com""#,
            "email = \"bob@example.com\"\nexternal_id = \"ada\"",
            "line 27: users[1].external_id: \"ada\" is also at users[0].external_id in line 17; change one of \
             the two",
        ),
        (
            "[[organizations]]\nid = \"org_2\"",
            "[[organizations]]\nid = \"org_1\"",
            "line 12: organizations[1].id: \"org_1\" is also at organizations[0].id in line 7; change one of the \
             two",
        ),
        (
            "    { id = \"org_2\" },",
            "    { id = \"org_1\" },",
            "line 20: users[0].organizations[1].id: \"org_1\" is also at users[0].organizations[0].id in line 19; \
             change one of the two",
        ),
        (
            r#"roles = ["admin", "member"]"#,
            r#"roles = ["admin", "admin"]"#,
            "line 19: users[0].organizations[0].roles[1]: \"admin\" is also at \
             users[0].organizations[0].roles[0] in line 19; change one of the two",
        ),
        (
            r#"admin = ["notes:read", "notes:write"]"#,
            r#"admin = ["notes:read", "notes:read"]"#,
            "line 2: roles.admin[1]: \"notes:read\" is also at roles.admin[0] in line 2; change one of the two",
        ),
        // Not defined.
        (
            r#"roles = ["admin", "member"]"#,
            r#"roles = ["admin", "membr"]"#,
            "line 19: users[0].organizations[0].roles[1]: no role is called \"membr\"; define it in roles, or \
             choose of admin, guest, member",
        ),
        (
            "    { id = \"org_2\" },",
            "    { id = \"org_3\" },",
            "line 20: users[0].organizations[1].id: no organization has the id \"org_3\"; define it in \
             organizations, or choose of org_1, org_2",
        ),
        (
            r#"organization = "org_2""#,
            r#"organization = "org_3""#,
            "line 32: clients[0].organization: no organization has the id \"org_3\"; define it in organizations, \
             or choose of org_1, org_2",
        ),
        // Empty.
        (
            r#"organizations = [{ id = "org_2", roles = ["member"] }]"#,
            "organizations = []",
            "line 27: users[1].organizations: must not be empty; name the organization that the user signs in \
             to",
        ),
        (
            r#"roles = ["admin", "member"]"#,
            "roles = []",
            "line 19: users[0].organizations[0].roles: must not be empty; leave it out for a member without a \
             role",
        ),
        (
            r#"scopes = ["notes:read"]"#,
            "scopes = []",
            "line 33: clients[0].scopes: must not be empty; leave it out to allow all scopes of the resource",
        ),
        // Syntax.
        (
            r#"name = "Acme""#,
            "name = Acme",
            "line 8: not TOML: string values must be quoted, expected literal string",
        ),
        (
            r#"name = "Acme""#,
            "id = \"org_7\"",
            "line 8: not TOML: duplicate key",
        ),
    ] {
        assert_eq!(CONTROL.matches(line).count(), 1, "{line}");
        let refused = toml(&CONTROL.replace(line, instead));
        assert_eq!(refused, Err(format!("directory, {error}")), "{instead}");
    }
}

#[test]
fn a_section_must_not_be_missing_or_empty() {
    json(&control_in_json()).unwrap();
    let without = |section: &str, value: Option<&str>| {
        let mut file: serde_json::Value = serde_json::from_str(&control_in_json()).unwrap();
        let members = file.as_object_mut().unwrap();
        members.remove(section).unwrap();
        if let Some(value) = value {
            members.insert(section.into(), serde_json::from_str(value).unwrap());
        }
        json(&file.to_string())
    };
    for (section, value, error) in [
        ("organizations", None, ": organizations is missing"),
        (
            "organizations",
            Some("[]"),
            ": organizations: must not be empty; every user is a member of an organization",
        ),
        ("users", None, ": users is missing"),
        (
            "users",
            Some("[]"),
            ": users: must not be empty; one user has to sign in",
        ),
        (
            "clients",
            Some("[]"),
            ": clients: must not be empty; leave it out if no client is a machine",
        ),
        (
            "clients",
            Some("null"),
            ": clients: expected a list, got null",
        ),
        ("roles", Some("[]"), ": roles: expected a table, got a list"),
    ] {
        let refused = without(section, value);
        assert_eq!(
            refused,
            Err(format!("directory, line 1{error}")),
            "{section}"
        );
    }
    assert!(without("clients", None).unwrap().clients.is_empty());
}

#[test]
fn mistakes_in_json_have_their_lines_too() {
    let control = control_in_json();
    json(&control).unwrap();
    let line_of = |what: &str| {
        1 + control
            .lines()
            .position(|line| line.contains(what))
            .unwrap()
    };
    let email = line_of("bob@example.com");
    for (what, instead, error) in [
        (
            r#""bob@example.com""#,
            "7",
            format!("line {email}: users[1].email: expected a string, got a number"),
        ),
        (
            r#""email": "bob@example.com""#,
            r#""mail": "bob@example.com""#,
            format!(
                "line {email}: users[1].mail: no such member; known here are id, email, external_id, \
                 organizations, custom_claims"
            ),
        ),
        (
            r#""bob@example.com""#,
            "bob",
            format!("line {email}: not JSON"),
        ),
        (
            r#""bob@example.com""#,
            "1e999",
            format!("line {email}: not JSON: a number out of range at byte "),
        ),
    ] {
        let refused = json(&control.replace(what, instead)).unwrap_err();
        let expected = format!("directory, {error}");
        assert!(refused.starts_with(&expected), "{refused}");
    }
    let twice = control.replace(r#""id": "usr_2""#, r#""id": "usr_2", "id": "usr_3""#);
    let refused = json(&twice).unwrap_err();
    assert!(
        refused.ends_with("not JSON: a duplicate member name"),
        "{refused}"
    );
    let more = json(&format!("{control} {{}}")).unwrap_err();
    assert!(more.ends_with(": not JSON"), "{more}");
}

#[test]
fn what_is_too_long_or_too_deep_is_refused() {
    for format in [Toml, Json] {
        let (control, nested): (String, fn(usize) -> String) = match format {
            Toml => (CONTROL.to_owned(), |depth| {
                format!("x = {}1{}", "[".repeat(depth), "]".repeat(depth))
            }),
            Json => (control_in_json(), |depth| {
                format!("{{\"x\": {}1{}}}", "[".repeat(depth), "]".repeat(depth))
            }),
        };
        let parse = |text: &str| Directory::parse(text, format).map_err(|error| error.to_string());
        let filled = |bytes: usize| format!("{control}{}", "\n".repeat(bytes - control.len()));
        parse(&filled(1024 * 1024)).unwrap();
        let long = parse(&filled(1024 * 1024 + 1)).unwrap_err();
        let expected =
            "directory: longer than 1048576 bytes; leave out what the test does not need";
        assert_eq!(long, expected);
        // Deep, but read; then the member is unknown.
        let flat = parse(&nested(40)).unwrap_err();
        assert!(flat.contains("x: no such member"), "{flat}");
        for depth in [65, 100_000] {
            let deep = parse(&nested(depth)).unwrap_err();
            assert!(deep.contains("line 1: "), "{deep}");
            assert!(!deep.contains("no such member"), "{deep}");
        }
    }
    let name = |length: usize| CONTROL.replace("\"Acme\"", &format!("{:?}", "a".repeat(length)));
    toml(&name(256)).unwrap();
    let error = toml(&name(257)).unwrap_err();
    let expected = "directory, line 8: organizations[0].name: longer than 256 characters";
    assert_eq!(error, expected);
}

#[test]
fn a_file_is_read_by_its_extension() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &[u8]| {
        let path = folder.path().join(name);
        std::fs::File::create(&path)
            .unwrap()
            .write_all(text)
            .unwrap();
        path
    };
    let directory = toml(CONTROL).unwrap();
    let json = control_in_json();
    for (name, text) in [("a.toml", CONTROL), ("a.json", &json)] {
        let path = write(name, text.as_bytes());
        assert_eq!(Directory::read(path).unwrap(), directory);
    }
    for (name, text, error) in [
        (
            "a.yaml",
            CONTROL.as_bytes(),
            ": the extension is unknown; name the file *.toml or *.json",
        ),
        (
            "a",
            CONTROL.as_bytes(),
            ": the extension is unknown; name the file *.toml or *.json",
        ),
        ("b.json", CONTROL.as_bytes(), ", line 1: not JSON"),
        ("b.toml", b"\xff".as_slice(), ": the file cannot be read"),
        (
            "c.toml",
            &vec![b'\n'; 1024 * 1024 + 1],
            ": longer than 1048576 bytes; leave out what the test does not need",
        ),
        ("c.json", b"[]", ", line 1: expected a table, got a list"),
    ] {
        let path = write(name, text);
        let refused = Directory::read(&path).unwrap_err().to_string();
        assert_eq!(refused, format!("directory {}{error}", path.display()));
    }
    let missing = folder.path().join("missing.toml");
    let error = Directory::read(&missing).unwrap_err();
    let text = format!("directory {}: the file cannot be read", missing.display());
    assert_eq!(error.to_string(), text);
    let source = std::error::Error::source(&error).expect("why");
    assert!(!source.to_string().is_empty());
    assert_eq!((error.line(), error.place()), (None, ""));
}

#[test]
fn the_format_is_that_of_the_extension() {
    let of = |name: &str| DirectoryFormat::of_file(std::path::Path::new(name));
    assert_eq!(of("a/b.toml"), Some(Toml));
    assert_eq!(of("b.json"), Some(Json));
    assert_eq!(of("toml"), None);
}

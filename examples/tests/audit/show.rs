//! `audit show` and `audit summary`.

use crate::stage::{Stage, line, login};

#[tokio::test]
async fn lines_are_shown_as_text_csv_and_json() {
    let stage = Stage::new();
    let tool =
        ",\"mcp.method.name\":\"tools/call\",\"gen_ai.tool.name\":\"=add\\u001b[31m\\u202e\"";
    let omitted = "{\"time\":3,\"record\":\"summary\",\"counts\":[{\"auth.decision\":\"no_credentials\",\"count\":41}]}\n";
    let text = [
        &line(1, "org_1", "c_1", tool),
        "{\"torn\n",
        omitted,
        &line(5, "org_2", "c_1", ""),
    ]
    .concat();
    stage.write("audit.jsonl", &text);
    let text = stage.output(&["show", "@audit.jsonl"]).await;
    let expected = "1970-01-01T00:00:01.500Z  admitted  org_1  c_1  usr_1  =add\\u{1b}[31m\\u{202e}\n\
        1970-01-01T00:00:03Z  [summary]  41 events are not in the file: no_credentials 41\n\
        1970-01-01T00:00:05.500Z  admitted  org_2  c_1  usr_1  -\n";
    assert_eq!(text.replace("500000000Z", "500Z"), expected);
    let csv = stage
        .output(&["show", "--csv", "--organization", "org_1", "@audit.jsonl"])
        .await;
    let row = csv.lines().nth(1).unwrap();
    assert_eq!(csv.lines().count(), 2);
    assert!(
        row.ends_with(",admitted,,org_1,c_1,usr_1,,\"'=add\\u{1b}[31m\\u{202e}\",1,"),
        "{row}"
    );
    let json = stage
        .output(&[
            "show",
            "--json",
            "--tool",
            "=add\u{1b}[31m\u{202e}",
            "@audit.jsonl",
        ])
        .await;
    assert!(
        json.contains("\\u001b[31m\\u202e") && !json.contains('\u{202e}'),
        "{json}"
    );
    let value: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(value["gen_ai.tool.name"], "=add\u{1b}[31m\u{202e}");
    let summary = stage.output(&["summary", "--csv", "@audit.jsonl"]).await;
    let events: Vec<_> = summary
        .lines()
        .map(|line| line.split(',').nth(3).unwrap().to_owned())
        .collect();
    assert_eq!(events, ["events", "41", "1", "1"]);
}

#[tokio::test]
async fn lines_are_joined_with_a_dump_and_filtered_by_its_addresses() {
    let stage = Stage::new();
    let logins = [
        login(100, "org_1", "c_1", "ada@example.com"),
        "{\"auth_request_id\":\"ar_0\",\"status\":\"FAILED\"}\nno row\n".to_owned(),
        login(200, "org_1", "c_1", "bob@example.com"),
        login(300, "org_2", "c_1", "eve@example.com"),
    ];
    stage.write("logins", &logins.concat());
    let lines = [
        line(150, "org_1", "c_1", ""),
        line(250, "org_1", "c_1", ""),
        line(250, "org_1", "c_1", ",\"user.email\":\"BOB@example.com\""),
        line(350, "org_2", "c_1", ""),
        line(350, "org_2", "c_2", ""),
        "{\"time\":351,\"auth.decision\":\"no_credentials\"}\n".to_owned(),
    ];
    stage.write("audit.jsonl", &lines.concat());
    let show = ["show", "--logs", "@logins", "--csv", "@audit.jsonl"];
    let csv = stage.output(&show).await;
    let joins: Vec<_> = csv
        .lines()
        .skip(1)
        .map(|row| row.splitn(12, ',').nth(11).unwrap())
        .collect();
    assert_eq!(
        joins,
        [
            "login,ar_100,1970-01-01T00:01:40Z,ada@example.com",
            "ambiguous,,,",
            "login,ar_200,1970-01-01T00:03:20Z,bob@example.com",
            "login,ar_300,1970-01-01T00:05:00Z,eve@example.com",
            "none,,,",
            ",,,",
        ]
    );
    let window = stage
        .output(&[&show[..], &["--window", "60s"]].concat())
        .await;
    assert!(
        window.contains("login,ar_200") && !window.contains("ambiguous"),
        "{window}"
    );
    let of_ada = stage
        .output(&[
            "show",
            "--logs",
            "@logins",
            "--json",
            "--email",
            "ada@example.com",
            "@audit.jsonl",
        ])
        .await;
    let value: serde_json::Value = serde_json::from_str(&of_ada).unwrap();
    assert_eq!(
        (&value["time"], &value["login"]["id"]),
        (&150.5.into(), &"ar_100".into())
    );
    let bound = stage
        .output(&[
            "summary",
            "--logs",
            "@logins",
            "--max-logins",
            "1",
            "--csv",
            "@audit.jsonl",
        ])
        .await;
    assert!(
        bound
            .lines()
            .next()
            .unwrap()
            .ends_with("last,login,ambiguous,none,unknown"),
        "{bound}"
    );
    let unknown: u64 = bound
        .lines()
        .skip(1)
        .map(|row| row.rsplit(',').next().unwrap().parse::<u64>().unwrap())
        .sum();
    assert!(unknown > 0, "{bound}");
    // Newest first: refused, without an address.
    let reversed: Vec<_> = logins.iter().rev().cloned().collect();
    stage.write("logins", &reversed.concat());
    let (result, output) = stage.run(&[&show[..], &["--slack", "60s"]].concat()).await;
    let error = result.unwrap_err();
    assert!(error.to_string().contains("oldest first"), "{error}");
    assert!(!format!("{error:?} {error}").contains('@'), "{error:?}");
    assert!(!output.contains("example.com"), "{output}");
}

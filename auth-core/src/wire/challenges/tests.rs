use super::*;

/// Each challenge as `scheme token68 [name=value]*`, joined by `|`, and the problems.
fn read(lines: &[&str]) -> (String, Vec<String>) {
    let challenges = Challenges::read(lines.iter().map(|line| line.as_bytes()));
    let all = challenges.iter().map(|challenge| {
        let mut text = challenge.scheme().to_owned();
        if let Some(token) = challenge.token68() {
            text += &format!(" {token}");
        }
        for (name, value) in challenge.parameters() {
            text += &format!(" [{name}={value}]");
        }
        text
    });
    let all = all.collect::<Vec<_>>().join("|");
    let problems = challenges.problems().iter();
    (all, problems.map(ToString::to_string).collect())
}

#[test]
fn what_the_grammar_allows_is_read_without_a_problem() {
    for (lines, expected) in [
        (&[] as &[&str], ""),
        (&["Bearer"], "Bearer"),
        (&[r#"bearer a="1""#], "bearer [a=1]"),
        (
            &[r#"Bearer a=1,b="2" , c = "3""#],
            "Bearer [a=1] [b=2] [c=3]",
        ),
        (&["Bearer\ta=1"], "Bearer [a=1]"),
        (&[r#"Bearer a="", b="=1=""#], "Bearer [a=] [b==1=]"),
        (
            &[r#"Bearer a="x, b=\"y\" \\", c=z"#],
            r#"Bearer [a=x, b="y" \] [c=z]"#,
        ),
        (&["Bearer a=\"é\""], "Bearer [a=é]"),
        // Several challenges, in one line and in several.
        (
            &[r#"Basic realm="x", Bearer a="1", DPoP algs="ES256""#],
            "Basic [realm=x]|Bearer [a=1]|DPoP [algs=ES256]",
        ),
        (&["Basic, Bearer", "DPoP"], "Basic|Bearer|DPoP"),
        (
            &["Bearer a=1", "b=2, Basic c=3"],
            "Bearer [a=1] [b=2]|Basic [c=3]",
        ),
        // Tokens of other schemes.
        (&["Negotiate"], "Negotiate"),
        (&["Negotiate YWI="], "Negotiate YWI="),
        (
            &["Negotiate a/+-._~b== , NTLM c, Bearer a=1"],
            "Negotiate a/+-._~b==|NTLM c|Bearer [a=1]",
        ),
        (&["Negotiate a=b"], "Negotiate [a=b]"),
    ] {
        assert_eq!(read(lines), (expected.into(), vec![]), "{lines:?}");
    }
}

#[test]
fn what_is_malformed_is_read_and_reported() {
    for (lines, expected, problems) in [
        (
            &[""] as &[&str],
            "",
            &["0: a list element is empty"] as &[&str],
        ),
        (
            &[" ,\t,"],
            "",
            &[
                "1: a list element is empty",
                "3: a list element is empty",
                "4: a list element is empty",
            ],
        ),
        (
            &["Bearer a=1,"],
            "Bearer [a=1]",
            &["11: a list element is empty"],
        ),
        (
            &["Bearer, a=1"],
            "Bearer [a=1]",
            &["8: a comma is between the scheme and its first parameter"],
        ),
        // Missing and wrong separators.
        (
            &[r#"Bearer a="1" b="2"c=3 d=4"#],
            "Bearer [a=1] [b=2] [c=3] [d=4]",
            &[
                "13: a comma is missing",
                "18: a comma is missing",
                "22: a comma is missing",
            ],
        ),
        (
            &[r#"Bearer a="1"; b=2"#],
            "Bearer [a=1] [b=2]",
            &["12: a semicolon is in place of a comma"],
        ),
        (
            &[r#"Bearer a="1" Basic b=2"#],
            "Bearer [a=1]|Basic [b=2]",
            &["13: a comma is missing"],
        ),
        (
            &[r#"Bearer a="1" Negotiate YWI="#],
            "Bearer [a=1]|Negotiate YWI=",
            &["13: a comma is missing"],
        ),
        (
            &["Negotiate Bearer a=1"],
            "Negotiate|Bearer [a=1]",
            &["10: a comma is missing"],
        ),
        // Values.
        (
            &["Bearer a=https://a.example/b?c=d#e, b=1"],
            "Bearer [a=https://a.example/b?c=d#e] [b=1]",
            &["9: the value of a must be quoted"],
        ),
        (
            &["Bearer a=The token expired, b=1"],
            "Bearer [a=The] [b=1]",
            &[
                "13: a word is neither a parameter nor a scheme",
                "19: a word is neither a parameter nor a scheme",
            ],
        ),
        (
            &["Bearer a="],
            "Bearer [a=]",
            &["9: the parameter a has no value"],
        ),
        (
            &["Bearer a=, b=1"],
            "Bearer [a=] [b=1]",
            &["9: the parameter a has no value"],
        ),
        (&["Bearer a"], "Bearer", &["7: a parameter has no value"]),
        (
            &["dpop a, Basic b=1"],
            "dpop|Basic [b=1]",
            &["5: a parameter has no value"],
        ),
        (
            &[r#"Bearer a="1, b=2"#],
            "Bearer [a=1, b=2]",
            &["9: a quote is not closed"],
        ),
        (
            &[r#"Bearer a="1\"#],
            "Bearer [a=1]",
            &["9: a quote is not closed"],
        ),
        (
            &["Bearer a=\"1\n\""],
            "Bearer [a=1\n]",
            &["9: a quoted string contains a control character"],
        ),
        (
            &["Bearer a=1, A=2, b=3"],
            "Bearer [a=1] [b=3]",
            &["12: the parameter A is duplicated"],
        ),
        // Names and schemes.
        (
            &["Bearer: a=1"],
            "Bearer: [a=1]",
            &["0: Bearer: is not a token"],
        ),
        (
            &["Bearer a/b=1"],
            "Bearer [a/b=1]",
            &["7: a/b is not a token"],
        ),
        (
            &[r#"="a, b=1", Bearer c=1"#],
            "Bearer [c=1]",
            &["0: a scheme or the name of a parameter is missing"],
        ),
        (
            &[r#""Bearer a=1""#],
            "",
            &["0: a scheme or the name of a parameter is missing"],
        ),
        (
            &["a=1, Bearer b=2"],
            "Bearer [b=2]",
            &["0: the parameter a is before any scheme"],
        ),
        (
            &["Negotiate YWI=, a=1, Bearer b=2"],
            "Negotiate YWI=|Bearer [b=2]",
            &["16: the parameter a is after a token"],
        ),
        // Blanks and quotes of a name cannot forge a log line.
        (
            &["a\u{7f}=1"],
            "",
            &[
                "0: a\\x7f is not a token",
                "0: the parameter a\\x7f is before any scheme",
            ],
        ),
    ] {
        let problems = problems.iter().map(|text| format!("line 1, byte {text}"));
        let problems: Vec<_> = problems.collect();
        assert_eq!(read(lines), (expected.into(), problems), "{lines:?}");
    }
    let (challenges, problems) = read(&["Bearer a=1", "Bearer b=1 c=2"]);
    assert_eq!(challenges, "Bearer [a=1]|Bearer [b=1] [c=2]");
    assert_eq!(problems, ["line 2, byte 11: a comma is missing"]);
}

#[test]
fn a_parameter_belongs_to_one_challenge() {
    let of = |lines: &[&str], scheme: &str, name: &str| {
        let challenges = Challenges::read(lines.iter().map(|line| line.as_bytes()));
        let mut found = challenges.of_scheme(scheme);
        let found = found.find_map(|challenge| challenge.parameter(name));
        found.map(str::to_owned)
    };
    let error = Some("insufficient_scope".to_owned());
    let control = r#"Bearer error="insufficient_scope""#;
    assert_eq!(of(&[control], "BEARER", "Error"), error, "the control");
    for other in [
        r#"Bearer realm="a, error=\"insufficient_scope\"""#,
        r#"Bearer realm="a, error=insufficient_scope"#,
        r#"Basic error="insufficient_scope", Bearer realm="a""#,
        r#"Bearer realm="a", Basic error="insufficient_scope""#,
        r#"Bearer realm="a" Basic error="insufficient_scope""#,
        r#"Bearer Basic error="insufficient_scope""#,
        r#"Bearer realm="a", Negotiate YWI=, error="insufficient_scope""#,
        r#"BearerX error="insufficient_scope""#,
        r#"error="insufficient_scope", Bearer realm="a""#,
        r#"Bearer xerror="insufficient_scope", error_x="insufficient_scope""#,
    ] {
        assert_eq!(of(&[other], "bearer", "error"), None, "{other}");
    }
    for lines in [
        &["Basic realm=\"x\"", control] as &[&str],
        &[control, "Basic realm=\"x\""],
        &[r#"Basic realm="x", bearer error = insufficient_scope"#],
    ] {
        assert_eq!(of(lines, "bearer", "error"), error, "{lines:?}");
        assert_eq!(of(lines, "basic", "error"), None, "{lines:?}");
    }
}

#[test]
fn bytes_that_are_not_utf8_are_replaced() {
    let challenges = Challenges::read([b"Bearer a=\"x\xffy\", b=1".as_slice()]);
    let bearer = challenges.iter().next().unwrap();
    assert_eq!(bearer.parameter("a"), Some("x\u{fffd}y"));
    assert_eq!(bearer.parameter("b"), Some("1"));
    let [problem] = challenges.problems() else {
        panic!("{challenges:?}");
    };
    assert_eq!((problem.line(), problem.position()), (1, 11));
    assert_eq!(problem.what(), &Malformed::NotUtf8);
}

#[test]
fn limits_are_exact() {
    let problems = |challenges: &Challenges| {
        let all = challenges.problems().iter();
        all.map(|problem| problem.what().clone())
            .collect::<Vec<_>>()
    };
    let schemes = |count: usize| vec!["Bearer a=1"; count].join(", ");
    let one = |line: String| Challenges::read([line.as_bytes()]);
    let most = one(schemes(MAX_CHALLENGES));
    assert_eq!((most.iter().count(), problems(&most)), (32, vec![]));
    // The parameter of the challenge that is ignored is not counted to the one before it.
    let more = one(schemes(MAX_CHALLENGES) + ", Basic b=1");
    assert_eq!(problems(&more), [Malformed::TooManyChallenges]);
    assert_eq!(more.all, most.all);

    let parameters = |count: usize| {
        let all: Vec<_> = (0..count).map(|at| format!("p{at}=1")).collect();
        format!("Bearer {}", all.join(", "))
    };
    let most = one(parameters(MAX_PARAMETERS));
    assert_eq!(problems(&most), []);
    assert_eq!(most.all[0].parameter("p63"), Some("1"));
    let more = one(parameters(MAX_PARAMETERS + 1));
    assert_eq!(problems(&more), [Malformed::TooManyParameters]);
    assert_eq!(more.all, most.all);

    // The last byte is for the end of the line.
    let padded = |bytes: usize| format!("Bearer a=1, b=\"{}\"", "x".repeat(bytes - 16));
    let most = one(padded(MAX_BYTES - 1));
    assert_eq!(problems(&most), []);
    assert_eq!(most.all[0].parameters().count(), 2);
    for more in [one(padded(MAX_BYTES)), one(padded(MAX_BYTES + 1))] {
        assert_eq!(problems(&more), [Malformed::TooLong]);
        let parameters: Vec<_> = more.all[0].parameters().collect();
        assert_eq!(parameters, [("a", "1")]);
    }
    let endless = std::iter::repeat(b"Bearer".as_slice());
    assert_eq!(Challenges::read(endless).iter().count(), MAX_CHALLENGES);
    let endless = std::iter::repeat(b",".as_slice());
    assert_eq!(Challenges::read(endless).problems().len(), MAX_PROBLEMS);
}

/// A broken server may repeat the token of the request, at any place.
#[test]
fn no_value_is_in_debug_or_a_problem() {
    let marker = "s3cret-that-is-as-long-as-a-token";
    for (line, problems) in [
        ("Bearer error_description=\"MARKER\"", 0),
        ("Negotiate MARKER", 0),
        ("Bearer MARKER", 1),
        ("Bearer MARKER=", 1),
        ("Bearer MARKER, MARKER=MARKER", 2),
        ("Bearer a=bad MARKER", 1),
        ("Bearer a=/MARKER", 1),
        ("MARKER:", 1),
    ] {
        let line = line.replace("MARKER", marker);
        let challenges = Challenges::read([line.as_bytes()]);
        let shown: Vec<_> = challenges
            .problems()
            .iter()
            .map(ToString::to_string)
            .collect();
        assert_eq!(shown.len(), problems, "{line}: {shown:?}");
        let shown = format!("{challenges:?} {shown:?}");
        assert!(!shown.contains(marker), "{line}: {shown}");
    }
    let shown = format!(
        "{:?}",
        Challenges::read([b"Bearer error=\"12\"".as_slice()])
    );
    assert!(shown.contains(r#"("error", 2)"#), "{shown}");
}

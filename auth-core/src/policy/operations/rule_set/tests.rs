use super::*;
use crate::operation::method::METHODS;
use crate::policy::operations::pattern::Pattern;
use crate::policy::operations::rule::Requirement;
use crate::policy::policy_fn;
use crate::support::Numbers;

const NAMES: &[&str] = &[
    "add",
    "add_note",
    "delete",
    "delete_note",
    "Add",
    "",
    "file:///a",
    "file:///a/b",
    "file:///b",
    "db://staff/salary",
    "skill://pdf/SKILL.md",
    "*",
    "a*",
    "a longer name than any rule is about",
];

const PATTERNS: &[&str] = &[
    "add*",
    "*",
    "*_note",
    "delete_*",
    "file:///*",
    "file:///a/*",
    "db://*/salary",
    "skill://*",
];

const TEMPLATES: &[&str] = &[
    "file:///{path}",
    "db://{table}/salary",
    "{+any}",
    "add{x}",
    "file:///a",
];

fn rule(numbers: &mut Numbers) -> Rule {
    let primitive = numbers.pick(&Primitive::ALL);
    let subject = match numbers.below(8) {
        0 => Subject::Method(Pattern::new(numbers.pick(&[
            "tools/call",
            "tools/*",
            "*",
            "ping",
        ]))),
        1 => Subject::Primitive(primitive, Pattern::new(numbers.pick(PATTERNS))),
        2 => Subject::Primitive(primitive, Pattern::of_template(numbers.pick(TEMPLATES))),
        3 => Subject::Primitive(primitive, Pattern::new(numbers.pick(NAMES))),
        _ => Subject::Primitive(primitive, Pattern::exact(numbers.pick(NAMES))),
    };
    let requirement = match numbers.below(3) {
        0 => Requirement::Public,
        _ => Requirement::Policy(Box::new(policy_fn(|_| Ok(())))),
    };
    Rule {
        subject,
        requirement,
    }
}

fn operation(numbers: &mut Numbers) -> Operation {
    let method = match numbers.below(8) {
        0 => numbers.pick(&[
            "tools/describe",
            "prompts/render",
            "resources/copy",
            "vendor/x",
        ]),
        1..=3 => "tools/call",
        _ => METHODS[numbers.below(METHODS.len())].name,
    };
    let operation = Operation::new(method);
    match numbers.below(4) {
        0 => operation,
        1 => {
            let primitive = numbers.pick(&Primitive::ALL);
            let name = match primitive {
                Primitive::ResourceTemplate => numbers.pick(TEMPLATES),
                _ => numbers.pick(NAMES),
            };
            operation.with_primitive(primitive, name)
        }
        _ => operation.with_name(numbers.pick(NAMES)),
    }
}

fn positions(set: &RuleSet, rules: Vec<&Rule>) -> Vec<usize> {
    let position = |rule: &Rule| set.rules.iter().position(|it| std::ptr::eq(it, rule));
    rules
        .into_iter()
        .map(|rule| position(rule).unwrap())
        .collect()
}

#[test]
fn the_index_finds_the_rules_that_a_scan_finds() {
    let (mut applied, mut listed, mut narrowed) = (0, 0, 0);
    for round in 0..400 {
        let seed = 0x9e37_79b9_7f4a_7c15 ^ (round + 1);
        let mut numbers = Numbers(seed);
        let count = FEW + 1 + numbers.below(60);
        let rules: Vec<Rule> = (0..count * 2).map(|_| rule(&mut numbers)).collect();
        let set = RuleSet::new(rules);
        assert!(set.index.is_some(), "seed {seed}");
        for _ in 0..50 {
            let operation = operation(&mut numbers);
            let scan = set.rules.iter().filter(|rule| rule.applies_to(&operation));
            let scan = positions(&set, scan.collect());
            let found = positions(&set, set.of(&operation).collect());
            assert_eq!(found, scan, "seed {seed}: {operation:?}");
            let scan = set.rules.iter().any(|rule| rule.matches(&operation));
            assert_eq!(set.matches(&operation), scan, "seed {seed}: {operation:?}");
            applied += found.len();
            listed += usize::from(scan);
            narrowed += usize::from(set.candidates(&operation).count() < set.rules.len());
        }
    }
    println!("{applied} rules applied, {listed} operations listed, {narrowed} looked up");
    assert!(applied > 1000 && listed > 1000 && narrowed > 1000);
}

#[test]
fn an_operation_is_compared_with_the_rules_about_its_name_alone() {
    let about = |count: usize| {
        let rules = (0..count).map(|number| Rule {
            subject: Subject::Primitive(Primitive::Tool, Pattern::new(&format!("tool_{number}"))),
            requirement: Requirement::Public,
        });
        let star = Rule {
            subject: Subject::Primitive(Primitive::Tool, Pattern::new("tool_*")),
            requirement: Requirement::Public,
        };
        RuleSet::new(rules.chain([star]).collect())
    };
    let compared = |set: &RuleSet, operation: &Operation| set.candidates(operation).count();
    let (few, hundred) = (about(FEW), about(100));
    assert!(few.index.is_none(), "a small set is scanned");
    let call = Operation::tool("tool_3");
    assert_eq!(compared(&few, &call), FEW + 1);
    assert_eq!(compared(&hundred, &call), 2);
    assert_eq!(compared(&hundred, &Operation::tool("x".repeat(1000))), 1);
    assert_eq!(compared(&hundred, &Operation::new("tools/list")), 1);
    // A call that names no tool may be about each of them.
    assert_eq!(compared(&hundred, &Operation::new("tools/call")), 101);
}

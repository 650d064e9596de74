//! What no file may do.

use std::collections::BTreeSet;
use std::fs;

use super::rings::list;
use super::source;

/// A request must never be able to end in one of these.
const PANICS: &[&str] = &[
    ".unwrap()",
    ".unwrap_err()",
    ".expect(",
    ".expect_err(",
    "panic!",
    "todo!",
    "unimplemented!",
    "unreachable!",
    "dbg!",
];

/// Longer than this, a file holds two things.
const LONGEST_FILE: usize = 500;

/// Names that say nothing about what is inside.
const EMPTY_NAMES: &[&str] = &[
    "utils", "util", "helpers", "helper", "manager", "managers", "common", "misc", "shared",
];

/// One word for one idea: what the glossary calls otherwise.
const RIVALS: &[(&str, &str)] = &[
    ("login", "sign in"),
    ("logon", "sign in"),
    ("signin", "sign_in"),
    ("logout", "sign out"),
    ("signout", "sign_out"),
    ("enrollment", "enrolment"),
    ("passcode", "code"),
    ("superadmin", "superuser"),
    ("loginname", "user name"),
];

#[test]
fn nothing_outside_the_tests_panics_on_purpose() {
    let mut wrong = BTreeSet::new();
    for file in source::all() {
        for word in PANICS {
            for at in file.find(word) {
                wrong.insert(format!("{}: {word}", file.place(at)));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", list(&wrong));
}

#[test]
fn no_file_is_too_long_to_read() {
    let wrong: BTreeSet<_> = source::all()
        .iter()
        .map(|file| (file.text.lines().count(), &file.file))
        .filter(|(lines, _)| *lines > LONGEST_FILE)
        .map(|(lines, path)| format!("{path}: {lines} lines"))
        .collect();
    assert!(wrong.is_empty(), "{}", list(&wrong));
}

/// Rules for what somebody types today, which must not decide what is read from the database: a
/// row was legal when it was written. Whatever is called so, by its name or as a value.
const TYPED: &[&str] = &[
    "::parse",
    "::from_typed",
    ".checked",
    ".parse",
    "::from_str",
    "::from_str_radix",
];

/// What else is called so: the formats of other people, and of files.
const NOT_TYPED: &[&str] = &[
    "Uuid::try_parse",
    "Url::parse",
    "Location::parse",
    "MasterKey::parse",
    "serde_json::from_str",
    ".parse::<IpAddr>",
    ".parse::<i64>",
    ".parse::<u8>",
];

/// The rules for what is typed in a piece of code, with the lines that they stand on.
fn typed_rules(code: &str) -> Vec<(usize, &'static str)> {
    let mut found = Vec::new();
    for (number, line) in code.lines().enumerate() {
        let line = NOT_TYPED
            .iter()
            .fold(line.to_owned(), |line, name| line.replace(name, ""));
        for rule in TYPED {
            let ends_there = |(at, _): (usize, &str)| {
                let rest = line.get(at + rule.len()..).unwrap_or_default();
                !rest.starts_with(|c: char| c.is_alphanumeric() || c == '_')
            };
            if line.match_indices(rule).any(ends_there) {
                found.push((number + 1, *rule));
            }
        }
    }
    found
}

#[test]
fn no_row_is_read_by_the_rule_for_what_is_typed() {
    for slips in [
        "UserName::parse(a)",
        "map(UserName::parse, b)",
        "text.parse::<UserName>()",
        "text.parse()?",
    ] {
        assert_eq!(typed_rules(slips).len(), 1, "{slips}");
    }
    let mut wrong = BTreeSet::new();
    for file in source::all() {
        if file.module() != "store" {
            continue;
        }
        for (number, rule) in typed_rules(&file.code) {
            let place = format!("{}:{number}", file.file);
            wrong.insert(format!("{place}: `{rule}`: `from_stored` reads rows"));
        }
    }
    assert!(wrong.is_empty(), "{}", list(&wrong));
}

/// Where a type is read without being named: what JSON of a row holds, and what `try_into` makes.
const WAYS_IN: &[&str] = &[
    "fn from_stored(",
    "fn try_from(",
    "fn from(text: String)",
    "fn deserialize<",
];

#[test]
fn what_reads_a_stored_word_does_not_ask_whether_it_may_be_typed() {
    let mut wrong = BTreeSet::new();
    let mut seen = 0;
    for file in source::all() {
        if !["domain", "protocols", "factors", "flows"].contains(&file.module()) {
            continue;
        }
        for way in WAYS_IN {
            for (at, _) in file.code.match_indices(way) {
                let rest = file.code.get(at..).unwrap_or_default();
                // To the brace that ends the function, where it is indented as its beginning is.
                let indent = file.code.get(..at).unwrap_or_default();
                let indent = indent.rsplit('\n').next().unwrap_or_default();
                let indent: String = indent.chars().take_while(|c| *c == ' ').collect();
                let body = rest
                    .split(&format!("\n{indent}}}"))
                    .next()
                    .unwrap_or_default();
                seen += 1;
                for (_, rule) in typed_rules(body) {
                    wrong.insert(format!("{}: `{rule}` in `{way}`", file.place(at)));
                }
            }
        }
    }
    assert!(seen > 25, "{seen}: the ways in are called otherwise by now");
    assert!(wrong.is_empty(), "{}", list(&wrong));
}

#[test]
fn every_module_is_named_after_what_it_holds() {
    let wrong: BTreeSet<_> = source::all()
        .iter()
        .filter(|file| {
            file.path
                .trim_end_matches(".rs")
                .split('/')
                .any(|part| EMPTY_NAMES.contains(&part))
        })
        .map(|file| file.file.clone())
        .collect();
    assert!(wrong.is_empty(), "{}", list(&wrong));
}

/// What standards call so, and no user reads. What signs a token signs nobody in.
const REGISTERED: &[&str] = &[
    "signing",
    "Signing",
    "backchannel_logout",
    "post_logout",
    "login_hint",
    "BackchannelLogout",
    "PostLogout",
];

/// Whether a word is part of a name that a standard has given.
fn is_registered(code: &str, at: usize) -> bool {
    let around = |name: &&str| {
        let mut places = name.match_indices(|_: char| true).map(|(offset, _)| offset);
        places.any(|offset| {
            let start = at.checked_sub(offset);
            start
                .and_then(|start| code.get(start..))
                .is_some_and(|rest| rest.starts_with(*name))
        })
    };
    REGISTERED.iter().any(around)
}

#[test]
fn one_idea_has_one_word() {
    let mut wrong = BTreeSet::new();
    for file in source::all() {
        // Other people's formats and data keep other people's words.
        if ["protocols", "import"].contains(&file.module()) {
            continue;
        }
        for (rival, word) in RIVALS {
            let capital = rival[..1].to_uppercase() + &rival[1..];
            for spelling in [rival, capital.as_str()] {
                for (at, _) in file.code.match_indices(spelling) {
                    if is_registered(&file.code, at) {
                        continue;
                    }
                    let place = file.place(at);
                    wrong.insert(format!("{place}: `{rival}` is called `{word}`"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", list(&wrong));
}

#[test]
fn no_test_is_switched_off_or_sleeps() {
    let mut wrong = BTreeSet::new();
    for path in source::files("tests").into_iter().chain(source::program()) {
        let text = fs::read_to_string(&path).expect("sources are UTF-8");
        let code = source::bare(&text);
        let name = path.to_string_lossy();
        // `support` waits for processes that it starts, and there alone is polling at home.
        let polls = name.contains("/tests/support/") || !name.contains("/tests/");
        for (number, line) in code.lines().enumerate() {
            if line.contains("#[ignore") || (!polls && line.contains("sleep(")) {
                wrong.insert(format!("{name}:{}: {}", number + 1, line.trim()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", list(&wrong));
}

/// A busy machine is slow: what costs time is counted in whatever takes it.
#[test]
fn no_test_measures_time() {
    let mut wrong = BTreeSet::new();
    for path in source::files("tests").into_iter().chain(source::program()) {
        let name = path.to_string_lossy().into_owned();
        if name.contains("/tests/support/") {
            continue;
        }
        let text = fs::read_to_string(&path).expect("sources are UTF-8");
        // Of the program, what is built for its own tests alone.
        let is_test = name.contains("/tests/") || name.ends_with("tests.rs");
        let begin = if is_test {
            Some(0)
        } else {
            text.find("#[cfg(test)]\nmod tests {")
        };
        let Some(begin) = begin else { continue };
        let code = source::bare(&text[begin..]);
        if code.contains(".elapsed()") {
            wrong.insert(name);
        }
    }
    assert!(wrong.is_empty(), "{}", list(&wrong));
}

/// What was looked at when the permit was given may be so no more: `write_for` asks again.
#[test]
fn what_is_done_by_a_permit_is_written_by_what_asks_for_its_grounds() {
    const PERMITS: [&str; 6] = [
        "&Administrator",
        "SteppedUp",
        "&MayEnrol",
        "&MayChoosePassword",
        "&MayStepUp",
        "&SignedIn",
    ];
    // Counting a try and recording a refusal happen whatever becomes of the permit.
    const COUNTS: [&str; 2] = ["knows_password", "take_registration"];
    let mut wrong = BTreeSet::new();
    for file in source::all() {
        if file.module() != "actions" || file.path.ends_with("grounds.rs") {
            continue;
        }
        for function in file.code.split("async fn ").skip(1) {
            let Some((signature, body)) = function.split_once('{') else {
                continue;
            };
            let name = signature.split(['(', '<']).next().unwrap_or_default();
            let has_permit = PERMITS.iter().any(|permit| signature.contains(permit));
            let body: String = body.split_whitespace().collect();
            let writes = [".store.write(", ".store.write_batch(", ".store.write_one("];
            if has_permit && !COUNTS.contains(&name) && writes.iter().any(|way| body.contains(way))
            {
                wrong.insert(format!("{}: {name} writes past `write_for`", file.file));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", list(&wrong));
}

/// Proofs of what no value can show: that a row was taken in a transaction. Each is made by the action
/// that took it.
const VOUCHED_FOR: &[(&str, &str)] = &[
    ("Enrolled::new", "actions/enrol/mod.rs"),
    ("InvitationTaken::new", "actions/invitation/accept.rs"),
    ("RecoveryLinkTaken::new", "actions/recovery/reset.rs"),
];

#[test]
fn what_only_an_action_can_vouch_for_is_made_by_that_action() {
    let mut wrong = BTreeSet::new();
    let files = source::all();
    for (maker, home) in VOUCHED_FOR {
        assert!(
            files.iter().any(|file| file.path == *home),
            "{home} is gone"
        );
        for file in files.iter().filter(|file| file.path != *home) {
            for at in file.find(maker) {
                wrong.insert(format!("{}: {maker} belongs into {home}", file.place(at)));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", list(&wrong));
}

use std::time::Duration;

use super::*;
use crate::clock::Timestamp;
use crate::domain::group::GroupName;
use crate::domain::ids::UserId;

fn rules(texts: &[&str]) -> Vec<Rule> {
    let read = |text: &&str| text.parse().unwrap_or_else(|_| panic!("{text} is a rule"));
    texts.iter().map(read).collect()
}

fn application(hosts: &[&str], texts: &[&str]) -> Application {
    let hosts = hosts
        .iter()
        .map(|host| HostPattern::parse(host).expect("a host"));
    let settings = ApplicationSettings {
        name: ApplicationName::parse("Wiki").expect("a name"),
        contact: String::new(),
        hosts: hosts.collect(),
        rules: rules(texts),
    };
    Application {
        id: ApplicationId::from_stored("0190b7a0-0000-7000-8000-000000000001").expect("an id"),
        settings: settings.checked().expect("settings"),
        version: 0,
        created_at: NOW,
    }
}

const NOW: Timestamp = Timestamp::from_seconds(1_795_000_000);

fn visitor(groups: &[GroupName], reached: Option<Reached>) -> Visitor<'_> {
    Visitor {
        user: UserId::from_stored("0190b7a0-0000-7000-8000-000000000002").expect("an id"),
        groups,
        by: VisitBy::Session(reached),
    }
}

fn proved(level: Level, ago: u64) -> Option<Reached> {
    Some(Reached {
        best: level,
        last: level,
        proved_at: Some(NOW - Duration::from_secs(ago)),
    })
}

fn judge(texts: &[&str], method: &str, path: &str, visitor: Option<&Visitor<'_>>) -> Verdict {
    let application = application(&["app.example.org"], texts);
    let request = Request {
        host: &RequestHost::parse("app.example.org").expect("a host"),
        path,
        method: &Method::parse(method).expect("a method"),
    };
    application.judge(&request, visitor, NOW)
}

fn rule_of(texts: &[&str], path: &str) -> Verdict {
    judge(texts, "GET", path, None)
}

#[test]
fn a_rule_whose_names_are_gone_is_written_as_one_for_nobody() {
    let named: Rule = "GET /admin group:staff hardware within 1h or token"
        .parse()
        .expect("a rule");
    let gone = Rule {
        who: Who::Members {
            groups: Vec::new(),
            users: Vec::new(),
        },
        ..named
    };
    let gone = gone.settled();
    assert_eq!(gone.to_string(), "GET /admin deny");
    let again: Rule = gone.to_string().parse().expect("it is read again");
    assert_eq!(again, gone);
}

#[test]
fn the_first_rule_that_matches_decides() {
    let rules = [
        "/public bypass",
        "POST /admin deny",
        "/admin group:staff",
        "/ anyone",
    ];
    assert_eq!(rule_of(&rules, "/public/a"), Verdict::Bypassed { rule: 0 });
    assert_eq!(rule_of(&rules, "/publicity"), Verdict::SignIn { rule: 3 });
    assert_eq!(rule_of(&rules, "/admin"), Verdict::SignIn { rule: 2 });
    assert_eq!(rule_of(&rules, "/admin/"), Verdict::SignIn { rule: 2 });
    assert_eq!(
        judge(&rules, "POST", "/admin/x", None),
        Verdict::Denied(Denial::ByRule { rule: 1 })
    );
    let outsider = visitor(&[], proved(Level::Hardware, 0));
    assert_eq!(
        judge(&rules, "GET", "/admin", Some(&outsider)),
        Verdict::Denied(Denial::NotAmong { rule: 2 }),
        "a later rule does not let through whom an earlier one turns away"
    );
}

#[test]
fn no_rule_is_a_denial() {
    let denied = Verdict::Denied(Denial::NoRule);
    assert_eq!(rule_of(&[], "/"), denied);
    assert_eq!(rule_of(&["/a anyone"], "/b"), denied);
    assert_eq!(judge(&["GET / bypass"], "POST", "/", None), denied);
    let head = judge(&["GET / bypass"], "HEAD", "/", None);
    assert_eq!(head, Verdict::Bypassed { rule: 0 });
}

#[test]
fn a_token_passes_where_a_rule_takes_tokens_and_its_owner_is_among_those_who_may() {
    let staff = [GroupName::from_stored("staff")];
    let by_token = |rule: &str, groups: &[GroupName]| {
        let mut visitor = visitor(groups, None);
        visitor.by = VisitBy::Token;
        judge(&[rule], "GET", "/", Some(&visitor))
    };
    let granted = Verdict::Granted { rule: 0 };
    assert_eq!(by_token("/ anyone or token", &[]), granted);
    assert_eq!(
        by_token("/ group:staff hardware within 1m or token", &staff),
        granted
    );
    assert_eq!(
        by_token("/ group:staff or token", &[]),
        Verdict::Denied(Denial::NotAmong { rule: 0 })
    );
    assert_eq!(by_token("/ anyone", &[]), Verdict::SignIn { rule: 0 });
    for wrong in [
        "/ bypass or token",
        "/ deny or token",
        "/ anyone or",
        "/ anyone or a token",
        "/ anyone or token within 1h",
    ] {
        assert!(wrong.parse::<Rule>().is_err(), "{wrong}");
    }
    for written in ["/ anyone or token", "/ anyone hardware within 1h or token"] {
        let rule: Rule = written.parse().expect("a rule");
        assert_eq!(rule.to_string(), written);
    }
}

#[test]
fn what_is_asked_for_must_have_been_proved_and_freshly_where_that_is_asked() {
    let staff = [GroupName::from_stored("staff")];
    for (rule, reached, goes_on) in [
        ("/ anyone", proved(Level::Session, 9_999), true),
        ("/ anyone second-factor", proved(Level::Session, 0), false),
        (
            "/ anyone second-factor",
            proved(Level::Hardware, 9_999),
            true,
        ),
        (
            "/ anyone hardware",
            proved(Level::PhishingResistant, 0),
            false,
        ),
        ("/ group:staff hardware", proved(Level::Hardware, 0), true),
        ("/ group:other,group:staff", proved(Level::Session, 0), true),
        ("/ anyone within 1h", proved(Level::Session, 3_599), true),
        ("/ anyone within 1h", proved(Level::Session, 3_600), false),
        ("/ anyone", None, false),
    ] {
        let visitor = visitor(&staff, reached);
        let verdict = judge(&[rule], "GET", "/", Some(&visitor));
        assert_eq!(verdict.goes_on(), goes_on, "{rule} {reached:?}");
    }
}

#[test]
fn a_code_after_a_key_is_no_fresh_proof_of_the_key() {
    let reached = Some(Reached {
        best: Level::Hardware,
        last: Level::SecondFactor,
        proved_at: Some(NOW),
    });
    let visitor = visitor(&[], reached);
    let of = |rule| judge(&[rule], "GET", "/", Some(&visitor)).goes_on();
    assert!(of("/ anyone hardware"));
    assert!(of("/ anyone second-factor within 1h"));
    assert!(!of("/ anyone hardware within 1h"));
}

#[test]
fn attack_a_path_that_can_be_read_in_two_ways_is_judged_in_both() {
    let rules = ["/public bypass", "/admin deny", "/ anyone"];
    for path in [
        "/public/../admin",
        "/public/%2e%2e/admin",
        "/public/%2E./admin",
        "/public/..%2fadmin",
        "/public/..%5cadmin",
        "/public/..\\admin",
        "/public/%252e%252e/admin",
        "/public/..;/admin",
        "/public/..;x=1/admin",
        "/public/.;/../admin",
        "//public/x",
        "/public//../admin",
        "/x/..;/public",
        "/public%2f..%2fadmin",
        "/%61dmin;/x/../../public",
    ] {
        let verdict = rule_of(&rules, path);
        assert_ne!(verdict, Verdict::Bypassed { rule: 0 }, "{path}");
    }
    // Servers that merge no slashes, or end a path where a query is encoded, come to the admin pages.
    for path in [
        "/admin//../y",
        "/admin%2f/../y",
        "/admin\\/../y",
        "/admin%5c/../y",
        "/admin%252f/../y",
        "/admin;x//../y",
        "/admin%3bx//../y",
        "/admin%3f",
        "/admin%23x",
        "/admin%253fx",
    ] {
        let verdict = rule_of(&rules, path);
        assert_eq!(verdict, Verdict::Denied(Denial::AmbiguousPath), "{path}");
    }
    for path in [
        "/public/a%00b",
        "/public/a%0ab",
        "/public/\u{7f}",
        "public",
        "",
    ] {
        assert_eq!(
            rule_of(&rules, path),
            Verdict::Denied(Denial::NoPath),
            "{path}"
        );
    }
    // What comes to one rule in every reading is no attack.
    for path in [
        "/admin/a%2Fb",
        "/%61dmin/",
        "/admin//x",
        "/admin/x;v=1",
        "/admin/./x",
    ] {
        let denied = Verdict::Denied(Denial::ByRule { rule: 1 });
        assert_eq!(rule_of(&rules, path), denied, "{path}");
    }
    assert_eq!(
        rule_of(&rules, "/wiki/a%2Fb;c"),
        Verdict::SignIn { rule: 2 }
    );
}

#[test]
fn patterns_stand_for_segments_and_parts_of_them() {
    for (pattern, path, matches) in [
        ("/", "/anything/at/all", true),
        ("/a/b", "/a/b/c", true),
        ("/a/b/", "/a/b", true),
        ("/a/b", "/a/bc", false),
        ("=/a", "/a", true),
        ("=/a", "/a/b", false),
        ("=/", "/", true),
        ("=/", "/a", false),
        ("/api/*/public", "/api/v1/public", true),
        ("/api/*/public", "/api/v1/v2/public", false),
        ("/api/*/public", "/api/v1/public/x", false),
        ("/api/*/public/**", "/api/v1/public/x/y", true),
        ("/files/**/*.png", "/files/a/b/c.png", true),
        ("/files/**/*.png", "/files/c.png", true),
        ("/files/**/*.png", "/files/c.png.exe", false),
        ("/**/edit", "/a/edit/b/edit", true),
        ("/caf%C3%A9", "/café/x", true),
        ("/café", "/caf%c3%a9", true),
    ] {
        let rule = format!("{pattern} bypass");
        let verdict = rule_of(&[&rule], path);
        assert_eq!(verdict.goes_on(), matches, "{pattern} {path}");
    }
}

#[test]
fn a_pattern_never_costs_more_than_its_length_times_the_paths() {
    let pattern = format!("{} bypass", "/**/a*a*a*b".repeat(80));
    let path = format!("/{}", "a/".repeat(4_000));
    assert!(!rule_of(&[&pattern], &path).goes_on());
}

#[test]
fn stars_are_whatever_stands_between_the_rest() {
    // By trying every way of cutting the text.
    fn fits(pattern: &str, text: &str) -> bool {
        match pattern.split_at_checked(1) {
            None => text.is_empty(),
            Some(("*", rest)) => (0..=text.len()).any(|at| fits(rest, &text[at..])),
            Some((wanted, rest)) => text
                .strip_prefix(wanted)
                .is_some_and(|text| fits(rest, text)),
        }
    }
    let words = |letters: &'static str, most: u32| {
        (1..=most).flat_map(move |length| {
            (0..letters.len().pow(length)).map(move |mut number| {
                let mut word = String::new();
                for _ in 0..length {
                    word.push_str(&letters[number % letters.len()..][..1]);
                    number /= letters.len();
                }
                word
            })
        })
    };
    for pattern in words("ab*", 4).filter(|pattern| !pattern.contains("**")) {
        let rules = [format!("/{pattern}/x bypass")];
        let rules: Vec<&str> = rules.iter().map(String::as_str).collect();
        for text in words("ab", 5) {
            let verdict = rule_of(&rules, &format!("/{text}/x"));
            assert_eq!(verdict.goes_on(), fits(&pattern, &text), "{pattern} {text}");
        }
    }
}

#[test]
fn a_path_of_more_segments_than_are_compared_with_all_rules_is_refused() {
    let texts: Vec<String> = (0..256)
        .map(|number| format!("/{number}/**/*.png bypass"))
        .collect();
    let rules: Vec<&str> = texts.iter().map(String::as_str).collect();
    let of = |segments: usize, end: &str| format!("/7{}/x.png{end}", "/a".repeat(segments - 2));
    assert_eq!(rule_of(&rules, &of(255, "")), Verdict::Bypassed { rule: 7 });
    let refused = Verdict::Denied(Denial::TooManySegments);
    assert_eq!(rule_of(&rules, &of(256, "")), refused);
    // What can be read in several ways is compared as often.
    assert_eq!(rule_of(&rules, &of(200, ";v=1")), refused);
    assert_ne!(rule_of(&rules[..20], &of(400, ";v=1")), refused);
    // Its readings are not even made, however few the rules are.
    for long in [
        of(513, ";v=1"),
        format!("/a{}", "/..".repeat(512)),
        format!("/{}", "a%252F".repeat(512)),
        format!("/{}", "a%5c".repeat(512)),
    ] {
        assert_eq!(rule_of(&rules[..1], &long), refused, "{long}");
    }
    assert!(rule_of(&rules[..8], &of(4000, "")).goes_on());
}

#[test]
fn rules_that_no_request_comes_to_are_found() {
    for (earlier, later, is_covered) in [
        ("/ anyone", "/admin deny", true),
        ("/admin deny", "/ anyone", false),
        ("/admin deny", "/admin/x anyone", true),
        ("/admin deny", "/administrator anyone", false),
        ("GET / anyone", "/ anyone", false),
        ("GET / anyone", "HEAD,GET /x anyone", true),
        ("/a/*/c anyone", "/a/b/c anyone", false),
        ("/a/*/c anyone", "=/a/b/c anyone", true),
        ("/a/** anyone", "/a/b anyone", true),
        ("/**/x anyone", "/a/**/x anyone", true),
        ("/a/**/x anyone", "/**/x anyone", false),
        ("=/a anyone", "/a anyone", false),
        ("/a/*.png anyone", "=/a/b.png anyone", true),
    ] {
        let found = application(&["app.example.org"], &[earlier, later]);
        let expected: &[(usize, usize)] = if is_covered { &[(1, 0)] } else { &[] };
        assert_eq!(
            found.settings.unreachable_rules(),
            expected,
            "{earlier} / {later}"
        );
    }
}

#[test]
fn rules_are_read_as_they_are_written() {
    for text in [
        "/ anyone",
        "/public bypass",
        "GET,POST /a deny",
        "/a group:staff,user:anna hardware within 1h",
        "/a user:\"anna b, c\" second-factor",
        "=/a anyone phishing-resistant within 90m",
        "\"/with space\" anyone",
        "/ anyone within 7d",
    ] {
        let rule: Rule = text.parse().unwrap_or_else(|_| panic!("{text} is a rule"));
        assert_eq!(rule.to_string(), text);
    }
    for text in [
        "",
        "anyone",
        "/",
        "/ somebody",
        "/ anyone password",
        "/ anyone within",
        "/ anyone within 5",
        "/ anyone within 1s",
        "/ anyone within 99999999999999999d",
        "/ anyone hardware extra",
        "/ bypass hardware",
        "/ deny within 1h",
        "/ group:",
        "/ user:",
        "/ group:a,",
        "/a?b=c anyone",
        "/a/../b anyone",
        "/a%2fb anyone",
        "/a/***/b anyone",
        "/a**b anyone",
        "=/a/* anyone",
        "/ user:\"anna",
        "GET POST / anyone",
    ] {
        assert!(text.parse::<Rule>().is_err(), "{text}");
    }
}

#[test]
fn hosts_are_one_host_however_they_are_written() {
    for (pattern, host, matches) in [
        ("app.example.org", "app.example.org", true),
        ("APP.example.org", "app.EXAMPLE.org:8443", true),
        ("app.example.org", "app.example.org.", true),
        ("app.example.org", "xapp.example.org", false),
        ("*.apps.example.org", "a.apps.example.org", true),
        ("*.apps.example.org", "b.a.apps.example.org", true),
        ("*.apps.example.org", "apps.example.org", false),
        ("*.apps.example.org", "evilapps.example.org", false),
        ("bücher.example", "xn--bcher-kva.example", true),
        ("192.0.2.1", "192.0.2.1:80", true),
        ("[2001:db8::1]", "[2001:DB8:0::1]:443", true),
    ] {
        let found = Applications::new([application(&[pattern], &[])]);
        let host = RequestHost::parse(host).unwrap_or_else(|| panic!("{host}"));
        assert_eq!(
            found.of_host(&host).is_some(),
            matches,
            "{pattern} {host:?}"
        );
    }
    for text in [
        "",
        "*",
        "*.",
        "a b",
        "app.example.org:80",
        "*.192.0.2.1",
        "a/b",
        "user@host",
        "a.*.b",
    ] {
        assert!(HostPattern::parse(text).is_err(), "{text}");
    }
    for text in [
        "",
        "a b",
        "user@host",
        "host:",
        "host:x",
        "host:99999",
        "a/b",
        "a,b",
    ] {
        assert!(RequestHost::parse(text).is_none(), "{text}");
    }
}

#[test]
fn the_host_that_is_named_stands_before_what_is_below_one() {
    let mut wide = application(&["*.example.org"], &[]);
    wide.version = 1;
    let mut narrow = application(&["*.apps.example.org"], &[]);
    narrow.version = 2;
    let mut one = application(&["a.apps.example.org"], &[]);
    one.version = 3;
    let all = Applications::new([wide, narrow, one]);
    let version = |host| {
        let host = RequestHost::parse(host).expect("a host");
        all.of_host(&host).map(|found| found.version)
    };
    assert_eq!(version("a.apps.example.org"), Some(3));
    assert_eq!(version("b.apps.example.org"), Some(2));
    assert_eq!(version("c.example.org"), Some(1));
    assert_eq!(version("example.org"), None);
}

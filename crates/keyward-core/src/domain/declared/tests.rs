use super::*;
use crate::domain::application::{ApplicationName, HostPattern};
use crate::domain::ids::UserId;

fn place(key: &str) -> Place {
    Place {
        file: "keyward.d/a.toml".to_owned(),
        key: key.to_owned(),
    }
}

fn group(name: &str) -> Declaration {
    Declaration::Group(GroupName::parse(name).expect("a group"))
}

fn application(name: &str, hosts: &[&str], rules: &[&str]) -> Declaration {
    let hosts = hosts
        .iter()
        .map(|host| HostPattern::parse(host).expect("a host"));
    let rules = rules.iter().map(|rule| rule.parse().expect("a rule"));
    Declaration::Application(ApplicationSettings {
        name: ApplicationName::parse(name).expect("a name"),
        contact: String::new(),
        hosts: hosts.collect(),
        rules: rules.collect(),
    })
}

fn client(id: i64, is_active: bool, key: SharedKey) -> Declaration {
    Declaration::ValidationClient {
        id: ValidationClientId::new(id).expect("a number"),
        settings: ValidationClientSettings::default(),
        is_active,
        key,
    }
}

fn policy(group: Option<&str>) -> Declaration {
    let group = group.map(|name| GroupName::parse(name).expect("a group"));
    Declaration::Policy {
        scope: group.map_or(Scope::Everybody, Scope::Group),
        rules: Box::new(Rules {
            second_factor: true,
            ..Rules::default()
        }),
        mail: None,
    }
}

fn declared(all: &[Declaration]) -> Declarations {
    let mut declarations = Declarations::default();
    for (index, one) in all.iter().enumerate() {
        let place = place(&format!("{}[{index}]", one.kind().key()));
        declarations.add(place, one.clone()).expect("declared once");
    }
    declarations
}

fn present(all: &[Declaration]) -> Present {
    let existing = |declaration: &Declaration| Existing {
        declaration: declaration.clone(),
        row: Row::Named,
    };
    Present {
        all: all.iter().map(existing).collect(),
        ..Present::default()
    }
}

/// The changes as `+ group staff`.
fn told(plan: &Plan) -> Vec<String> {
    let told = |change: &Change| {
        let sign = match change.action {
            Action::Add => '+',
            Action::Change => '~',
            Action::Remove => '-',
        };
        let declaration = &change.declaration;
        format!(
            "{sign} {} {}",
            declaration.kind().noun(),
            declaration.name()
        )
    };
    plan.changes.iter().map(told).collect()
}

fn plan(wanted: &[Declaration], there: &[Declaration], prune: bool) -> Result<Vec<String>> {
    let plan = declared(wanted).plan(&present(there), prune)?;
    Ok(told(&plan))
}

fn refused(wanted: &[Declaration], there: &[Declaration], prune: bool) -> String {
    let problem = plan(wanted, there, prune).expect_err("something is wrong");
    assert_eq!(problem.code().name, "declared.invalid");
    problem.detail().unwrap_or_default().to_owned()
}

#[test]
fn what_is_there_already_changes_nothing() {
    let all = [
        group("staff"),
        application(
            "Wiki",
            &["b.example.org", "a.example.org"],
            &["GET,POST / group:staff"],
        ),
        policy(Some("staff")),
        client(7, true, SharedKey::Given("AAEC".to_owned().into())),
    ];
    assert!(plan(&all, &all, true).expect("a plan").is_empty());
    let again = [
        application(
            "Wiki",
            &["a.example.org", "b.example.org"],
            &["POST,GET / group:staff"],
        ),
        client(7, true, SharedKey::Kept),
    ];
    assert!(
        plan(&again, &all, false).expect("a plan").is_empty(),
        "another order"
    );
}

#[test]
fn groups_come_before_what_names_them_and_go_after_it() {
    let wanted = [
        policy(Some("staff")),
        application("Wiki", &["a.example.org"], &["/ group:staff"]),
        group("staff"),
    ];
    let come = ["+ group staff", "+ application Wiki", "+ policy for staff"];
    assert_eq!(plan(&wanted, &[], false).expect("a plan"), come);
    let mut none = Declarations::default();
    for kind in Kind::ALL {
        none.speak_of(kind);
    }
    let gone = none.plan(&present(&wanted), true).expect("a plan");
    let go = ["- application Wiki", "- policy for staff", "- group staff"];
    assert_eq!(told(&gone), go);
}

#[test]
fn only_kinds_that_are_spoken_of_are_pruned() {
    let there = [
        group("staff"),
        policy(None),
        client(7, false, SharedKey::Kept),
    ];
    let mut none = Declarations::default();
    none.speak_of(Kind::Group);
    none.speak_of(Kind::ValidationClient);
    let gone = none.plan(&present(&there), true).expect("a plan");
    assert_eq!(
        told(&gone),
        ["- group staff"],
        "a revoked client is gone already"
    );
    assert!(
        plan(&[group("staff")], &there, false)
            .expect("a plan")
            .is_empty()
    );
}

#[test]
fn a_host_goes_from_one_application_to_another_at_once() {
    let there = [
        application("One", &["one.example.org"], &[]),
        application("Two", &["two.example.org"], &[]),
        application("Old", &["old.example.org"], &[]),
    ];
    let wanted = [
        application("One", &["two.example.org"], &[]),
        application("Two", &["one.example.org"], &[]),
        application("New", &["old.example.org"], &[]),
    ];
    let plan = declared(&wanted)
        .plan(&present(&there), true)
        .expect("a plan");
    let steps = plan.steps();
    assert_eq!(steps.len(), 1);
    assert_eq!(told(&plan)[0], "- application Old");
    let why = refused(&wanted, &there, false);
    assert!(
        why.contains("old.example.org") && why.contains("application Old"),
        "{why}"
    );
    let twice = [
        application("One", &["one.example.org"], &[]),
        application("Two", &["one.example.org"], &[]),
    ];
    let why = refused(&twice, &[], false);
    assert!(
        why.contains("applications[0]") && why.contains("applications[1]"),
        "{why}"
    );
}

#[test]
fn what_names_a_group_or_a_user_that_will_not_be_there_is_refused() {
    let wiki = |rule| application("Wiki", &["a.example.org"], &[rule]);
    let why = refused(&[wiki("/ group:staff")], &[], false);
    assert!(why.contains("neither there nor declared"), "{why}");
    let there = [group("staff"), group("ops"), wiki("/ group:staff")];
    let why = refused(&[group("ops"), wiki("/ group:staff")], &there, true);
    assert!(why.contains("would go"), "{why}");
    let why = refused(&[wiki("/ user:anna")], &[], false);
    assert!(why.contains("the user anna"), "{why}");
    // A rule that names a group that is gone is what is there.
    let there = [wiki("/ group:gone")];
    assert!(plan(&there, &there, false).expect("a plan").is_empty());
}

#[test]
fn a_user_has_the_name_of_today_however_it_is_written() {
    let mut there = present(&[application("Wiki", &["a.example.org"], &["/ user:Anna"])]);
    let anna = RuleUser {
        name: "Anna".to_owned(),
        id: UserId::from_stored("0190b7a0-0000-7000-8000-000000000002"),
    };
    there.users.insert("ANNA".to_owned(), anna);
    let wanted = [application("Wiki", &["a.example.org"], &["/ user:ANNA"])];
    let mut declared = declared(&wanted);
    assert_eq!(declared.users().into_iter().collect::<Vec<_>>(), ["ANNA"]);
    assert!(
        declared
            .plan(&there, false)
            .expect("a plan")
            .changes
            .is_empty()
    );
}

#[test]
fn keys_are_compared_and_never_told() {
    let given = |text: &str| SharedKey::Given(text.to_owned().into());
    let there = present(&[client(7, true, given("AAEC"))]);
    let change = |key| {
        let plan = declared(&[client(7, true, key)]).plan(&there, false);
        plan.expect("a plan").changes
    };
    assert!(change(given(" AAEC\n")).is_empty());
    let changes = change(given("AAED"));
    assert_eq!(changes[0].fields[0].key, "api_key");
    let text = serde_json::to_string(&changes[0].fields).expect("JSON");
    assert!(!text.contains("AAE"), "{text}");
}

#[test]
fn the_same_declared_twice_names_both_places() {
    let mut declarations = declared(&[application("Wiki", &["a.example.org"], &[])]);
    let again = application("WIKI", &["b.example.org"], &[]);
    let problem = declarations.add(place("applications[4]"), again);
    let problem = problem.expect_err("twice");
    let why = problem.detail().unwrap_or_default();
    assert!(
        why.contains("applications[0]") && why.contains("applications[4]"),
        "{why}"
    );
}

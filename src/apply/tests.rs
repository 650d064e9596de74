use std::fs;
use std::path::PathBuf;

use proptest::prelude::*;

use super::*;
use keyward_core::clock::SystemEntropy;
use keyward_core::domain::application::{
    ApplicationName, ApplicationSettings, HostPattern, Rule, RuleUser,
};
use keyward_core::domain::declared::{Declaration, Existing, Present, Row, SharedKey};
use keyward_core::domain::group::GroupName;
use keyward_core::domain::openid_client::{ClientFields, ClientId, ClientSecret};
use keyward_core::domain::policy::{Rule as PolicyRule, Rules, Scope};
use keyward_core::domain::validation_client::{ValidationClientId, ValidationClientSettings};
use keyward_core::domain::validation_service::{SyncLevel, ValidationServiceSettings};
use keyward_core::domain::webhook::{WantedEvents, WebhookSettings};

fn written(folder: &std::path::Path, name: &str, text: &str) -> PathBuf {
    let path = folder.join(name);
    fs::write(&path, text).expect("a file");
    path
}

fn refused(name: &str, text: &str) -> String {
    let folder = tempfile::tempdir().expect("a folder");
    let path = written(folder.path(), name, text);
    let problem = read(&[path]).expect_err(text);
    assert_eq!(problem.code().name, "declared.invalid");
    problem.detail().unwrap_or_default().to_owned()
}

fn of(all: Vec<Declaration>) -> Present {
    let existing = |declaration| Existing {
        declaration,
        row: Row::Named,
    };
    Present {
        all: all.into_iter().map(existing).collect(),
        ..Present::default()
    }
}

/// That what is written of these is what is there.
fn comes_back(mut present: Present) {
    for (name, text) in [
        ("all.toml", as_toml(&present)),
        ("all.yaml", as_json(&present).to_string()),
    ] {
        let folder = tempfile::tempdir().expect("a folder");
        let path = written(folder.path(), name, &text);
        let mut declared = read(&[path]).unwrap_or_else(|problem| panic!("{problem}: {text}"));
        for name in declared.users() {
            let user = RuleUser {
                name: name.clone(),
                id: None,
            };
            present.users.insert(name, user);
        }
        let plan = declared.plan(&present, true).expect("a plan");
        assert!(plan.changes.is_empty(), "{:?}: {text}", plan.changes);
    }
}

fn a_name() -> impl Strategy<Value = String> {
    "[a-zA-ZäßЖ漢 ,\"'\\\\#=:;|&*-]{1,12}"
}

fn an_application() -> impl Strategy<Value = ApplicationSettings> {
    let who = prop_oneof![
        Just("anyone".to_owned()),
        proptest::collection::vec(a_name(), 1..4).prop_map(|names| {
            let names = names
                .iter()
                .map(|name| format!("\"user:{}\"", name.replace('"', "\"\"")));
            names.collect::<Vec<_>>().join(",")
        }),
        proptest::collection::vec("[a-z\"'#]{1,8}", 1..4).prop_map(|names| {
            let names = names
                .iter()
                .map(|name| format!("\"group:{}\"", name.replace('"', "\"\"")));
            names.collect::<Vec<_>>().join(",")
        }),
    ];
    let level = prop_oneof![Just(""), Just(" second-factor"), Just(" hardware")];
    let within = prop_oneof![Just(""), Just(" within 90s"), Just(" within 7d")];
    let methods = prop_oneof![Just(""), Just("get,POST "), Just("PROPFIND ")];
    let path = "/[a-z \"',#%{}=]{0,12}(/\\*\\*)?".prop_map(|path| path.replace('"', "\"\""));
    let rule = (methods, path, who, level, within).prop_filter_map(
        "a rule",
        |(methods, path, who, level, within)| {
            format!("{methods}\"{path}\" {who}{level}{within}")
                .parse::<Rule>()
                .ok()
        },
    );
    let hosts = proptest::collection::btree_set("(\\*\\.)?[a-z]{1,6}\\.example\\.org", 1..4);
    let rules = proptest::collection::vec(rule, 0..6);
    (a_name(), a_name(), hosts, rules).prop_filter_map(
        "an application",
        |(name, contact, hosts, rules)| {
            let hosts = hosts
                .iter()
                .map(|host| HostPattern::parse(host).expect("a host"));
            let settings = ApplicationSettings {
                name: ApplicationName::parse(&name).ok()?,
                contact,
                hosts: hosts.collect(),
                rules,
            };
            settings.checked().ok()
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn an_application_comes_back_as_it_was_written(settings in an_application()) {
        comes_back(of(vec![Declaration::Application(settings)]));
    }
}

fn a_policy(group: Option<&str>) -> Declaration {
    let mut rules = Rules::default();
    for (rule, typed) in [
        (PolicyRule::SecondFactor, &["true"][..]),
        (PolicyRule::Kinds, &["passkey", "security-key"]),
        (PolicyRule::UserVerification, &["required"]),
        (
            PolicyRule::Allow,
            &["certification:L2 & key-protection:secure_element"],
        ),
        (PolicyRule::Deny, &["2fc0579f-8113-47ea-b116-bb5a8db9202a"]),
        (PolicyRule::Statuses, &["REVOKED"]),
        (PolicyRule::MostDevices, &["5"]),
        (PolicyRule::Grace, &["0"]),
    ] {
        rules.set(rule, typed).expect("a rule");
    }
    let mail = group.is_none();
    let group = group.map(|name| GroupName::parse(name).expect("a group"));
    Declaration::Policy {
        scope: group.map_or(Scope::Everybody, Scope::Group),
        rules: Box::new(rules),
        mail: Some(mail),
    }
}

fn texts(all: &[&str]) -> Option<Vec<String>> {
    Some(all.iter().map(|text| (*text).to_owned()).collect())
}

#[test]
fn every_kind_comes_back_as_it_was_written() {
    let service = ValidationServiceSettings {
        name: "\"Otp\" = [1]".to_owned(),
        urls: vec![
            "https://otp.example.com/wsapi/2.0/verify?a=b"
                .parse()
                .expect("an address"),
        ],
        client_id: u64::MAX,
        api_key: None,
        ca: None,
        sync_level: Some(SyncLevel::Percent(50)),
        timeout: std::time::Duration::from_millis(1250),
        is_enabled: false,
    };
    let client = ValidationClientSettings {
        note: "Mail \\ \"in\"".to_owned(),
        owner: "anna".to_owned(),
        addresses: vec!["192.0.2.0/24".parse().expect("a network")],
        rate_limit: std::num::NonZeroU32::new(60),
        must_sign: true,
        may_see_user: true,
    };
    let webhook = WebhookSettings {
        name: "Chat".to_owned(),
        url: "https://hooks.example.org/x?y=1#z"
            .parse()
            .expect("an address"),
        events: WantedEvents::parse("device.*, sign_in.completed").expect("events"),
        is_enabled: false,
    };
    let [wiki, robot] = [
        (
            "wiki",
            ClientFields {
                redirect_uris: texts(&["https://wiki.example.org/z", "https://wiki.example.org/a"]),
                post_logout_redirect_uris: texts(&["https://wiki.example.org/"]),
                backchannel_logout_uri: Some("https://wiki.example.org/out?a=b".to_owned()),
                scopes: texts(&["openid", "offline_access"]),
                access: Some("group:staff,\"user:ben, jr\" hardware within 1h".to_owned()),
                subject: Some("pairwise".to_owned()),
                requires_pkce: Some(false),
                ..ClientFields::default()
            },
        ),
        (
            "robot",
            ClientFields {
                authentication: Some("private_key_jwt".to_owned()),
                keys: Some(r#"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#.to_owned()),
                grants: texts(&["client_credentials"]),
                ..ClientFields::default()
            },
        ),
    ]
    .map(|(id, fields)| {
        let fields = ClientFields {
            name: Some(format!("{id} \"east\" = [1]")),
            ..fields
        };
        let id = ClientId::parse(id).expect("an id");
        Box::new(fields.new_client(id).expect("a client"))
    });
    let secret = ClientSecret::generate(&SystemEntropy).hash();
    comes_back(of(vec![
        Declaration::Group(GroupName::parse("staff").expect("a group")),
        Declaration::OpenidClient(wiki, SharedKey::Hashed(secret)),
        Declaration::OpenidClient(robot, SharedKey::Absent),
        a_policy(None),
        a_policy(Some("staff")),
        Declaration::ValidationService(
            Box::new(service),
            SharedKey::Given("AAEC".to_owned().into()),
        ),
        Declaration::ValidationClient {
            id: ValidationClientId::new(7).expect("a number"),
            settings: client,
            is_active: false,
            key: SharedKey::Given("AAEC".to_owned().into()),
        },
        Declaration::Webhook(webhook, SharedKey::Given("whsec_AAEC".to_owned().into())),
    ]));
    comes_back(Present::default());
}

#[test]
fn what_is_wrong_is_named_with_file_key_reason_and_the_nearest_key() {
    for (name, text, parts) in [
        (
            "a.toml",
            "[[aplications]]\nname = 'Wiki'\n",
            &["a.toml: aplications", "nearest one is applications"][..],
        ),
        (
            "a.yaml",
            "applications:\n- nmae: Wiki\n",
            &["applications[0].nmae", "nearest one is name"],
        ),
        (
            "a.yml",
            "applications: Wiki\n",
            &["applications must be a list"],
        ),
        (
            "a.yaml",
            "applications: [{name: 1, hosts: [a.org]}]\n",
            &["applications[0].name must be a text, not a number"],
        ),
        (
            "a.yaml",
            "applications: [{name: A, hosts: [a.org, 'b c']}]\n",
            &["applications[0].hosts[1]", "b c"],
        ),
        (
            "a.yaml",
            "applications: [{name: A, hosts: [a.org], rules: ['/ anyone', '/ x']}]\n",
            &["applications[0].rules[1]"],
        ),
        (
            "a.yaml",
            "applications: [{name: A}]\n",
            &["applications[0] cannot be: an application has 1 to 64 hosts"],
        ),
        (
            "a.toml",
            "[[policies]]\nkinds = ['pakey']\n",
            &["policies[0].kinds", "pakey", "passkey"],
        ),
        (
            "a.toml",
            "[[policies]]\nsecond_facto = true\n",
            &["policies[0].second_facto", "nearest one is second_factor"],
        ),
        (
            "a.toml",
            "[[policies]]\nmost_devices = 0\n",
            &["policies[0]", "nobody may have a device"],
        ),
        (
            "a.toml",
            "[[policies]]\nstatuses = ['no status']\n",
            &["policies[0].statuses", "is no status"],
        ),
        (
            "a.toml",
            "[[validation_services]]\nname = 'x'\nurls = ['https://o.example.org/']\nclient_id = 1\napi_key = 'AAEC'\n",
            &[
                "validation_services[0].api_key",
                "nearest one is api_key_file",
            ],
        ),
        (
            "a.toml",
            "[[validation_services]]\nname = 'x'\nurls = ['https://o.example.org/']\nclient_id = 1\napi_key_file = 'none'\n",
            &["validation_services[0].api_key_file", "none"],
        ),
        (
            "a.toml",
            "[[validation_services]]\nname = 'x'\nurls = ['https://o.example.org/']\nclient_id = -1\n",
            &["validation_services[0].client_id must be a whole number"],
        ),
        (
            "a.toml",
            "[[validation_clients]]\nnote = 'x'\n",
            &["validation_clients[0].id is missing"],
        ),
        (
            "a.toml",
            "[[validation_clients]]\nid = 0\n",
            &["validation_clients[0].id must be"],
        ),
        (
            "a.toml",
            "[[webhooks]]\nname = 'x'\nurl = 'https://h.example.org/'\nevents = ['devise.*']\n",
            &["webhooks[0].events", "devise.*"],
        ),
        ("a.toml", "groups = ['two words']\n", &["groups[0].name"]),
        (
            "a.toml",
            "groups = ['a', 'a']\n",
            &["groups[1] declares the group a", "groups[0]"],
        ),
        ("a.toml", "groups = [\n", &["a.toml: line"]),
        ("a.txt", "groups = []\n", &["neither .toml nor .yaml"]),
        (
            "a.toml",
            "[[policies]]\nmail = 1979-05-27\n",
            &["policies[0].mail must be true or false"],
        ),
    ] {
        let why = refused(name, text);
        for part in parts {
            assert!(why.contains(part), "{text}: {why}");
        }
    }
}

#[test]
fn files_beside_are_found_from_the_file_that_names_them() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::create_dir(folder.path().join("keys")).expect("a folder");
    written(&folder.path().join("keys"), "seven", "AAEC\n");
    let path = written(
        folder.path(),
        "a.toml",
        "[[validation_clients]]\nid = 7\napi_key_file = 'keys/seven'\n",
    );
    assert!(read(&[path]).is_ok());
}

//! Lists as files: the same rows as at the API and on the command line, under the filters of the page.

use serde_json::{Value, json};

use keyward_core::domain::device::DeviceKind;
use keyward_core::domain::event::{Event, EventDetail, EventKind};
use reqwest::Method;

use super::trail::happened;
use super::{at_console, crowd, enrolled, user};
use keyward_test_support::command::keyward;
use keyward_test_support::on_every_database;
use keyward_test_support::person::Person;
use keyward_test_support::server::Server;
use keyward_test_support::soft_authenticator::SoftAuthenticator;

/// Every list, by its name and its command.
const LISTS: [(&str, &str); 15] = [
    ("users", "user list"),
    ("groups", "group list"),
    ("devices", "device list"),
    ("credentials", "credential list"),
    ("sessions", "session list"),
    ("passes", "pass list"),
    ("lockouts", "lockout list"),
    ("invitations", "invitation list"),
    ("policies", "policy list"),
    ("validation-services", "validation service list"),
    ("validation-clients", "validation client list"),
    ("applications", "application list"),
    ("clients", "client list"),
    ("tokens", "token list"),
    ("events", "event list"),
];

async fn exported(person: &Person, file: &str) -> String {
    let answer = person
        .browser
        .get(&format!("/console/exports/{file}"))
        .await;
    assert_eq!(answer.status, 200, "{file}: {}", answer.body);
    answer.body
}

async fn rows(person: &Person, file: &str) -> Vec<Value> {
    let text = exported(person, file).await;
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{file}: {error}: {text}"))
}

/// The cells of the first column below its heading, where none of them is quoted.
async fn first_cells(person: &Person, file: &str) -> Vec<String> {
    let text = exported(person, file).await;
    let lines = text.lines().skip(1);
    let cells = lines.map(|line| line.split(',').next().unwrap_or_default().to_owned());
    cells.collect()
}

on_every_database! {
    async fn the_console_the_api_and_the_command_line_tell_the_same_of_every_list(at: At) {
        let server = Server::start(at).await;
        let mut anna = at_console(&server).await;
        let mut key = SoftAuthenticator::passkey();
        assert_eq!(anna.registers("passkey", &mut key).await.status, 200);
        anna.app = None;
        let program = server.mighty_program().await;
        server.user("ben").await;
        program.posts("/groups", &json!({ "name": "staff" })).await;
        program.posts("/invitations", &json!({ "email": "zoe@example.org", "groups": ["staff"] })).await;
        program.posts("/passes", &json!({ "user": "ben", "minutes": 5 })).await;
        program.posts("/validation-clients", &json!({ "note": "VPN, west" })).await;
        let service = json!({ "name": "west", "urls": ["https://west.example.org/verify"], "client_id": 7 });
        program.posts("/validation-services", &service).await;
        let wiki = json!({ "name": "Wiki", "hosts": ["wiki.example.org"], "rules": ["/ anyone", "/a group:staff"] });
        assert_eq!(program.posts("/applications", &wiki).await.status, 201);
        let wiki = json!({ "name": "Wiki", "redirect_uris": ["https://wiki.example.org/cb"] });
        assert_eq!(program.posts("/clients", &wiki).await.status, 201);
        let mut guesser = server.stranger("ben");
        guesser.password = "a wrong guess".to_owned();
        guesser.types_password().await;
        let folder = server.folder();
        keyward(folder, &["policy", "set", "--least-devices", "1"]).done();
        for (list, command) in LISTS {
            let words = ["--json"].into_iter().chain(command.split(' '));
            let said = keyward(folder, &words.collect::<Vec<_>>()).json();
            let told = program.gets(&format!("/{list}?page_size=200")).await.json();
            assert_eq!(said, told["items"], "{list}");
            let found = rows(&anna, &format!("{list}.json")).await;
            assert!(!found.is_empty(), "{list} is empty");
            // What is exported stands in the trail, which then has one event more.
            let found = if list == "events" { found[1..].to_vec() } else { found };
            if list == "events" {
                assert_eq!(found[0]["kind"], "list.exported");
                let before = told["items"].as_array().expect("a list").len();
                assert_eq!(found.len(), before, "{list}");
            } else {
                assert_eq!(json!(found), told["items"], "{list}");
            }
            let csv = exported(&anna, &format!("{list}.csv")).await;
            let heading: Vec<&str> = csv.lines().next().expect("a heading").split(',').collect();
            let fields = found[0].as_object().expect("an object");
            assert_eq!(heading.len(), fields.len(), "{list}");
            assert!(heading.iter().all(|field| fields.contains_key(*field)), "{list}: {heading:?}");
            let words = command.split(' ').chain(["--csv"]);
            let said = keyward(folder, &words.collect::<Vec<_>>()).done();
            if list != "events" {
                assert_eq!(said.replace("\r\n", "\n").trim_end(), csv.replace("\r\n", "\n").trim_end(), "{list}");
            }
        }
        let named = "SELECT detail AS line FROM events WHERE kind = 'list.exported' ORDER BY id";
        let named = server.database.lines(named);
        assert_eq!(named.len(), 2 * LISTS.len());
        assert!(named[0].contains("users.json") && named[1].contains("users.csv"), "{named:?}");
        assert_eq!(super::told(&server, "list.exported", "anna", None, "").await, 30);
    }

    async fn an_export_has_every_row_of_every_page_under_the_filters_of_its_page(at: At) {
        let server = Server::start(at).await;
        let anna = at_console(&server).await;
        let people = crowd(&server, 1203).await;
        enrolled(&server, &people[..30], DeviceKind::Yubikey, 40).await;
        enrolled(&server, &people[10..20], DeviceKind::Totp, 100).await;
        let cells = first_cells(&anna, "users.csv").await;
        assert_eq!(cells.len(), 1204);
        let distinct: std::collections::BTreeSet<&String> = cells.iter().collect();
        assert_eq!(distinct.len(), 1204);
        assert_eq!(rows(&anna, "users.json").await.len(), 1204);
        for (filter, count) in [
            ("users.json?search=user01", 10),
            ("users.json?q=user01", 10),
            ("users.json?devices=none", 1173),
            ("users.json?search=user000&devices=none", 0),
            ("devices.json", 41),
            ("devices.json?kind=yubikey", 30),
            ("devices.json?kind=totp&user=", 11),
            ("devices.json?user=user001", 1),
            ("devices.json?unused_days=90", 10),
            ("devices.json?unused_since=2000-01-01", 0),
            ("devices.json?state=suspect", 0),
            ("events.json?kind=device.added", 1),
            ("events.json?kind=device.added&since=2000-01-01", 1),
            ("events.json?kind=device.added&until=2000-01-01", 0),
            ("sessions.json?user=anna", 1),
            ("sessions.json?user=user001", 0),
        ] {
            assert_eq!(rows(&anna, filter).await.len(), count, "{filter}");
        }
        // What the page offers is what it shows.
        let page = anna.visits("/console/devices?kind=totp&unused_days=90").await;
        let offered = page.link("Download as CSV").expect("an export");
        let file = offered.strip_prefix("/console/exports/").expect("an export");
        assert_eq!(first_cells(&anna, file).await.len(), 10);
        let page = anna.visits("/console/audit?kind=device.added&since=2000-01-01").await;
        let offered = page.link("Download as JSON").expect("an export");
        let file = offered.strip_prefix("/console/exports/").expect("an export");
        assert_eq!(rows(&anna, file).await.len(), 1);
    }

    async fn a_page_and_an_export_answer_head_as_they_answer_get(at: At) {
        let server = Server::start(at).await;
        let anna = at_console(&server).await;
        for path in ["/console", "/console/users", "/console/users/new", "/console/exports/users.csv"] {
            let got = anna.browser.get(path).await;
            let head = anna.browser.send(anna.browser.request(Method::HEAD, path)).await;
            assert_eq!((head.status, &*head.body), (200, ""), "{path}");
            assert_eq!(head.header("content-type"), got.header("content-type"), "{path}");
        }
        let stranger = server.browser();
        let head = stranger.send(stranger.request(Method::HEAD, "/console/users")).await;
        assert_ne!(head.status, 200);
    }

    async fn a_filter_that_fits_too_many_people_makes_no_file_that_looks_whole(at: At) {
        let server = Server::start(at).await;
        let anna = at_console(&server).await;
        let people = crowd(&server, 25).await;
        enrolled(&server, &people, DeviceKind::Totp, 1).await;
        let page = anna.visits("/console/devices?user=user").await;
        assert!(page.text().contains("The filter fits more people"), "{}", page.text());
        assert_eq!(page.link("Download as CSV"), None);
        for (path, status) in [
            ("devices.csv?user=user", 400),
            ("devices.csv?user=user00", 200),
            ("devices.csv?kind=nothing", 400),
            ("devices.csv?unused_days=x", 400),
            ("events.csv?since=yesterday", 400),
            ("users.csv?search=%00", 400),
            ("users.csv?search=a&search=b", 400),
            ("users.csv?bogus=1", 400),
            ("devices.csv?search=a", 400),
            ("nothing.csv", 404),
            ("users.xlsx", 404),
            ("users", 404),
        ] {
            let answer = anna.browser.get(&format!("/console/exports/{path}")).await;
            assert_eq!(answer.status, status, "{path}");
        }
        assert_eq!(server.events("list.exported"), 1);
    }

    async fn an_export_ends_with_the_session_that_began_it(at: At) {
        let server = Server::start(at).await;
        let anna = at_console(&server).await;
        // More than the system keeps for a reader who waits.
        let name = "x".repeat(8000);
        happened(&server, 4000, Event::new(EventKind::GroupAdded).detailed(EventDetail::Named { name })).await;
        let request = anna.browser.request(Method::GET, "/console/exports/events.json");
        let mut answer = request.send().await.expect("an answer");
        let first = answer.chunk().await.expect("the beginning").expect("a piece");
        assert_eq!(first.first(), Some(&b'['));
        anna.signs_out().await;
        let broken = loop {
            match answer.chunk().await {
                Ok(Some(_)) => {}
                Ok(None) => break false,
                Err(_) => break true,
            }
        };
        assert!(broken, "the whole trail left");
    }

    async fn nothing_in_a_file_is_a_formula(at: At) {
        let server = Server::start(at).await;
        let anna = at_console(&server).await;
        server.user("ben").await;
        let ben = user(&server, "ben").await.id;
        let program = server.program(&["users:write"]).await;
        for (called, cell) in [
            ("=HYPERLINK(\"https://attacker.example\")", "\"'=HYPERLINK(\"\"https://attacker.example\"\")\""),
            ("+1", "\"'+1\""),
            ("-1", "\"'-1\""),
            ("@SUM(A1)", "\"'@SUM(A1)\""),
            ("Ben; =1", "\"Ben; '=1\""),
        ] {
            let change = json!({ "display_name": called });
            let changed = program.patches(&format!("/users/{ben}"), "*", &change).await;
            assert_eq!(changed.status, 200, "{}", changed.body);
            let answer = anna.browser.get("/console/exports/users.csv?search=ben").await;
            let expected = format!("{ben},ben,{cell},");
            assert!(answer.body.lines().any(|line| line.starts_with(&expected)), "{}", answer.body);
            assert_eq!(rows(&anna, "users.json?search=ben").await[0]["display_name"], called);
            let said = keyward(server.folder(), &["user", "list", "--csv", "--fields", "name,display_name"]).done();
            assert!(said.lines().any(|line| line == format!("ben,{cell}")), "{said}");
        }
        let answer = anna.browser.get("/console/exports/users.csv").await;
        assert_eq!(answer.header("content-type"), "text/csv; charset=utf-8; header=present");
        assert_eq!(answer.header("content-disposition"), "attachment; filename=\"users.csv\"");
        assert_eq!(answer.header("cache-control"), "no-store");
    }

    async fn commands_take_the_filters_and_fields_of_the_api(at: At) {
        let server = Server::start(at).await;
        let mut ben = super::with_app(&server, "ben").await;
        ben.app = None;
        crowd(&server, 2).await;
        let folder = server.folder();
        let list = |words: &[&str]| keyward(folder, words);
        for (words, count) in [
            (&["--json", "user", "list", "--devices", "none"][..], 2),
            (&["--json", "device", "list", "--user", "BEN"], 1),
            (&["--json", "device", "list", "--user", "user000"], 0),
            (&["--json", "device", "list", "--kind", "totp"], 1),
            (&["--json", "device", "list", "--unused-days", "1"], 0),
            (&["--json", "event", "list", "--kind", "device.added", "--since", "2000-01-01"], 1),
            (&["--json", "event", "list", "--user", "ben", "--until", "2000-01-01"], 0),
            (&["--json", "event", "list", "--limit", "1"], 1),
        ] {
            let found = list(words).json();
            assert_eq!(found.as_array().map(Vec::len), Some(count), "{words:?}: {found}");
        }
        let some = list(&["--json", "user", "list", "--fields", "name,enabled", "--search", "ben"]).json();
        assert_eq!(some, json!([{ "name": "ben", "enabled": true }]));
        let table = list(&["user", "list", "--fields", "enabled,name", "--search", "ben"]).done();
        assert_eq!(table, "ENABLED  NAME\nyes      ben\n");
        list(&["user", "list", "--fields", "password"]).refused("request.malformed");
        list(&["event", "list", "--kind", "nothing"]).refused("request.malformed");
        list(&["event", "list", "--since", "yesterday"]).refused("request.malformed");
        list(&["device", "list", "--user", "nobody"]).refused("user.unknown");
    }
}

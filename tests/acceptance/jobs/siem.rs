//! Events that go to a real log server by TLS or bare TCP, into a file, and to standard output.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::Value;

use keyward_test_support::command::{Serving, keyward, keyward_reads};
use keyward_test_support::on_every_database;
use keyward_test_support::person::PASSWORD;
use keyward_test_support::process;
use keyward_test_support::rsyslog::{Rsyslog, until};
use keyward_test_support::server::Server;

const QUEUED: &str = "SELECT COUNT(*) FROM export_queue";

fn lines(file: &Path) -> Vec<Value> {
    let text = std::fs::read_to_string(file).unwrap_or_default();
    let lines = text.lines().filter(|line| !line.is_empty());
    lines
        .filter_map(|line| serde_json::from_str(line).ok())
        .collect()
}

/// The events that a server printed until it ended.
fn printed(serving: &mut Serving) -> Vec<Value> {
    let mut events = Vec::new();
    loop {
        match serving.line().as_str() {
            "" => return events,
            // A line that a killed server did not end is none.
            line => events.extend(
                serde_json::from_str::<Value>(line)
                    .ok()
                    .filter(Value::is_object),
            ),
        }
    }
}

fn ids(lines: &[Value]) -> Vec<String> {
    let ids = lines.iter().map(|line| line["event"]["id"].as_str());
    ids.map(|id| id.expect("an id").to_owned()).collect()
}

fn in_database(server: &Server) -> BTreeSet<String> {
    let events = "SELECT id AS line FROM events ORDER BY id";
    server.database.lines(events).into_iter().collect()
}

fn adds(server: &Server, name: &str) {
    let words = ["user", "add", name, "--password-stdin"];
    keyward_reads(server.folder(), &words, PASSWORD).done();
}

/// The settings of a server that sends events there, values as TOML writes them.
fn settings(port: u16, folder: &Path) -> Vec<(&'static str, String)> {
    let authority = Rsyslog::authority(folder);
    vec![
        ("siem.syslog", format!("\"localhost:{port}\"")),
        ("siem.ca_file", format!("\"{}\"", authority.display())),
        (
            "siem.json",
            format!("\"{}\"", folder.join("events.json").display()),
        ),
    ]
}

on_every_database! {
    async fn events_reach_a_log_server_by_tls_and_a_file_once_each_in_their_order(at: At) {
        let (folder, port) = (process::folder("siem"), process::free_port());
        let settings = settings(port, &folder);
        let settings: Vec<(&str, &str)> =
            settings.iter().map(|(key, value)| (*key, value.as_str())).collect();
        let server = Server::with(at, &settings).await;
        server.user("ben").await;
        // Nobody listens yet: they wait.
        adds(&server, "carl");
        let rsyslog = Rsyslog::start(port);
        for act in ["disable", "enable", "disable"] {
            keyward(server.folder(), &["user", act, "ben"]).done();
        }
        server.until(QUEUED, 0).await;
        let expected = server.database.lines("SELECT id AS line FROM events ORDER BY id");
        until("the log server has all", || rsyslog.received().len() >= expected.len()).await;
        let received = rsyslog.received();
        let got: Vec<&str> = received.iter().map(|message| message.id()).collect();
        assert_eq!(got, expected);
        let file = lines(&folder.join("events.json"));
        assert_eq!(ids(&file), expected);
        let first = &received[0];
        assert_eq!(first.priority, "13.6");
        assert_eq!(first.message_id, "user.created");
        assert!(first.data.starts_with("[keyward@32473 id=\""), "{}", first.data);
        assert!(first.data.contains(" subject=\"ben\""), "{}", first.data);
        let text: Value = serde_json::from_str(first.text.trim().trim_start_matches('\u{feff}'))
            .unwrap_or_else(|error| panic!("{error}: {}", first.text));
        assert_eq!(text["kind"], "user.created");
        assert_eq!(file[0]["event"]["action"], "user.created");
        assert_eq!(file[0]["event"]["outcome"], "success");
        assert_eq!(file[0]["event"]["category"][0], "iam");
        assert_eq!(file[0]["user"]["target"]["name"], "ben");
        assert_eq!(file[0]["ecs"]["version"], "8.11.0");
        assert!(file[0]["@timestamp"].as_str().is_some_and(|at| at.ends_with('Z')));
    }

    async fn no_event_is_missing_in_either_sink_after_a_server_was_killed(at: At) {
        let (folder, port) = (process::folder("siem"), process::free_port());
        let file = folder.join("events.json");
        let server = Server::start(at).await;
        let before = in_database(&server);
        let rsyslog = Rsyslog::start(port);
        let variables = [
            ("KEYWARD_SIEM__SYSLOG", format!("localhost:{port}")),
            ("KEYWARD_SIEM__CA_FILE", Rsyslog::authority(&folder).display().to_string()),
            ("KEYWARD_SIEM__JSON", file.display().to_string()),
        ];
        let variables: Vec<(&str, &str)> =
            variables.iter().map(|(key, value)| (*key, value.as_str())).collect();
        for round in 0..3 {
            let serving = Serving::start(server.folder(), &variables);
            for number in 0..8 {
                server.user(&format!("user{round}-{number}")).await;
            }
            until("some are out", || !lines(&file).is_empty()).await;
            serving.signal("KILL");
            serving.ended();
            server.user(&format!("between{round}")).await;
        }
        let _last = Serving::start(server.folder(), &variables);
        server.until(QUEUED, 0).await;
        let expected: BTreeSet<String> =
            in_database(&server).difference(&before).cloned().collect();
        assert_eq!(expected.len(), 27);
        let in_file = || ids(&lines(&file)).into_iter().collect::<BTreeSet<String>>();
        let in_log = || {
            let received = rsyslog.received();
            received.iter().map(|message| message.id().to_owned()).collect::<BTreeSet<String>>()
        };
        until("both have all", || in_file() == expected && in_log() == expected).await;
    }

    async fn events_reach_a_log_server_by_bare_tcp_once_each_in_their_order(at: At) {
        let port = process::free_port();
        let address = format!("\"127.0.0.1:{port}\"");
        let settings = [("siem.syslog", address.as_str()), ("siem.transport", "\"tcp\"")];
        let server = Server::with(at, &settings).await;
        server.user("jörg").await;
        let rsyslog = Rsyslog::start_bare(port);
        for act in ["disable", "enable"] {
            keyward(server.folder(), &["user", act, "jörg"]).done();
        }
        server.until(QUEUED, 0).await;
        let expected = server.database.lines("SELECT id AS line FROM events ORDER BY id");
        until("the log server has all", || rsyslog.received().len() >= expected.len()).await;
        let received = rsyslog.received();
        let got: Vec<&str> = received.iter().map(|message| message.id()).collect();
        assert_eq!(got, expected);
        assert!(received[0].data.contains(" subject=\"jörg\""), "{}", received[0].data);
    }

    async fn events_are_lines_of_standard_output(at: At) {
        let server = Server::start(at).await;
        let before = in_database(&server);
        let mut serving = Serving::start(server.folder(), &[("KEYWARD_SIEM__JSON", "-")]);
        for name in ["ben", "carl"] {
            server.user(name).await;
        }
        server.until(QUEUED, 0).await;
        serving.signal("TERM");
        let printed = ids(&printed(&mut serving));
        let expected: BTreeSet<String> = in_database(&server).difference(&before).cloned().collect();
        assert_eq!(printed.len(), expected.len(), "each once");
        assert_eq!(BTreeSet::from_iter(printed), expected);
        assert!(serving.ended().success());
    }

    async fn a_server_takes_over_what_another_sent_that_was_killed(at: At) {
        let server = Server::start(at).await;
        let before = in_database(&server);
        let port = process::free_port();
        let rsyslog = Rsyslog::start_bare(port);
        // What each of them prints tells which of them sent it.
        let variables = [
            ("KEYWARD_SIEM__SYSLOG", format!("127.0.0.1:{port}")),
            ("KEYWARD_SIEM__TRANSPORT", "tcp".to_owned()),
            ("KEYWARD_SIEM__JSON", "-".to_owned()),
        ];
        let variables: Vec<(&str, &str)> =
            variables.iter().map(|(key, value)| (*key, value.as_str())).collect();
        let mut first = Serving::start(server.folder(), &variables);
        for number in 0..5 {
            server.user(&format!("early{number}")).await;
        }
        server.until(QUEUED, 0).await;
        let mut second = Serving::start(server.folder(), &variables);
        for number in 0..5 {
            server.user(&format!("meanwhile{number}")).await;
        }
        first.signal("KILL");
        server.user("late").await;
        // Until the lease of the first is over, which it could not give back.
        server.until(QUEUED, 0).await;
        second.signal("TERM");
        let (by_first, by_second) = (ids(&printed(&mut first)), ids(&printed(&mut second)));
        assert!(second.ended().success());

        let expected: BTreeSet<String> = in_database(&server).difference(&before).cloned().collect();
        assert_eq!(expected.len(), 11);
        assert!(by_first.len() >= 5 && !by_second.is_empty(), "{by_first:?} {by_second:?}");
        let repeated = by_first.iter().filter(|id| by_second.contains(id)).count();
        let (kept, last_batch) = by_first.split_at(by_first.len() - repeated);
        assert!(last_batch.iter().all(|id| by_second.contains(id)), "{by_first:?} {by_second:?}");
        assert!(kept.len() >= 5, "what was out before the second came is sent again");
        let all: Vec<String> = kept.iter().chain(&by_second).cloned().collect();
        assert_eq!(all.len(), expected.len(), "one is sent twice that was not of the last batch");
        assert_eq!(BTreeSet::from_iter(all), expected);
        let in_log = || -> BTreeSet<String> {
            rsyslog.received().iter().map(|message| message.id().to_owned()).collect()
        };
        until("the log server has all", || in_log() == expected).await;
    }

    async fn a_sink_that_is_taken_out_of_the_settings_costs_nothing_any_more(at: At) {
        let folder = process::folder("siem");
        let server = Server::start(at).await;
        let file = folder.join("events.json").display().to_string();
        let serving = Serving::start(server.folder(), &[("KEYWARD_SIEM__JSON", file.as_str())]);
        serving.signal("KILL");
        serving.ended();
        server.user("ben").await;
        assert_eq!(server.database.number(QUEUED), 1);
        let _serving = Serving::start(server.folder(), &[]);
        assert_eq!(server.database.number(QUEUED), 0);
        server.user("carl").await;
        assert_eq!(server.database.number(QUEUED), 0);
    }
}

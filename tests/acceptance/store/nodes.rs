//! Several servers on one database.

use std::path::Path;
use std::thread;

use crate::store::outages::Lock;
use keyward_test_support::backends::At;
use keyward_test_support::command::{Serving, keyward, keyward_under};
use keyward_test_support::person::PASSWORD;
use keyward_test_support::pgbouncer::PgBouncer;
use keyward_test_support::postgres::{Database, Postgres};
use keyward_test_support::server::Server;
use keyward_test_support::soft_yubikey::SoftYubikey;
use keyward_test_support::validation_client::ValidationClient;

/// Starts a server and waits for the link that it shows.
fn start(folder: &Path, url: &str) -> (Serving, String) {
    start_under(folder, &[("KEYWARD_DATABASE__URL", url)])
}

fn start_under(folder: &Path, variables: &[(&str, &str)]) -> (Serving, String) {
    let mut serving = Serving::start(folder, variables);
    loop {
        let line = serving.line();
        assert!(!line.is_empty(), "no link: {}", serving.said);
        if let Some((_, link)) = line.trim().split_once("localhost:8080")
            && link.starts_with("/setup?token=")
        {
            return (serving, link.to_owned());
        }
    }
}

/// Posts the link that all servers show to all of them at once, each with a name of its own.
async fn post_set_up(servers: &[(Serving, String)]) -> Vec<u16> {
    let posts = servers.iter().enumerate().map(|(number, (serving, link))| {
        let url = format!("http://localhost:{}/setup", serving.port);
        let token = link.rsplit('=').next().expect("a token");
        let fields = [
            ("token", token.to_owned()),
            ("username", format!("anna{number}")),
            ("password", PASSWORD.to_owned()),
        ];
        let client = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .expect("a client");
        async move {
            let answer = client.post(url).form(&fields).send().await;
            answer.expect("an answer").status().as_u16()
        }
    });
    let mut statuses = futures_util::future::join_all(posts).await;
    statuses.sort_unstable();
    statuses
}

/// Starts three servers at once on one database, which is reached by this address, and makes the
/// first superuser. The last of them has another opinion.
async fn three_begin(database: &Database, url: &str, is_migrated: bool) {
    let folder = tempfile::tempdir().expect("a folder");
    if is_migrated {
        let variables = [("KEYWARD_DATABASE__URL", url)];
        keyward_under(folder.path(), &["migrate"], &variables).done();
    }
    let starting: Vec<_> = ["10", "10", "7"]
        .map(|failures| {
            let (folder, url) = (folder.path().to_owned(), url.to_owned());
            thread::spawn(move || {
                let variables = [
                    ("KEYWARD_DATABASE__URL", url.as_str()),
                    ("KEYWARD_LOCKOUT__USER_FAILURES", failures),
                ];
                start_under(&folder, &variables)
            })
        })
        .into();
    let started: Vec<_> = starting
        .into_iter()
        .map(|one| one.join().expect("each of them starts"))
        .collect();
    let link = &started[0].1;
    assert!(
        started.iter().all(|(_, other)| other == link),
        "several links"
    );
    assert_eq!(post_set_up(&started).await, [303, 409, 409]);
    assert_eq!(database.query("SELECT COUNT(*) FROM users").trim(), "1");
    for (serving, _) in started {
        serving.signal("TERM");
        assert_eq!(serving.ended().code(), Some(0));
    }
    assert_eq!(database.query("SELECT COUNT(*) FROM nodes").trim(), "0");
    let files = std::fs::read_dir(folder.path().join("keyward-data")).expect("a folder");
    assert_eq!(files.count(), 1, "more than the key was left behind");
}

#[tokio::test]
async fn servers_that_start_at_once_have_one_key_one_link_and_one_superuser() {
    for round in 0..6 {
        let database = Postgres::shared().database();
        three_begin(&database, &database.url, round % 3 == 2).await;
    }
}

#[tokio::test]
async fn servers_that_start_at_once_behind_a_pooler_have_no_more() {
    let pooler = PgBouncer::with(3);
    for round in 0..4 {
        let database = Postgres::shared().database();
        three_begin(&database, &pooler.url_of(&database), round % 2 == 1).await;
    }
}

/// The second looks for the key's file before the first has written it, and at the database after
/// that was opened with it.
#[test]
fn a_server_takes_the_key_that_another_writes_while_it_starts() {
    let database = Postgres::shared().database();
    let folder = tempfile::tempdir().expect("a folder");
    let variables = [
        ("KEYWARD_DATABASE__URL", database.url.as_str()),
        ("KEYWARD_DATABASE__LOCK_TIMEOUT", "2m"),
        ("KEYWARD_DATABASE__STATEMENT_TIMEOUT", "2m"),
    ];
    for arguments in [&["user", "list"][..], &["check"]] {
        keyward_under(folder.path(), &["user", "list"], &variables).done();
        let key = folder.path().join("keyward-data/master.key");
        let not_yet = folder.path().join("not_yet.key");
        std::fs::rename(&key, &not_yet).expect("it was made");
        let lock = Lock::within(&database, "instance");
        let second = thread::scope(|scope| {
            let second = scope.spawn(|| keyward_under(folder.path(), arguments, &variables));
            let waiting = "SELECT COUNT(*) FROM pg_stat_activity \
                 WHERE datname = current_database() AND wait_event_type = 'Lock'";
            while !second.is_finished() && database.query(waiting).trim() == "0" {}
            std::fs::rename(&not_yet, &key).expect("a file");
            drop(lock);
            second.join().expect("no panic")
        });
        assert!(!second.err.contains("master_key"), "{second:?}");
        assert!(!second.out.contains("master_key"), "{second:?}");
    }
}

#[test]
fn a_key_beside_an_empty_database_begins_nothing_anew() {
    let database = Postgres::shared().database();
    let folder = tempfile::tempdir().expect("a folder");
    let (serving, _) = start(folder.path(), &database.url);
    serving.signal("TERM");
    serving.ended();
    let empty = Postgres::shared().database();
    let variables = [("KEYWARD_DATABASE__URL", empty.url.as_str())];
    for arguments in [&["serve"][..], &["user", "list"], &["check"]] {
        let said = keyward_under(folder.path(), arguments, &variables);
        let why = said.refused("database.empty");
        assert!(why.contains("master.key"), "{why}");
        let made = "SELECT COUNT(*) FROM information_schema.tables WHERE table_name = 'users'";
        assert_eq!(empty.query(made).trim(), "0", "tables were made");
    }
    keyward_under(folder.path(), &["migrate"], &variables).refused("database.empty");
    // Whoever means it says so.
    keyward_under(folder.path(), &["migrate", "--new"], &variables).done();
    let (serving, _) = start(folder.path(), &empty.url);
    serving.signal("TERM");
    serving.ended();
}

#[test]
fn a_database_without_its_key_shows_no_link_and_makes_no_other_key() {
    let database = Postgres::shared().database();
    let folder = tempfile::tempdir().expect("a folder");
    let (serving, _) = start(folder.path(), &database.url);
    serving.signal("TERM");
    serving.ended();
    let key = folder.path().join("keyward-data/master.key");
    std::fs::remove_file(&key).expect("it was there");
    let variables = [("KEYWARD_DATABASE__URL", database.url.as_str())];
    for arguments in [&["serve"][..], &["user", "list"], &["check"]] {
        keyward_under(folder.path(), arguments, &variables).refused("master_key.missing");
        assert!(!key.exists(), "another key was made");
    }
}

#[test]
fn a_server_with_a_place_of_its_own_for_the_key_is_told_to_copy_it() {
    for _ in 0..4 {
        let database = Postgres::shared().database();
        let folders = [(); 2].map(|()| tempfile::tempdir().expect("a folder"));
        let said = thread::scope(|scope| {
            let running = folders.each_ref().map(|folder| {
                let url = database.url.as_str();
                scope.spawn(move || {
                    let variables = [("KEYWARD_DATABASE__URL", url)];
                    keyward_under(folder.path(), &["user", "list"], &variables)
                })
            });
            running.map(|one| one.join().expect("no panic"))
        });
        let done: Vec<bool> = said.iter().map(|said| said.code == Some(0)).collect();
        assert_eq!(done.iter().filter(|done| **done).count(), 1, "{said:?}");
        let (winner, loser) = if done[0] { (0, 1) } else { (1, 0) };
        let key = |at: usize| folders[at].path().join("keyward-data/master.key");
        assert!(said[loser].err.contains("master_key.missing"), "{said:?}");
        assert!(!key(loser).exists(), "a key that opens nothing stayed");
        let place = folders[loser].path().join("keyward-data");
        std::fs::create_dir_all(place).expect("a folder");
        std::fs::copy(key(winner), key(loser)).expect("a copy");
        let variables = [("KEYWARD_DATABASE__URL", database.url.as_str())];
        keyward_under(folders[loser].path(), &["user", "list"], &variables).done();
    }
}

#[test]
fn settings_that_must_agree_are_named_where_they_differ() {
    let database = Postgres::shared().database();
    let folder = tempfile::tempdir().expect("a folder");
    let (first, _) = start(folder.path(), &database.url);
    let variables = [
        ("KEYWARD_DATABASE__URL", database.url.as_str()),
        ("KEYWARD_LOCKOUT__USER_FAILURES", "7"),
        ("KEYWARD_SERVER__SHUTDOWN", "5s"),
        ("KEYWARD_LOG__LEVEL", "warn"),
    ];
    let mut second = Serving::start(folder.path(), &variables);
    let line = second.line();
    assert!(
        line.contains("lockout.user_failures is 7 here and 10 at"),
        "{line}"
    );
    let checked = keyward_under(folder.path(), &["check"], &variables).out;
    assert!(checked.contains("lockout.user_failures"), "{checked}");
    second.signal("TERM");
    second.ended();
    let same = [("KEYWARD_DATABASE__URL", database.url.as_str())];
    let mut second = Serving::start(folder.path(), &same);
    assert!(second.line().contains("no superuser"), "{}", second.said);
    for serving in [first, second] {
        serving.signal("TERM");
        serving.ended();
    }
    let checked = keyward_under(folder.path(), &["check"], &variables).out;
    assert!(!checked.contains("lockout.user_failures"), "{checked}");
    drop(keyward(folder.path(), &["--version"]));
}

#[tokio::test]
async fn a_client_has_its_rate_once_however_many_servers_there_are() {
    let server = Server::start(At::Postgres).await;
    let sibling = server.sibling().await;
    let mut key = SoftYubikey::numbered(1);
    server.holds(&key).await;
    let client = server.client_at_rate(10).await;
    let other = ValidationClient::new(&sibling.base, client.id, client.key.clone());
    let mut answered = 0;
    for number in 0..24 {
        let asked = if number % 2 == 0 { &client } else { &other };
        match asked.asks(&key.touch()).await.status() {
            "OK" => answered += 1,
            status => assert_eq!(status, "OPERATION_NOT_ALLOWED"),
        }
    }
    assert_eq!(answered, 10);
    server.clock.turn(std::time::Duration::from_secs(6));
    assert_eq!(other.asks(&key.touch()).await.status(), "OK");
    assert_eq!(
        client.asks(&key.touch()).await.status(),
        "OPERATION_NOT_ALLOWED"
    );
}

//! The end of a server: what it leaves behind, and what stands in the way of another start.

use std::fs;
use std::path::Path;

use keyward_test_support::command::{Serving, keyward, keyward_reads};
use keyward_test_support::person::PASSWORD;

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().expect("a temporary folder")
}

fn has_log(folder: &Path) -> bool {
    folder.join("keyward-data/keyward.db-wal").exists()
}

async fn signs_in(serving: &Serving) -> u16 {
    let base = format!("http://localhost:{}", serving.port);
    let client = reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .expect("a client");
    let fields = [("username", "anna"), ("password", PASSWORD)];
    let post = client
        .post(format!("{base}/sign-in/password"))
        .form(&fields);
    post.send().await.expect("an answer").status().as_u16()
}

/// A folder whose database has a superuser.
fn set_up() -> tempfile::TempDir {
    let folder = folder();
    let add = ["user", "add", "anna", "--superuser", "--password-stdin"];
    keyward_reads(folder.path(), &add, PASSWORD).done();
    folder
}

#[tokio::test]
async fn every_orderly_stop_leaves_the_database_whole_in_its_file() {
    let folder = set_up();
    assert!(!has_log(folder.path()), "a command left a log");
    for round in 0..12 {
        let serving = Serving::start(folder.path(), &[]);
        // Also right after the start, before anybody came.
        if round % 3 > 0 {
            signs_in(&serving).await;
        }
        serving.signal(if round % 2 == 0 { "TERM" } else { "INT" });
        assert_eq!(serving.ended().code(), Some(0));
        assert!(!has_log(folder.path()), "round {round} left a log");
    }
    let copy = self::folder();
    let data = copy.path().join("keyward-data");
    fs::create_dir(&data).expect("a folder");
    for name in ["keyward.db", "master.key"] {
        let from = folder.path().join("keyward-data").join(name);
        fs::copy(from, data.join(name)).expect("a copy");
    }
    let users = keyward(copy.path(), &["user", "list"]).done();
    assert!(users.contains("anna"), "{users}");
    let serving = Serving::start(copy.path(), &[]);
    serving.signal("TERM");
    assert!(!serving.said.contains("/setup"));
}

#[test]
fn a_signal_that_comes_while_the_server_starts_leaves_no_log_either() {
    let folder = set_up();
    for delay in 0..12_u32 {
        let mut child = std::process::Command::new(keyward_test_support::program())
            .current_dir(folder.path())
            .arg("serve")
            .env("KEYWARD_SERVER__LISTEN", "127.0.0.1:0")
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::null())
            .spawn()
            .expect("the program starts");
        for _ in 0..delay * 50 {
            std::thread::yield_now();
        }
        let id = child.id().to_string();
        let sent = std::process::Command::new("kill")
            .args(["-s", "TERM", &id])
            .status();
        assert!(sent.expect("kill").success());
        child.wait().expect("it ends");
        keyward(folder.path(), &["user", "list"]).done();
        assert!(!has_log(folder.path()), "{delay}");
    }
}

#[test]
fn a_key_without_its_database_begins_nothing_anew() {
    let folder = set_up();
    let data = folder.path().join("keyward-data");
    for empty in [false, true] {
        fs::remove_file(data.join("keyward.db")).expect("it was there");
        if empty {
            fs::write(data.join("keyward.db"), "").expect("an empty file");
        }
        for arguments in [&["serve"][..], &["user", "list"]] {
            let said = keyward(folder.path(), arguments);
            let why = said.refused("database.empty");
            assert!(why.contains("master.key"), "{why}");
        }
        let checked = keyward(folder.path(), &["check"]);
        assert_eq!(checked.code, Some(1), "{checked:?}");
        assert_eq!(
            data.join("keyward.db").exists(),
            empty,
            "a database was made"
        );
        fs::write(data.join("keyward.db"), "").expect("a file");
    }
    // Whoever wants to begin anew moves the key away.
    fs::remove_file(data.join("master.key")).expect("it was there");
    let mut serving = Serving::start(folder.path(), &[]);
    serving.line();
    assert!(serving.line().contains("/setup?token="));
    serving.signal("TERM");
}

#[tokio::test]
async fn a_server_whose_file_was_replaced_acknowledges_nothing_more() {
    for moved_in in [false, true] {
        let folder = set_up();
        let serving = Serving::start(folder.path(), &[]);
        assert_eq!(signs_in(&serving).await, 303);
        let data = folder.path().join("keyward-data");
        fs::rename(data.join("keyward.db"), data.join("away.db")).expect("moved");
        if moved_in {
            fs::copy(data.join("away.db"), data.join("keyward.db")).expect("a copy");
        }
        assert_eq!(signs_in(&serving).await, 503, "{moved_in}");
        let url = format!("http://localhost:{}/health/ready", serving.port);
        let ready = reqwest::get(url).await.expect("an answer");
        assert_eq!(ready.status(), 503);
        let told: serde_json::Value = ready.json().await.expect("JSON");
        assert_eq!(told["code"], "database.replaced");
        serving.signal("TERM");
        assert_eq!(serving.ended().code(), Some(0));
    }
}

#[test]
fn a_server_that_was_set_up_once_offers_no_link_again() {
    let folder = set_up();
    let database = folder.path().join("keyward-data/keyward.db");
    let removed = std::process::Command::new("python3")
        .args(["-c", "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); c.execute('UPDATE users SET is_superuser = 0'); c.commit()"])
        .arg(&database)
        .status();
    assert!(removed.expect("python3").success());
    let mut serving = Serving::start(folder.path(), &[]);
    let line = serving.line();
    assert!(line.contains("user add NAME --superuser"), "{line}");
    serving.signal("TERM");
    assert!(!serving.said.contains("/setup"), "{}", serving.said);
}

//! The databases that the suite runs on.

use std::process::Command;

use keyward_test_support::command::keyward;
use keyward_test_support::postgres::{PASSWORD, Postgres};

#[test]
fn the_database_of_a_test_speaks_tls_and_asks_for_the_password() {
    let server = Postgres::shared();
    let database = server.database();
    let tls = database.query("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()");
    assert_eq!(tls.trim(), "t");
    for (url, expected) in [
        (database.url.clone(), true),
        (format!("{}?sslmode=disable", database.bare_url), false),
        (format!("{}?sslmode=verify-full", database.bare_url), false),
        (database.url.replace(PASSWORD, "wrong"), false),
    ] {
        let output = Command::new("psql")
            .args(["-X", "-w", "-c", "SELECT 1", &url])
            .env("PGSSLROOTCERT", "/nowhere")
            .output()
            .expect("psql is there");
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.success(), expected, "{url}: {said}");
    }
}

/// Calls the server's own check on a database; gives back whether it is content.
fn is_content_with(url: &str) -> bool {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let file = folder.path().join("keyward.toml");
    std::fs::write(&file, format!("database.url = \"{url}\"\n")).expect("the folder is ours");
    let said = keyward(folder.path(), &["migrate"]);
    said.code == Some(0)
}

#[test]
fn a_database_is_reached_by_tls_and_by_its_right_name_alone() {
    let database = Postgres::shared().database();
    let authority = Postgres::shared().authority();
    let bare = &database.bare_url;
    let verified = format!("sslmode=verify-full&sslrootcert={}", authority.display());
    let by_other_name = bare.replace("localhost", "localhost.localdomain");
    for (url, expected) in [
        (format!("{bare}?sslmode=require"), true),
        (format!("{bare}?{verified}"), true),
        (
            bare.replace("postgres://", "postgresql://") + "?sslmode=require",
            true,
        ),
        (format!("{bare}?sslmode=disable"), false),
        (
            format!("{bare}?sslmode=verify-full&sslrootcert=/nowhere"),
            false,
        ),
        (
            format!("{by_other_name}?{verified}&hostaddr=127.0.0.1"),
            false,
        ),
        (
            format!("{bare}?{verified}").replace(PASSWORD, "wrong"),
            false,
        ),
    ] {
        assert_eq!(is_content_with(&url), expected, "{url}");
    }
}

//! The databases that the suite runs on.

use std::process::Command;

use crate::support::postgres::{PASSWORD, Postgres};

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

//! Health: what a machine is told about the server, and what people see while it is unwell.

use reqwest::Method;

use keyward_test_support::backends::{At as Which, Behind};
use keyward_test_support::on_every_database;
use keyward_test_support::postgres::Postgres;
use keyward_test_support::server::Server;

on_every_database! {
    async fn a_server_that_works_is_live_and_ready_and_keeps_no_session(at: At) {
        let server = Server::start(at).await;
        for (path, status) in [("/health/live", "live"), ("/health/ready", "ready")] {
            let page = server.browser().get(path).await;
            assert_eq!((page.status, page.json()["status"].as_str()), (200, Some(status)));
            assert!(page.headers.get("set-cookie").is_none());
            assert_eq!(page.header("content-type"), "application/json");
        }
        assert_eq!(server.database.number("SELECT COUNT(*) FROM browser_sessions"), 0);
    }

    async fn a_server_on_a_schema_that_is_not_its_own_is_live_and_not_ready(at: At) {
        let server = Server::start(at).await;
        for statement in [
            "UPDATE __diesel_schema_migrations SET version = '20990101000000' WHERE version = \
             (SELECT MAX(version) FROM __diesel_schema_migrations)",
            "DELETE FROM __diesel_schema_migrations",
        ] {
            server.database.execute(statement);
            let page = server.browser().get("/health/ready").await;
            assert_eq!((page.status, page.code().as_str()), (503, "database.migrations"), "{statement}");
            assert_eq!(page.header("content-type"), "application/problem+json");
            assert_eq!(server.browser().get("/health/live").await.status, 200);
        }
    }
}

#[tokio::test]
async fn a_database_that_goes_away_and_comes_back_takes_nobody_with_it() {
    let server = Server::with(Which::Postgres, &[("database.pool", "4")]).await;
    let anna = server.user("anna").await;
    anna.signs_in().await;
    let Behind::Postgres(database) = &server.database else {
        panic!("it was asked for");
    };
    let name = database.bare_url.rsplit('/').next().expect("a name");
    let postgres = Postgres::shared();
    let shut = |open: bool| format!("ALTER DATABASE {name} WITH ALLOW_CONNECTIONS {open}");
    postgres.query("postgres", &shut(false));
    postgres.query(
        "postgres",
        &format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"),
    );
    let (ready, account) = tokio::join!(
        anna.browser.get("/health/ready"),
        anna.browser.get("/account")
    );
    assert_eq!(ready.status, 503, "{}", ready.body);
    assert_eq!(account.status, 503, "{}", account.text());
    assert!(!account.header("retry-after").is_empty());
    assert_eq!(account.header("x-content-type-options"), "nosniff");
    assert_eq!(account.heading(), "The database does not answer");
    assert!(account.text().contains("Try again in a minute"));
    let request = anna.browser.request(Method::GET, "/account");
    let request = request.header("accept", "application/json");
    let told = anna.browser.send(request).await;
    assert_eq!(told.header("content-type"), "application/problem+json");
    assert_eq!(
        (told.status, told.code().as_str()),
        (503, "database.unreachable")
    );
    for inside in ["postgres", name, "libpq", "diesel", "src/"] {
        assert!(
            !account.body.contains(inside),
            "{inside} shows: {}",
            account.body
        );
    }
    assert_eq!(anna.browser.get("/health/live").await.status, 200);

    postgres.query("postgres", &shut(true));
    assert_eq!(
        anna.visits("/account").await.path,
        "/account",
        "the session is lost"
    );
    assert_eq!(anna.browser.get("/health/ready").await.status, 200);
}

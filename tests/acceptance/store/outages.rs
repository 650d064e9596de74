//! A database that is silent, busy, full or gone: what people are told, and what goes on.

use diesel::PgConnection;
use diesel::connection::{Connection as _, SimpleConnection as _};

use keyward_test_support::backends::{At, Behind};
use keyward_test_support::command::Serving;
use keyward_test_support::person::{PASSWORD, Person};
use keyward_test_support::postgres::{Database, Postgres};
use keyward_test_support::relay::Relay;
use keyward_test_support::server::Server;
use keyward_test_support::validation_client::nonce;

/// A database that answers soon, or not at all.
const IMPATIENT: &[(&str, &str)] = &[
    ("database.pool", "2"),
    ("database.wait", "\"1s\""),
    ("database.connect_timeout", "\"2s\""),
    ("database.statement_timeout", "\"1s\""),
    ("database.lock_timeout", "\"1s\""),
];

fn database(server: &Server) -> &Database {
    match &server.database {
        Behind::Postgres(database) => database,
        Behind::Sqlite(_) => panic!("a server was asked for"),
    }
}

/// A table that nobody else can look into, until this is dropped.
pub struct Lock {
    _connection: PgConnection,
}

impl Lock {
    /// Locks a table of a server's database.
    pub fn on(server: &Server, table: &str) -> Self {
        Self::within(database(server), table)
    }

    /// Locks a table of a database.
    pub fn within(database: &Database, table: &str) -> Self {
        let mut connection = PgConnection::establish(&database.url).expect("a database");
        let lock = format!("BEGIN; LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE");
        connection.batch_execute(&lock).expect("the lock");
        Self {
            _connection: connection,
        }
    }
}

async fn behind_a_relay() -> (Server, Relay) {
    let relay = Relay::to(Postgres::shared().port());
    let server = Server::reaching(At::Postgres, IMPATIENT, |behind| match behind {
        Behind::Postgres(database) => database.url_by(relay.port()),
        Behind::Sqlite(_) => panic!("a server was asked for"),
    })
    .await;
    (server, relay)
}

/// Visits the account until it is shown; each answer before is a 503 that says when to come back.
async fn gets_through(person: &Person, most: usize) {
    for _ in 0..most {
        let page = person.browser.get("/account/devices/add").await;
        match page.status {
            200 => return,
            status => {
                assert_eq!(status, 503, "{}", page.text());
                assert!(!page.header("retry-after").is_empty());
            }
        }
    }
    panic!("nobody gets through after {most} tries");
}

#[tokio::test]
async fn connections_that_a_network_swallows_are_replaced() {
    let (server, relay) = behind_a_relay().await;
    let anna = server.user("anna").await;
    anna.signs_in().await;
    for _ in 0..2 {
        relay.swallow_what_is_open();
        gets_through(&anna, 8).await;
    }
    assert_eq!(server.browser().get("/health/live").await.status, 200);
}

#[tokio::test]
async fn a_silent_database_is_told_to_everybody_and_forgotten_when_it_is_back() {
    let (server, relay) = behind_a_relay().await;
    let anna = server.user("anna").await;
    anna.signs_in().await;
    relay.swallow();
    let visits = (0..6).map(|_| anna.browser.get("/account"));
    for page in futures_util::future::join_all(visits).await {
        assert_eq!(page.status, 503, "{}", page.text());
        assert!(!page.header("retry-after").is_empty());
    }
    let ready = server.browser().get("/health/ready").await;
    assert_eq!(
        (ready.status, ready.code().as_str()),
        (503, "database.unreachable")
    );
    assert!(!ready.header("retry-after").is_empty());
    assert_eq!(server.browser().get("/health/live").await.status, 200);
    relay.recover();
    gets_through(&anna, 12).await;
}

#[tokio::test]
async fn a_server_that_stands_still_is_told_and_waited_for() {
    let postgres = Postgres::durable();
    let own = postgres.database();
    let server = Server::reaching(At::Postgres, IMPATIENT, |_| own.url.clone()).await;
    let anna = server.user("anna").await;
    anna.signs_in().await;
    postgres.signal("STOP");
    let page = anna.browser.get("/account").await;
    let ready = server.browser().get("/health/ready").await;
    postgres.signal("CONT");
    assert_eq!((page.status, ready.status), (503, 503));
    gets_through(&anna, 12).await;
}

#[tokio::test]
async fn a_locked_table_holds_up_neither_validation_nor_readiness() {
    let server = Server::with(At::Postgres, IMPATIENT).await;
    let client = server.plain_client().await;
    let anna = server.user("anna").await;
    anna.signs_in().await;
    let lock = Lock::on(&server, "users");
    let visits = futures_util::future::join_all((0..12).map(|_| anna.browser.get("/account")));
    let otp = "c".repeat(44);
    let asked = client.signed(&[("id", "1"), ("otp", &otp), ("nonce", &nonce())]);
    let path = format!("/wsapi/2.0/verify?{asked}");
    let browser = server.browser();
    let (pages, reply, ready) =
        tokio::join!(visits, client.gets(&path), browser.get("/health/ready"));
    assert_eq!(reply.status(), "BAD_OTP");
    assert_eq!(ready.status, 200, "{}", ready.body);
    for page in pages {
        assert_eq!(page.status, 503, "{}", page.text());
        assert!(!page.header("retry-after").is_empty());
    }
    drop(lock);
    gets_through(&anna, 2).await;
}

#[tokio::test]
async fn a_browser_that_cannot_be_remembered_is_told_that_the_database_is_busy() {
    let server = Server::with(At::Postgres, IMPATIENT).await;
    server.user("anna").await;
    // It has a cookie, and another one has none: a row changes, and one is made.
    let known = server.stranger("anna");
    known.visits("/sign-in").await;
    let lock = Lock::on(&server, "browser_sessions");
    for person in [&known, &server.stranger("anna")] {
        let fields = [("username", "anna"), ("password", PASSWORD)];
        let answer = person.browser.post("/sign-in/password", &fields).await;
        assert_eq!(answer.status, 503, "{}", answer.body);
        assert!(!answer.header("retry-after").is_empty());
    }
    drop(lock);
    assert_eq!(known.signs_in().await.path, "/account");
}

#[tokio::test]
async fn connections_that_a_server_does_not_give_are_waited_for() {
    let postgres = Postgres::with_connections(8);
    let own = postgres.database();
    let settings = [("database.pool", "6")];
    let server = Server::reaching(At::Postgres, &settings, |_| own.url.clone()).await;
    let anna = server.user("anna").await;
    anna.signs_in().await;
    for _ in 0..2 {
        let visits = (0..24).map(|_| anna.browser.get("/account/devices/add"));
        for page in futures_util::future::join_all(visits).await {
            assert_eq!(page.status, 200, "{}", page.text());
        }
    }
}

#[tokio::test]
async fn a_database_that_takes_no_changes_is_not_ready() {
    let server = Server::with(At::Postgres, IMPATIENT).await;
    let anna = server.user("anna").await;
    let name = database(&server)
        .bare_url
        .rsplit('/')
        .next()
        .expect("a name");
    let postgres = Postgres::shared();
    let set = |value: &str| {
        let read_only =
            format!("ALTER DATABASE {name} SET default_transaction_read_only = {value}");
        postgres.query("postgres", &read_only);
        let end = format!(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"
        );
        postgres.query("postgres", &end);
    };
    set("on");
    let told = loop {
        let ready = server.browser().get("/health/ready").await;
        assert_eq!(ready.status, 503, "{}", ready.body);
        if ready.code() != "database.unreachable" {
            break ready.code();
        }
    };
    assert_eq!(told, "database.read_only");
    let page = anna.types_password().await;
    assert_eq!(page.status, 503, "{}", page.text());
    set("off");
    while server.browser().get("/health/ready").await.status != 200 {}
}

#[tokio::test]
async fn a_stop_ends_the_process_also_while_the_database_is_silent() {
    let postgres = Postgres::durable();
    let own = postgres.database();
    let folder = tempfile::tempdir().expect("a folder");
    let serving = Serving::start(
        folder.path(),
        &[
            ("KEYWARD_DATABASE__URL", own.url.as_str()),
            ("KEYWARD_SERVER__SHUTDOWN", "2s"),
            ("KEYWARD_DATABASE__STATEMENT_TIMEOUT", "10m"),
        ],
    );
    postgres.signal("STOP");
    let url = format!("http://localhost:{}/health/ready", serving.port);
    let asking = tokio::spawn(reqwest::get(url));
    tokio::task::yield_now().await;
    serving.signal("TERM");
    // Without an end this would wait for ten minutes, and the run for a failure.
    let code = tokio::task::spawn_blocking(move || serving.ended().code()).await;
    postgres.signal("CONT");
    assert_eq!(code.expect("no panic"), Some(0));
    drop(asking.await);
}

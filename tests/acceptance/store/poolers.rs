//! PostgreSQL behind a pooler that gives its connections by the transaction.

use keyward_test_support::backends::{At, Behind};
use keyward_test_support::command::keyward;
use keyward_test_support::pgbouncer::PgBouncer;
use keyward_test_support::server::Server;

#[tokio::test]
async fn a_pooler_by_the_transaction_changes_nothing_for_anybody() {
    let pooler = PgBouncer::with(3);
    let server = Server::reaching(At::Postgres, &[], |behind| match behind {
        Behind::Postgres(database) => pooler.url_of(database),
        Behind::Sqlite(_) => panic!("a server was asked for"),
    })
    .await;
    let link = server.setup_link().await;
    assert_eq!(server.browser().get(&link).await.status, 200);
    let mut people = Vec::new();
    for number in 0..8 {
        people.push(server.user(&format!("user{number}")).await);
    }
    let visits = people.into_iter().map(|mut person| async move {
        person.signs_in().await;
        person.adds_an_app().await;
        for path in ["/account", "/account/devices", "/account/sessions"] {
            let page = person.browser.get(path).await;
            assert_eq!(page.status, 200, "{path}: {}", page.text());
        }
    });
    futures_util::future::join_all(visits).await;
    let mut anna = server.superuser("anna").await;
    anna.signs_in().await;
    anna.adds_an_app().await;
    for path in [
        "/console",
        "/console/users",
        "/console/devices",
        "/console/audit",
    ] {
        assert_eq!(anna.browser.get(path).await.status, 200, "{path}");
    }
    assert_eq!(server.browser().get("/health/ready").await.status, 200);
    let checked = keyward(server.folder(), &["check"]);
    assert!(checked.out.contains("through a pooler"), "{checked:?}");
    let _sibling = server.sibling().await;
}

#[tokio::test]
async fn limits_hold_behind_a_pooler_too() {
    let pooler = PgBouncer::with(3);
    let settings = [("database.lock_timeout", "\"1s\"")];
    let server = Server::reaching(At::Postgres, &settings, |behind| match behind {
        Behind::Postgres(database) => pooler.url_of(database),
        Behind::Sqlite(_) => panic!("a server was asked for"),
    })
    .await;
    let anna = server.user("anna").await;
    anna.signs_in().await;
    let lock = crate::store::outages::Lock::on(&server, "users");
    let page = anna.browser.get("/account").await;
    assert_eq!(
        (page.status, page.header("retry-after").is_empty()),
        (503, false)
    );
    drop(lock);
    assert_eq!(anna.browser.get("/account").await.status, 200);
}

//! A disk without room: what people are told, and that all goes on when there is room again.

use std::path::Path;

use keyward_test_support::backends::At;
use keyward_test_support::command::Serving;
use keyward_test_support::person::PASSWORD;
use keyward_test_support::postgres::Postgres;
use keyward_test_support::server::Server;
use keyward_test_support::small_disk;

/// What a sign-in is answered: the status, and whether it says when to come back.
async fn signs_in(serving: &Serving) -> (u16, bool) {
    let url = format!("http://localhost:{}/sign-in/password", serving.port);
    let client = reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .expect("a client");
    let fields = [("username", "anna"), ("password", PASSWORD)];
    let answer = client.post(url).form(&fields).send().await;
    let answer = answer.expect("an answer");
    let says_when = answer.headers().contains_key("retry-after");
    (answer.status().as_u16(), says_when)
}

async fn ready(serving: &Serving) -> (u16, String) {
    let url = format!("http://localhost:{}/health/ready", serving.port);
    let answer = reqwest::get(url).await.expect("an answer");
    let status = answer.status().as_u16();
    let told: serde_json::Value = answer.json().await.expect("JSON");
    let code = told["code"].as_str().unwrap_or_default().to_owned();
    (status, code)
}

/// Signs in until the answer is this one: what there is still room for is done.
async fn comes_to(serving: &Serving, expected: (u16, bool)) {
    for _ in 0..1000 {
        let answer = signs_in(serving).await;
        if answer == expected {
            return;
        }
        assert!([(303, false), (503, true)].contains(&answer), "{answer:?}");
    }
    panic!("it never comes to {expected:?}");
}

fn data(folder: &Path) -> std::path::PathBuf {
    folder.join("keyward-data")
}

#[tokio::test]
async fn a_full_disk_is_told_and_forgotten_when_there_is_room_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let serving = Serving::on_small_disk(folder.path(), 8, "anna");
    assert_eq!(signs_in(&serving).await, (303, false));
    for round in 0..2 {
        small_disk::fill(serving.id(), &data(folder.path()));
        comes_to(&serving, (503, true)).await;
        // What was found a moment ago is told for a second.
        let told = loop {
            let told = ready(&serving).await;
            if told.0 == 503 {
                break told;
            }
        };
        assert_eq!(told.1, "database.full", "round {round}");
        small_disk::free(serving.id(), &data(folder.path()));
        comes_to(&serving, (303, false)).await;
        assert_eq!(ready(&serving).await.0, 200);
    }
    small_disk::fill(serving.id(), &data(folder.path()));
    comes_to(&serving, (503, true)).await;
    serving.signal("TERM");
    assert_eq!(serving.ended().code(), Some(0), "it does not stop");
}

#[tokio::test]
async fn a_full_disk_of_a_server_is_told_and_forgotten_when_there_is_room_again() {
    let postgres = Postgres::on_small_disk(160);
    let own = postgres.database();
    let server = Server::reaching(At::Postgres, &[], |_| own.url.clone()).await;
    let anna = server.user("anna").await;
    anna.signs_in().await;
    postgres.fill_disk();
    let mut tries = 0;
    let told = loop {
        let page = server.stranger("anna").types_password().await;
        match page.status {
            503 => break page,
            status => assert_eq!(status, 200, "{}", page.text()),
        }
        tries += 1;
        assert!(tries < 2000, "there is always room");
    };
    assert!(!told.header("retry-after").is_empty());
    assert_eq!(told.heading(), "The disk is full");
    let ready = loop {
        let ready = server.browser().get("/health/ready").await;
        if ready.status == 503 {
            break ready;
        }
    };
    assert_eq!(ready.code(), "database.full");
    assert_eq!(server.browser().get("/health/live").await.status, 200);
    postgres.free_disk();
    while server.browser().get("/health/ready").await.status != 200 {}
    let page = server.stranger("anna").types_password().await;
    assert_eq!(page.status, 200, "{}", page.text());
}

//! The clients that people have, each against our own validation server: a fresh touch, a replay,
//! another key than the server's, and a client that the server does not know.

#![allow(clippy::unused_async, reason = "all are asked in the same way")]

mod keys;
mod pam;
mod perl;
mod python;
mod radius;
mod rust;
mod ykclient;

use std::fs;
use std::path::PathBuf;

use keyward_test_support::backends::At;
use keyward_test_support::command::{Said, keyward};
use keyward_test_support::server::Server;
use keyward_test_support::soft_yubikey::SoftYubikey;

/// What a client is configured with.
#[derive(Clone)]
pub struct Asked {
    /// The server's verify address.
    pub url: String,
    /// The client's number.
    pub id: u64,
    /// The key that it shares with the server, in base64.
    pub api_key: String,
}

impl Asked {
    /// The same client with a key that the server never gave it.
    fn with_another_key(&self) -> Self {
        Self {
            api_key: data_encoding::BASE64.encode(b"some other client's!"),
            ..self.clone()
        }
    }

    /// A client of which the server never heard.
    fn unknown(&self) -> Self {
        Self {
            id: 99,
            ..self.clone()
        }
    }
}

/// A server that holds anna's key and knows one client.
pub struct ValidationSetup {
    pub server: Server,
    pub asked: Asked,
    pub key: SoftYubikey,
}

impl ValidationSetup {
    pub async fn new() -> Self {
        let server = Server::start(At::Sqlite).await;
        let key = SoftYubikey::numbered(1);
        let hex = |bytes: &[u8]| data_encoding::HEXLOWER.encode(bytes);
        let row = format!(
            "# ykksm 1\n4711,{},{},{},,2026-11-22T03:57:15,\n",
            key.public_id,
            hex(&key.private_id),
            hex(&key.secret)
        );
        fs::write(server.folder().join("keys.txt"), row).expect("the folder is ours");
        keyward(server.folder(), &["import", "ykksm", "keys.txt"]).done();
        let add = ["--json", "validation", "client", "add", "--note", "VPN"];
        let client = keyward(server.folder(), &add).json();
        let asked = Asked {
            url: format!(
                "{}/wsapi/2.0/verify",
                server.base.replace("localhost", "127.0.0.1")
            ),
            id: client["id"].as_u64().expect("a number"),
            api_key: client["api_key"].as_str().expect("a key").to_owned(),
        };
        Self { server, asked, key }
    }

    /// The address of the server's folder, for the files of a client.
    pub fn file(&self, name: &str) -> PathBuf {
        self.server.folder().join(name)
    }
}

/// Everything that a client printed, with how it ended.
fn transcript(said: &Said) -> String {
    format!("exit {:?}\n{}\n{}", said.code, said.out, said.err)
}

/// What a client says in each of the four cases.
struct Words {
    good: &'static str,
    replay: &'static str,
    another_key: &'static str,
    unknown: &'static str,
}

/// Four tests of one client: `$ask(&ValidationSetup, &Asked, otp) -> String` asks, and says everything that
/// the client said.
macro_rules! four_answers {
    ($ask:path, $words:expr) => {
        #[tokio::test(flavor = "multi_thread")]
        async fn it_lets_a_fresh_touch_in() {
            let mut app = super::ValidationSetup::new().await;
            let otp = app.key.touch();
            let said = $ask(&app, &app.asked, &otp).await;
            assert!(said.contains($words.good), "{said}");
        }

        #[tokio::test(flavor = "multi_thread")]
        async fn it_refuses_a_replay() {
            let mut app = super::ValidationSetup::new().await;
            let otp = app.key.touch();
            let first = $ask(&app, &app.asked, &otp).await;
            let second = $ask(&app, &app.asked, &otp).await;
            assert!(first.contains($words.good), "{first}");
            assert!(
                second.contains($words.replay) && !second.contains($words.good),
                "{second}"
            );
        }

        #[tokio::test(flavor = "multi_thread")]
        async fn it_does_not_believe_an_answer_under_another_key() {
            let mut app = super::ValidationSetup::new().await;
            let (otp, asked) = (app.key.touch(), app.asked.with_another_key());
            let said = $ask(&app, &asked, &otp).await;
            assert!(
                said.contains($words.another_key) && !said.contains($words.good),
                "{said}"
            );
        }

        #[tokio::test(flavor = "multi_thread")]
        async fn it_is_told_that_nobody_knows_it() {
            let mut app = super::ValidationSetup::new().await;
            let (otp, asked) = (app.key.touch(), app.asked.unknown());
            let said = $ask(&app, &asked, &otp).await;
            assert!(
                said.contains($words.unknown) && !said.contains($words.good),
                "{said}"
            );
            let known = $ask(&app, &app.asked, &otp).await;
            assert!(known.contains($words.good), "nothing was spent: {known}");
        }
    };
}
use four_answers;

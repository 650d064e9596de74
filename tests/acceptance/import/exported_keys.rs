//! The inventory as a file, and the same file elsewhere.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use serde_json::Value;

use crate::console::at_console;
use keyward_test_support::backends::At;
use keyward_test_support::command::{Said, keyward};
use keyward_test_support::on_every_database;
use keyward_test_support::server::Server;
use keyward_test_support::soft_yubikey::SoftYubikey;

const FIELDS: &str =
    "serial,maker,model,firmware,form_factor,batch,order,state,owner,place,note,public_ids";

fn call(server: &Server, arguments: &[&str]) -> Said {
    keyward(server.folder(), arguments)
}

/// Keys of each sort, one of them with two slots, of which the secrets are held.
async fn stocked(at: At, keys: &[SoftYubikey]) -> Server {
    let server = Server::start(at).await;
    server.user("ben").await;
    for key in &keys[1..] {
        server.holds(key).await;
    }
    let first = [
        "key",
        "add",
        "10000017",
        "--model",
        "YubiKey 5C",
        "--firmware",
        "5.4.3",
        "--batch",
        "7",
    ];
    call(
        &server,
        &[
            &first[..],
            &["--place", "Desk; +2", "--note", "=1+1, \"twice\""],
        ]
        .concat(),
    )
    .done();
    call(&server, &["key", "add", "T-9", "--maker", "Öther <ltd>"]).done();
    call(&server, &["key", "add", "10000018"]).done();
    call(&server, &["key", "hand-over", "10000018", "ben"]).done();
    for key in keys {
        call(&server, &["key", "link", "10000017", &key.public_id]).done();
    }
    server
}

/// What is said of all keys, in their order.
fn said_of_keys(server: &Server) -> Value {
    call(server, &["--json", "key", "list", "--fields", FIELDS]).json()
}

async fn elsewhere(at: At, file: &str) -> Server {
    let server = Server::start(at).await;
    server.user("ben").await;
    fs::write(server.folder().join("keys.csv"), file).expect("ours");
    server
}

on_every_database! {
    async fn what_is_exported_is_imported_elsewhere_and_is_the_same(at: At) {
        let keys = [1, 2, 3].map(SoftYubikey::numbered);
        let server = stocked(at, &keys).await;
        let exported = call(&server, &["key", "export"]).done();
        assert!(exported.starts_with("serial,maker,model,"), "{exported}");
        assert_eq!(server.events("list.exported"), 1);
        let other = elsewhere(at, &exported).await;
        let import = ["--json", "key", "import", "keys.csv"];
        let report = call(&other, &import).json();
        assert_eq!((&report["added"], &report["bad"]), (&3.into(), &0.into()), "{report}");
        assert_eq!(said_of_keys(&other), said_of_keys(&server));
        assert_eq!(call(&other, &import).json()["unchanged"], 3);
        assert_eq!(call(&other, &["key", "export"]).done(), exported);
        assert_eq!(other.database.number("SELECT COUNT(*) FROM otp_keys"), 0, "no secret is in it");
        let json: Value = serde_json::from_str(&call(&server, &["key", "export", "--format", "json"]).done()).expect("JSON");
        assert_eq!(json[0]["note"], "=1+1, \"twice\"", "{json}");
        assert!(json[0].get("aes_key").is_none(), "{json}");
    }

    async fn what_the_console_exports_is_imported_too(at: At) {
        let keys = [1, 2].map(SoftYubikey::numbered);
        let server = stocked(at, &keys).await;
        let anna = at_console(&server).await;
        let exported = anna.browser.get("/console/exports/keys.csv").await;
        let other = elsewhere(at, &exported.body).await;
        let report = call(&other, &["--json", "key", "import", "keys.csv"]).json();
        assert_eq!((&report["added"], &report["bad"]), (&3.into(), &0.into()), "{report}");
        assert_eq!(said_of_keys(&other), said_of_keys(&server));
    }

    async fn secrets_are_exported_where_they_are_asked_for_and_that_is_told(at: At) {
        let mut keys = [1, 2, 3].map(SoftYubikey::numbered);
        let server = stocked(at, &keys).await;
        let secret = data_encoding::HEXLOWER.encode(&keys[1].secret);
        for plain in [&["key", "export"][..], &["key", "export", "--format", "json"]] {
            assert!(!call(&server, plain).done().contains(&secret));
        }
        assert_eq!(server.events("otp_key.exported"), 0);
        call(&server, &["key", "export", "--with-secrets", "--out", "all.csv"]).done();
        assert_eq!(server.events("otp_key.exported"), 1);
        let path = server.folder().join("all.csv");
        let mode = fs::metadata(&path).expect("it is there").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        let exported = fs::read_to_string(path).expect("text");
        let other = elsewhere(at, &exported).await;
        let report = call(&other, &["--json", "key", "import", "keys.csv"]).json();
        assert_eq!((&report["added"], &report["bad"]), (&3.into(), &0.into()), "{report}");
        assert_eq!(call(&other, &["key", "export", "--with-secrets"]).done(), exported);
        let client = other.plain_client().await;
        let mut status = Vec::new();
        for key in &mut keys {
            let otp = key.touch();
            status.push(client.asks(&otp).await.status().to_owned());
        }
        assert_eq!(status, ["BAD_OTP", "OK", "OK"], "of the first no secret was held");
        let json = call(&server, &["key", "export", "--format", "json", "--with-secrets"]).done();
        let json: Value = serde_json::from_str(&json).expect("JSON");
        let other = data_encoding::HEXLOWER.encode(&keys[2].secret);
        assert_eq!(json[0]["aes_key"], format!(";{secret};{other}"), "{json}");
    }
}

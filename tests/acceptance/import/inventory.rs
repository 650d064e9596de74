//! Lists of keys, as spreadsheets, shops and people write them.

use std::fs;

use keyward_test_support::command::{Said, keyward};
use keyward_test_support::on_every_database;
use keyward_test_support::server::Server;
use keyward_test_support::soft_yubikey::SoftYubikey;
use serde_json::{Value, json};

const PRIVATE_ID: &str = "8792ebfe26cc";
const SECRET: &str = "ecde18dbe76fbd0c33330f1c354871db";

fn file(server: &Server, name: &str, bytes: impl AsRef<[u8]>) {
    fs::write(server.folder().join(name), bytes).expect("ours");
}

fn import(server: &Server, arguments: &[&str]) -> Said {
    let arguments = [&["--json", "key", "import"], arguments].concat();
    keyward(server.folder(), &arguments)
}

fn shown(server: &Server, serial: &str) -> Value {
    keyward(server.folder(), &["--json", "key", "show", serial]).json()
}

fn sums(report: &Value) -> [u64; 4] {
    ["added", "changed", "unchanged", "bad"].map(|name| report[name].as_u64().expect("a number"))
}

/// The line and the code of each bad row.
fn errors(report: &Value) -> Vec<(u64, String)> {
    let errors = report["files"][0]["errors"].as_array().expect("errors");
    let error = |error: &Value| {
        let code = error["code"].as_str().expect("a code").to_owned();
        (error["line"].as_u64().expect("a line"), code)
    };
    errors.iter().map(error).collect()
}

/// UTF-16 with a byte order mark, as a Windows shell writes it.
fn utf_16(text: &str) -> Vec<u8> {
    let units = text.encode_utf16().flat_map(u16::to_le_bytes);
    [0xff, 0xfe].into_iter().chain(units).collect()
}

on_every_database! {
    async fn keys_are_kept_for_people_as_a_list_says_or_none_is(at: At) {
        let server = Server::start(at).await;
        for name in ["anna", "ben"] {
            server.user(name).await;
        }
        let call = |arguments: &[&str]| keyward(server.folder(), arguments);
        for serial in ["101", "102", "103"] {
            call(&["key", "add", serial]).done();
        }
        call(&["key", "hand-over", "103", "ben"]).done();
        let assigns = |more: &[&str]| {
            let arguments = [&["--json", "key", "assign", "--from", "people.csv"][..], more].concat();
            keyward(server.folder(), &arguments)
        };
        let rows = "serial;owner;note\n101;anna;For her start\n102;ben;\n103;ben;\n";
        file(&server, "people.csv", format!("{rows}104;anna;\n102;anna;\n101;nobody;\n"));
        let told = |said: Said| serde_json::from_str::<Value>(&said.out).expect("a report");
        let refused = assigns(&[]);
        assert_eq!(refused.code, Some(1), "{refused:?}");
        let refused = told(refused);
        // A key that stands there twice is told as that, whoever the second row is for.
        let expected = [(5, "row.unknown_key"), (6, "row.repeated"), (7, "row.repeated")];
        assert_eq!(errors(&refused), expected.map(|(line, code)| (line, code.to_owned())));
        assert_eq!(shown(&server, "101")["owner"], Value::Null, "nothing is done where a row is bad");
        file(&server, "people.csv", "serial,owner\n103,anna\n101,nobody\n102,\n");
        let expected = [(2, "row.moved"), (3, "row.owner"), (4, "row.owner")];
        assert_eq!(errors(&told(assigns(&["--dry-run"]))), expected.map(|(line, code)| (line, code.to_owned())));
        file(&server, "people.csv", rows);
        assert_eq!(sums(&assigns(&["--dry-run"]).json()), [0, 2, 1, 0]);
        assert_eq!(shown(&server, "101")["owner"], Value::Null, "a dry run does nothing");
        assert_eq!(sums(&assigns(&[]).json()), [0, 2, 1, 0]);
        assert_eq!(shown(&server, "101")["owner"], json!("anna"));
        assert_eq!(shown(&server, "101")["history"][0]["particulars"]["note"], json!("For her start"));
        assert_eq!(sums(&assigns(&[]).json()), [0, 0, 3, 0], "the second time changes nothing");
        assert_eq!(call(&["key", "assign", "101"]).code, Some(2), "for whom?");
    }

    async fn a_list_is_read_however_a_spreadsheet_has_written_it(at: At) {
        let server = Server::start(at).await;
        let rows = "Model;Serial Number;PUBLIC_ID;batch;Ours\r\n\
                    \"Key 5; NFC\";10000017;vvccccccccct;B1;x\r\n\
                    Schlüssel;10000018;;;\r\n;;;;\r\n";
        for (name, bytes) in [
            ("plain.csv", rows.as_bytes().to_vec()),
            ("bom.csv", format!("\u{feff}{rows}").into_bytes()),
            ("utf-16.csv", utf_16(rows)),
            ("commas.csv", rows.replace("Key 5; NFC", "Key 5# NFC").replace(';', ",").replace('#', ";").into_bytes()),
            ("tabs.csv", rows.replace("Key 5; NFC", "Key 5# NFC").replace(';', "\t").replace('#', ";").into_bytes()),
        ] {
            file(&server, name, bytes);
            let report = import(&server, &[name]).json();
            let wanted = if name == "plain.csv" { [2, 0, 0, 0] } else { [0, 0, 2, 0] };
            assert_eq!(sums(&report), wanted, "{name}: {report}");
        }
        let told = shown(&server, "10000017");
        assert_eq!((&told["model"], &told["batch"]), (&json!("Key 5; NFC"), &json!("B1")));
        assert_eq!(told["public_ids"], json!(["vvccccccccct"]));
        assert_eq!(shown(&server, "10000018")["model"], json!("Schlüssel"));
        let kinds = told["history"].as_array().expect("events");
        assert_eq!(kinds.len(), 1, "{told}");
        assert_eq!(kinds[0]["kind"], json!("key.imported"));
        assert_eq!(server.events("key.imported"), 1, "nothing changed after the first");
    }

    async fn a_bad_row_is_named_by_its_line_however_lines_end(at: At) {
        let server = Server::start(at).await;
        let list = "serial,note\n1,good\n# a remark\n\n2,\"on two\nlines\"\nb ad,x\n3,good\nw orse,x";
        let wanted = [(5, "row.text"), (7, "row.serial_number"), (9, "row.serial_number")];
        let wanted = wanted.map(|(line, code)| (line, code.to_owned()));
        for (name, text) in [("lf.csv", list.to_owned()), ("crlf.csv", list.replace('\n', "\r\n"))] {
            file(&server, name, &text);
            let report = import(&server, &["--dry-run", name]);
            let report: Value = serde_json::from_str(&report.out).expect("JSON");
            assert_eq!(errors(&report), wanted, "{name}");
            assert_eq!(report["added"], 2, "{name}");
        }
        file(&server, "cr.csv", "serial,note\r1,good\rb ad,x\r");
        let report: Value = serde_json::from_str(&import(&server, &["--dry-run", "cr.csv"]).out).expect("JSON");
        assert_eq!(errors(&report), [(3, "row.serial_number".to_owned())]);
    }

    async fn a_dry_run_tells_the_same_and_writes_nothing(at: At) {
        let server = Server::start(at).await;
        server.user("ben").await;
        let list = format!(
            "serial,state,owner,public_id,private_id,aes_key,note\n\
             1,issued,ben,vvccccccccct,{PRIVATE_ID},{SECRET},his\n2,,ben,,,,\n3,lost,,,,,\n"
        );
        file(&server, "keys.csv", list);
        let dry = import(&server, &["keys.csv", "--dry-run"]).json();
        assert_eq!(server.database.number("SELECT COUNT(*) FROM keys"), 0);
        assert_eq!(server.database.number("SELECT COUNT(*) FROM otp_keys"), 0);
        let report = import(&server, &["keys.csv"]).json();
        assert_eq!((sums(&dry), sums(&report)), ([3, 0, 0, 0], [3, 0, 0, 0]));
        assert_eq!(dry["files"], report["files"]);
        assert_eq!(sums(&import(&server, &["keys.csv"]).json()), [0, 0, 3, 0], "repeated");
        let first = shown(&server, "1");
        assert_eq!((&first["state"], &first["owner"]), (&json!("issued"), &json!("ben")));
        assert_eq!(first["slots"], json!([{ "public_id": "vvccccccccct", "held": true }]));
        assert_eq!(shown(&server, "2")["owner"], json!("ben"), "kept for him");
        let stolen = server.database.stolen();
        assert!(!stolen.windows(SECRET.len()).any(|part| part == SECRET.as_bytes()));
        file(&server, "more.csv", "serial,note,place\n1,hers,Desk\n");
        assert_eq!(sums(&import(&server, &["more.csv"]).json()), [0, 1, 0, 0]);
        let first = shown(&server, "1");
        assert_eq!((&first["note"], &first["place"]), (&json!("hers"), &json!("Desk")));
    }

    async fn every_kind_of_bad_row_is_named_with_its_line_and_keeps_the_others_out(at: At) {
        let server = Server::start(at).await;
        server.user("ben").await;
        let key = SoftYubikey::numbered(1);
        server.holds(&key).await;
        keyward(server.folder(), &["key", "add", "90"]).done();
        keyward(server.folder(), &["key", "link", "90", "vvccccccccct"]).done();
        let id = &key.public_id;
        let list = format!(
            "serial,state,owner,public_id,private_id,aes_key,note\n\
             1,,,,,,\n,,,,,,no number\n1 2,,,,,,\n1,,,,,,again\n2,sold,,,,,\n3,,nobody,,,,\n\
             4,issued,,,,,\n90,,ben,,,,\n5,,,vvccccccccct,,,\n6,,,xyz,,,\n7,,,{id},{PRIVATE_ID},{SECRET},\n\
             8,,,vvcccccccccv,{PRIVATE_ID},00,\n9,,,,,,{}\n10,,,,,,,,more\n",
            "n".repeat(257)
        );
        file(&server, "bad.csv", list);
        let said = import(&server, &["bad.csv", "--dry-run"]);
        let report: Value = serde_json::from_str(&said.out).expect("a report");
        said.refused("import.rows");
        let wanted = [
            (3, "row.serial_number"), (4, "row.serial_number"), (5, "row.repeated"), (6, "row.state"),
            (7, "row.owner"), (8, "row.owner"), (9, "row.moved"), (10, "row.slot"), (11, "row.public_id"),
            (12, "row.other_secret"), (13, "row.aes_key"), (14, "row.text"), (15, "row.columns"),
        ];
        let wanted = wanted.map(|(line, code)| (line, code.to_owned())).to_vec();
        assert_eq!(errors(&report), wanted, "{report}");
        import(&server, &["bad.csv"]).refused("import.rows");
        assert_eq!(server.database.number("SELECT COUNT(*) FROM keys"), 1, "nothing was written");
        let report = import(&server, &["bad.csv", "--skip-bad"]).json();
        assert_eq!(sums(&report), [1, 0, 0, 13]);
        file(&server, "none.csv", "model,batch\nKey 5,B1\n");
        import(&server, &["none.csv"]).refused("import.format");
        import(&server, &["missing.csv"]).refused("import.unreadable");
        file(&server, "latin-1.csv", b"serial,note\n1,Schl\xfcssel\n");
        import(&server, &["latin-1.csv"]).refused("import.unreadable");
    }
}

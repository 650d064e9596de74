//! Secrets and counters of YubiKeys coming in and going out, on the real program.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use serde_json::Value;

use keyward_test_support::command::{Said, keyward, keyward_reads, run_under};
use keyward_test_support::on_every_database;
use keyward_test_support::server::Server;

const SECRET: &str = "ecde18dbe76fbd0c33330f1c354871db";
const PRIVATE_ID: &str = "8792ebfe26cc";

fn call(server: &Server, arguments: &[&str]) -> Said {
    keyward(server.folder(), arguments)
}

fn file(server: &Server, name: &str, text: &str) {
    fs::write(server.folder().join(name), text).expect("the folder is ours");
}

/// Rows of the reference format for keys with these numbers.
fn rows(numbers: std::ops::Range<usize>) -> String {
    let row = |number: usize| {
        let id = keyward_core::protocols::yubico::modhex::encode(&number.to_be_bytes()[2..]);
        format!("{number},{id},{number:012x},{number:032x},000000000000,2026-11-22T03:57:15,\n")
    };
    format!(
        "# ykksm 1\n{}# the end\n",
        numbers.map(row).collect::<String>()
    )
}

fn keys(server: &Server) -> i64 {
    server.database.number("SELECT COUNT(*) FROM otp_keys")
}

fn counter(server: &Server, public_id: &str) -> i64 {
    let wanted = format!("SELECT counter FROM otp_keys WHERE public_id = '{public_id}'");
    server.database.number(&wanted)
}

fn sums(report: &Value) -> [u64; 5] {
    ["added", "changed", "unchanged", "ignored", "bad"]
        .map(|name| report[name].as_u64().expect("a number"))
}

on_every_database! {
    async fn keys_come_in_from_each_format_and_go_out_again(at: At) {
        let server = Server::start(at).await;
        file(&server, "keys.txt", &format!(
            "\u{feff}# ykksm 1\r\n4711,dlcfffckrcde,{PRIVATE_ID},{SECRET},be70aeca62ba,2009-01-22 00:25:11,\r\n"
        ));
        file(&server, "ykman.csv", &format!(
            "1234567,ccccccbchvth,{PRIVATE_ID},{SECRET},,2026-11-22T03:57:15,\n\
             1234567,,0,0123456789abcdef0123456789abcdef01234567,,2026-11-22T03:57:15,\n"
        ));
        file(&server, "configuration_log.csv", &format!(
            "LOGGING START,1/3/15 10:48 PM\n\
             Yubico OTP,1/3/15 10:48 PM,1,vvgutbiedkvi,{PRIVATE_ID},{SECRET},,,0,0,0,0,0,0,0,0,0,0\n"
        ));
        let import = ["--json", "import", "ykksm", "keys.txt", "ykman.csv", "configuration_log.csv"];
        let report = call(&server, &import).json();
        assert_eq!(sums(&report), [3, 0, 0, 1, 0]);
        let formats: Vec<&str> = report["files"].as_array().expect("files").iter()
            .map(|file| file["format"].as_str().expect("a word")).collect();
        assert_eq!(formats, ["ykksm", "ykksm", "personalization"]);
        assert_eq!(sums(&call(&server, &import).json()), [0, 0, 3, 1, 0], "repeated");
        assert_eq!(server.events("otp_key.imported"), 1, "nothing changed the second time");

        let stolen = server.database.stolen();
        let secret = data_encoding::HEXLOWER.decode(SECRET.as_bytes()).expect("hex");
        for plain in [SECRET.as_bytes(), PRIVATE_ID.as_bytes(), &secret, &secret[..8]] {
            assert!(!stolen.windows(plain.len()).any(|window| window == plain));
        }

        let bare = call(&server, &["validation", "otp-key", "export"]).done();
        assert!(bare.starts_with("# ykksm 1\n"), "{bare}");
        assert!(bare.contains("4711,dlcfffckrcde,,,,2009-01-22T00:25:11,\n"), "{bare}");
        assert!(!bare.contains(SECRET) && !bare.contains(PRIVATE_ID), "{bare}");
        file(&server, "bare.txt", &bare);
        call(&server, &["import", "ykksm", "bare.txt"]).refused("import.rows");

        call(&server, &["validation", "otp-key", "export", "--secrets", "--out", "all.txt"]).done();
        let all = server.folder().join("all.txt");
        let mode = fs::metadata(&all).expect("it is there").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        let all = fs::read_to_string(all).expect("text");
        let row = format!("4711,dlcfffckrcde,{PRIVATE_ID},{SECRET},be70aeca62ba,2009-01-22T00:25:11,\n");
        assert!(all.contains(&row), "{all}");
        assert_eq!(server.events("otp_key.exported"), 2);

        let empty = Server::start(at).await;
        file(&empty, "all.txt", &all);
        assert_eq!(sums(&call(&empty, &["--json", "import", "ykksm", "all.txt"]).json()), [3, 0, 0, 0, 0]);
        assert_eq!(call(&empty, &["validation", "otp-key", "export", "--secrets"]).done(), all);
    }

    async fn what_stood_under_key_works_by_its_former_name_and_says_the_new_one(at: At) {
        let server = Server::start(at).await;
        let made = call(&server, &["--json", "key", "generate", "1", "--out", "one.csv"]);
        assert!(made.err.contains("`keyward validation otp-key generate`"), "{}", made.err);
        assert_eq!(made.json()["file"], "one.csv");
        let former = call(&server, &["validation", "key", "list"]);
        assert!(former.err.contains("`keyward validation otp-key`"), "{}", former.err);
        assert_eq!(former.done(), call(&server, &["validation", "otp-key", "list"]).done());
        let help = call(&server, &["validation", "--help"]).done();
        assert!(help.contains("otp-key") && !help.contains("  key"), "{help}");
    }

    async fn containers_open_with_their_key_or_their_password_and_nothing_else(at: At) {
        let server = Server::start(at).await;
        file(&server, "key.xml", include_str!("../../../fixtures/pskc/key_aes128.xml"));
        file(&server, "password.xml", include_str!("../../../fixtures/pskc/password.xml"));
        let line = call(&server, &["import", "pskc", "key.xml"]).refused("import.rows");
        assert!(line.contains("2 bad"), "{line}");
        let by_key = ["import", "pskc", "key.xml", "--key-stdin"];
        let other = "22345678901234567890123456789012\n";
        keyward_reads(server.folder(), &by_key, other).refused("import.format");
        let by_password = ["import", "pskc", "password.xml", "--password-stdin"];
        keyward_reads(server.folder(), &by_password, "qwertz\n").refused("import.format");
        assert_eq!(keys(&server), 0);
        let key = "12345678901234567890123456789012\n";
        let said = keyward_reads(server.folder(), &by_key, key).done();
        assert!(said.contains("2 added, 0 changed, 0 unchanged, 1 ignored, 0 bad"), "{said}");
        let said = keyward_reads(server.folder(), &by_password, "qwerty\n").done();
        assert!(said.contains("0 added, 0 changed, 2 unchanged"), "{said}");
        assert_eq!(keys(&server), 2);
        call(&server, &["import", "ykksm", "key.xml"]).refused("import.format");
    }

    async fn one_bad_row_keeps_all_out_until_it_is_skipped(at: At) {
        let server = Server::start(at).await;
        file(&server, "keys.txt", &format!(
            "1,cccccccccccb,{PRIVATE_ID},{SECRET},,,\n\
             2,cccccccccccd,{PRIVATE_ID},{},,,\n\
             \n\
             3,cccccccccccb,{PRIVATE_ID},{},,,\n",
            &SECRET[1..], SECRET.replace('e', "f")
        ));
        for extra in [&[][..], &["--dry-run"]] {
            let said = call(&server, &[&["import", "ykksm", "keys.txt"], extra].concat());
            for line in ["keys.txt:2: row.aes_key: ", "keys.txt:4: row.duplicate: ", "1 added", "2 bad"] {
                assert!(said.out.contains(line), "{said:?}");
            }
            assert!(said.out.contains("nothing was written"), "{said:?}");
            assert!(!said.out.contains(PRIVATE_ID) && !said.err.contains(PRIVATE_ID));
            said.refused("import.rows");
            assert_eq!(keys(&server), 0);
        }
        let report = call(&server, &["--json", "import", "ykksm", "keys.txt", "--skip-bad"]).json();
        assert_eq!(sums(&report), [1, 0, 0, 0, 2]);
        let errors = &report["files"][0]["errors"];
        assert_eq!(errors[0]["line"], 2);
        assert_eq!(errors[0]["code"], "row.aes_key");
        assert_eq!((keys(&server), errors[1]["code"].as_str()), (1, Some("row.duplicate")));

        file(&server, "other.txt", &format!("1,cccccccccccb,{PRIVATE_ID},{},,,\n", SECRET.replace('e', "f")));
        let said = call(&server, &["import", "ykksm", "other.txt"]);
        assert!(said.out.contains("row.other_secret"), "{said:?}");
        said.refused("import.rows");
    }

    async fn a_dry_run_tells_the_same_and_writes_nothing(at: At) {
        let server = Server::start(at).await;
        file(&server, "keys.txt", &rows(1..4));
        let import = ["--json", "import", "ykksm", "keys.txt"];
        let dry = call(&server, &[&import[..], &["--dry-run"]].concat()).json();
        assert_eq!((keys(&server), server.events("otp_key.imported")), (0, 0));
        let wet = call(&server, &import).json();
        assert_eq!(sums(&dry), sums(&wet));
        assert_eq!(dry["files"], wet["files"]);
        assert_eq!(dry["dry_run"], true);
        assert_eq!(keys(&server), 3);
    }

    async fn counters_move_forward_and_never_back(at: At) {
        let server = Server::start(at).await;
        file(&server, "dump.csv", "1,1359470658,1359470659,cccccccccccb,20,7,32729,4,aoincuhfuahs,ben's\n");
        let said = call(&server, &["import", "ykval", "dump.csv"]);
        assert!(said.out.contains("dump.csv:1: row.no_secret"), "{said:?}");
        said.refused("import.rows");

        file(&server, "keys.txt", &rows(1..3));
        call(&server, &["import", "ykksm", "keys.txt"]).done();
        let import = ["--json", "import", "ykval", "dump.csv"];
        let dry = call(&server, &[&import[..], &["--dry-run"]].concat()).json();
        assert_eq!((sums(&dry), counter(&server, "cccccccccccb")), ([0, 1, 0, 0, 0], -1));
        assert_eq!(sums(&call(&server, &import).json()), [0, 1, 0, 0, 0]);
        assert_eq!(sums(&call(&server, &import).json()), [0, 0, 1, 0, 0], "repeated");
        let dump = "1,1795319835,1359470659,cccccccccccb,20,7,32729,4,aoincuhfuahs,ben's\n";
        let export = ["validation", "otp-key", "export", "--format", "ykval"];
        let exported = call(&server, &export).done();
        assert!(exported.contains(dump), "{exported}");
        assert!(exported.contains(",cccccccccccd,-1,-1,-1,-1,0000000000000000,\n"), "{exported}");

        for (older, active) in [("19,255", 1), ("20,6", 1), ("20,7", 1), ("19,255", 0)] {
            file(&server, "dump.csv", &format!("{active},1,1,cccccccccccb,{older},1,1,abc,\n"));
            assert_eq!(sums(&call(&server, &import).json()), [0, 0, 1, 0, 0], "{older}");
        }
        assert_eq!(call(&server, &export).done(), exported);

        // Another server withdrew it later; and nobody gives it back but an administrator.
        file(&server, "dump.csv", "1\t1\t1\tcccccccccccb\t20\t7\t1\t1\tabc\t\n0\t1\t1\tcccccccccccb\t21\t0\t1\t1\tabc\t\n");
        assert_eq!(sums(&call(&server, &import).json()), [0, 1, 1, 0, 0]);
        assert_eq!(counter(&server, "cccccccccccb"), 21);
        file(&server, "dump.csv", "1,1,1,cccccccccccb,22,0,1,1,abc,\n");
        assert_eq!(sums(&call(&server, &import).json()), [0, 1, 0, 0, 0]);
        assert!(call(&server, &export).done().starts_with("0,"), "it stays withdrawn");
    }

    async fn ten_thousand_rows_come_in_by_batches(at: At) {
        let server = Server::start(at).await;
        file(&server, "keys.txt", &rows(0..10_000));
        let said = call(&server, &["import", "ykksm", "keys.txt"]);
        assert_eq!(said.err, "", "the bar is for terminals");
        assert!(said.done().contains("10000 added"));
        assert_eq!((keys(&server), server.events("otp_key.imported")), (10_000, 20));
        assert!(call(&server, &["import", "ykksm", "keys.txt"]).done().contains("10000 unchanged"));
        assert_eq!(server.events("otp_key.imported"), 20);
        let exported = call(&server, &["validation", "otp-key", "export", "--secrets"]).done();
        let (imported, exported): (Vec<String>, Vec<String>) = (data(&rows(0..10_000)), data(&exported));
        assert!(imported == exported, "what went in comes out");
    }

    async fn an_import_that_is_killed_ends_well_when_it_is_repeated(at: At) {
        let server = Server::start(at).await;
        file(&server, "keys.txt", &rows(0..5_000));
        keyward_test_support::command::killed(server.folder(), &["import", "ykksm", "keys.txt"], || {
            keys(&server) > 0
        });
        let left = keys(&server);
        assert!(left > 0 && left % 500 == 0, "{left}: no batch is half there");
        let report = call(&server, &["--json", "import", "ykksm", "keys.txt"]).json();
        let there = u64::try_from(left).expect("a count");
        assert_eq!(sums(&report), [5_000 - there, 0, there, 0, 0]);
        assert_eq!(keys(&server), 5_000);
    }

    async fn new_keys_are_written_for_their_owner_alone_and_held_at_once(at: At) {
        let server = Server::start(at).await;
        let made = call(&server, &["--json", "validation", "otp-key", "generate", "3", "--serial-start", "100"]).json();
        let name = made["file"].as_str().expect("a file");
        let path = server.folder().join(name);
        let mode = fs::metadata(&path).expect("it is there").permissions().mode();
        assert_eq!((mode & 0o777, made["imported"].as_bool()), (0o600, Some(true)));
        let text = fs::read_to_string(&path).expect("text");
        let serials: Vec<&str> = text.lines().map(|row| &row[..6]).collect();
        assert_eq!(serials, ["100,vv", "101,vv", "102,vv"]);
        assert_eq!((keys(&server), server.events("otp_key.generated")), (3, 1));
        let report = call(&server, &["--json", "import", "ykksm", name]).json();
        assert_eq!(sums(&report), [0, 0, 3, 0, 0], "the file is what is held");

        let numbered = ["validation", "otp-key", "generate", "2", "--prefix", "cccc", "--start", "15", "--format", "ykksm",
            "--lock-codes", "--no-import", "--out"];
        call(&server, &[&numbered[..], &["numbered.txt"]].concat()).done();
        let text = fs::read_to_string(server.folder().join("numbered.txt")).expect("text");
        assert!(text.contains("\n0,cccccccccccv,") && text.contains("\n0,ccccccccccbc,"), "{text}");
        assert!(!text.contains(",000000000000,"), "each has a lock code");
        assert_eq!(keys(&server), 3, "held nowhere");
        let again = call(&server, &[&numbered[..], &["numbered.txt"]].concat());
        again.refused("export.unwritable");
        assert_eq!(fs::read_to_string(server.folder().join("numbered.txt")).expect("text"), text);

        call(&server, &["import", "ykksm", "numbered.txt"]).done();
        call(&server, &[&numbered[..], &["more.txt"]].concat()).refused("otp_key.taken");
        assert!(!server.folder().join("more.txt").exists(), "nothing is left behind");
        let short = ["validation", "otp-key", "generate", "257", "--prefix", "cccccccccc", "--out", "many.txt"];
        call(&server, &short).refused("otp_key.generate");
        assert_eq!(call(&server, &["validation", "otp-key", "generate", "0"]).code, Some(2));
    }
}

/// The rows of a file in the reference format, without its comments, in one order.
fn data(text: &str) -> Vec<String> {
    let rows = text.lines().filter(|line| !line.starts_with('#'));
    let mut rows: Vec<String> = rows.map(str::to_owned).collect();
    rows.sort();
    rows
}

#[test]
fn what_cannot_be_imported_is_said_in_one_line() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let here = |name: &str, text: &str| fs::write(folder.path().join(name), text).expect("ours");
    here("hello.txt", "hello\n");
    here("dump.csv", "1,1,1,cccccccccccb,2,1,3,4,abc,\n");
    here("keys.csv", &rows(1..2));
    let refused = |arguments: &[&str], code: &str| keyward(folder.path(), arguments).refused(code);
    refused(&["import", "ykksm", "nowhere.txt"], "import.unreadable");
    refused(&["import", "ykksm", "."], "import.unreadable");
    refused(&["import", "ykksm", "hello.txt"], "import.format");
    assert!(refused(&["import", "ykksm", "dump.csv"], "import.format").contains("import ykval"));
    assert!(refused(&["import", "ykval", "keys.csv"], "import.format").contains("import ykksm"));
    assert_eq!(keyward(folder.path(), &["import", "ykksm"]).code, Some(2));
    assert_eq!(
        keyward(
            folder.path(),
            &["import", "ykksm", "--format", "x", "keys.csv"]
        )
        .code,
        Some(2)
    );
    let said = keyward_reads(folder.path(), &["import", "ykksm", "-"], &rows(1..2)).done();
    assert!(said.starts_with("- (ykksm): 1 rows: 1 added"), "{said}");
}

/// A `gpg` with a home of its own, and a key for anna.
struct Gpg<'a>(&'a Path);

impl Gpg<'_> {
    fn run(&self, arguments: &[&str], input: &str) {
        let said = keyward_test_support::command::run(
            "gpg",
            self.0,
            &[
                &["--homedir", "gnupg", "--batch", "--yes", "--quiet"],
                arguments,
            ]
            .concat(),
            input,
        );
        said.done();
    }
}

impl Drop for Gpg<'_> {
    fn drop(&mut self) {
        let arguments = ["--homedir", "gnupg", "--kill", "all"];
        drop(keyward_test_support::command::run(
            "gpgconf", self.0, &arguments, "",
        ));
    }
}

#[test]
fn an_encrypted_file_is_opened_by_gpg_and_its_signature_counts() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path();
    fs::create_dir(path.join("gnupg")).expect("ours");
    fs::set_permissions(path.join("gnupg"), fs::Permissions::from_mode(0o700)).expect("ours");
    let gpg = Gpg(path);
    let make = [
        "--passphrase",
        "",
        "--quick-gen-key",
        "anna@example.org",
        "default",
        "default",
    ];
    gpg.run(&make, "");
    let to = ["--trust-model", "always", "-r", "anna@example.org"];
    gpg.run(
        &[
            &to[..],
            &["--armor", "--sign", "--encrypt", "-o", "signed.asc"],
        ]
        .concat(),
        &rows(1..3),
    );
    gpg.run(
        &[&to[..], &["--encrypt", "-o", "bare.gpg"]].concat(),
        &rows(3..4),
    );
    let home = path.join("gnupg");
    let home = home.to_str().expect("UTF-8");
    let with = |variables: &[(&str, &str)], file: &str| {
        let arguments = ["--json", "import", "ykksm", file];
        keyward_test_support::command::keyward_under(path, &arguments, variables)
    };
    let report = with(&[("GNUPGHOME", home)], "signed.asc").json();
    assert_eq!(sums(&report), [2, 0, 0, 0, 0]);
    let signer = report["files"][0]["signed_by"]
        .as_str()
        .expect("a fingerprint");
    assert!(
        signer.len() >= 40 && signer.bytes().all(|digit| digit.is_ascii_hexdigit()),
        "{signer}"
    );
    let report = with(&[("GNUPGHOME", home)], "bare.gpg").json();
    assert_eq!(report["files"][0]["signed_by"], Value::Null);

    let nobody = with(
        &[("GNUPGHOME", path.to_str().expect("UTF-8"))],
        "signed.asc",
    );
    nobody.refused("import.gpg");
    let none = with(&[("PATH", "/nonexistent")], "signed.asc").refused("import.gpg");
    assert!(none.contains("gpg is not installed"), "{none}");
    let mut broken = fs::read(path.join("bare.gpg")).expect("there");
    let last = broken.len() - 20;
    broken[last] ^= 1;
    fs::write(path.join("broken.gpg"), broken).expect("ours");
    with(&[("GNUPGHOME", home)], "broken.gpg").refused("import.gpg");
}

#[test]
fn a_bar_counts_the_rows_on_a_terminal_and_nowhere_else() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    fs::write(folder.path().join("keys.txt"), rows(1..1501)).expect("ours");
    let program = keyward_test_support::program().display().to_string();
    let import = format!("{program} import ykksm keys.txt --dry-run");
    let on_a_terminal = ["-qec", import.as_str(), "/dev/null"];
    let said = run_under(
        "script",
        folder.path(),
        &on_a_terminal,
        &[("TERM", "xterm")],
        "",
    )
    .done();
    assert!(said.contains("/1500 rows, "), "{said}");
    let import = import.replace(" --dry-run", "");
    let on_a_terminal = ["-qec", import.as_str(), "/dev/null"];
    let said = run_under(
        "script",
        folder.path(),
        &on_a_terminal,
        &[("TERM", "xterm")],
        "",
    )
    .done();
    assert!(
        said.contains("/1500 rows, ") && said.contains("1500 added"),
        "{said}"
    );
    let said = keyward(folder.path(), &["import", "ykksm", "keys.txt"]);
    assert_eq!(said.err, "", "nobody looks at it");
}

/// Stands for the tool that a script calls: notes its arguments and what it is told.
const STAND_IN: &str = "#!/bin/sh
[ \"$1\" = --version ] && { cat version; exit; }
echo \"$@\" >>told
cat >>told
";

/// Debian's `ykman` with nothing of it replaced but the key: it notes what would be programmed.
const YKMAN_WITHOUT_A_KEY: &str = r#"#!/usr/bin/python3
import sys
from unittest import mock
import ykman
import ykman.cli.otp as otp

class Session:
    version = (5, 4, 3)
    def put_configuration(self, slot, made, *codes):
        note(slot, made._fixed.hex(), made._uid.hex(), made._key.hex())
    def update_configuration(self, slot, made, new_code, old_code):
        note(slot, "locked", new_code.hex())
    def get_config_state(self):
        return mock.Mock(is_configured=lambda slot: True)

def note(*words):
    with open("told", "a") as told:
        print(*words, file=told)

if sys.argv[1:] == ["--version"]:
    sys.exit(print("YubiKey Manager (ykman) version:", ykman.__version__))
given = {"session": Session(), "info": mock.Mock(serial=1), "access_code": None}
otp.otp.commands[sys.argv[2]].main(args=sys.argv[3:], obj=given)
"#;

/// A folder whose program of this name is this text.
fn folder_with(tool: &str, text: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let name = folder.path().join(tool);
    fs::write(&name, text).expect("ours");
    fs::set_permissions(&name, fs::Permissions::from_mode(0o755)).expect("ours");
    folder
}

/// Writes a script for two keys, runs it there, and gives back the columns of its rows and what the
/// tool noted.
fn run_script(path: &Path, tool: &str, more: &[&str]) -> (Vec<Vec<String>>, String) {
    let script = format!("{tool}.sh");
    let generate = [
        "validation",
        "otp-key",
        "generate",
        "2",
        "--format",
        tool,
        "--out",
        &script,
    ];
    keyward(path, &[&generate[..], more].concat()).done();
    let written = path.join(&script);
    let mode = fs::metadata(&written).expect("there").permissions().mode();
    assert_eq!(mode & 0o777, 0o700);
    let search = format!("{}:/usr/bin:/bin", path.display());
    let run = ["-c", &format!("PATH={search} ./{script}")];
    keyward_test_support::command::run("/bin/sh", path, &run, "\n\n").done();
    let told = fs::read_to_string(path.join("told")).expect("it was called");
    let text = fs::read_to_string(written).expect("there");
    let rows: Vec<Vec<String>> = text
        .lines()
        .filter(|line| line.starts_with(",vv"))
        .map(|row| row.split(',').map(str::to_owned).collect())
        .collect();
    assert_eq!(rows.len(), 2, "{text}");
    (rows, told)
}

#[test]
fn a_script_tells_the_tool_each_secret_through_its_standard_input() {
    for (tool, version, answers) in [
        ("ykman", "4.0.9", "n\ny"),
        ("ykman", "5.9.2", "y"),
        ("ykman", "10.0.0", "y"),
        ("ykpersonalize", "", ""),
    ] {
        let folder = folder_with(tool, STAND_IN);
        let version = format!("YubiKey Manager (ykman) version: {version}\n");
        fs::write(folder.path().join("version"), version).expect("ours");
        let more: &[&str] = match tool {
            "ykman" => &["--slot", "2"],
            _ => &["--slot", "2", "--lock-codes"],
        };
        let (rows, told) = run_script(folder.path(), tool, more);
        let expected: String = rows.iter().map(|row| match tool {
            "ykman" => format!("otp yubiotp 2 --public-id {}\n{}\n{}\n{answers}\n", row[1], row[2], row[3]),
            _ => format!(
                "-2 -y -a -ofixed={} -ouid -o-static-ticket -o-strong-pw1 -o-strong-pw2 -o-man-update -oaccess\n{}\n{}\n{}\n",
                row[1], row[2], row[4], row[3]
            ),
        }).collect();
        assert_eq!(told, expected);
    }
}

#[test]
fn debians_ykman_programs_what_a_script_tells_it_and_sends_it_nowhere() {
    let folder = folder_with("ykman", YKMAN_WITHOUT_A_KEY);
    let (rows, told) = run_script(folder.path(), "ykman", &["--lock-codes"]);
    let id = |letters: &str| {
        let bytes = keyward_core::protocols::yubico::modhex::decode(letters);
        data_encoding::HEXLOWER.encode(&bytes.expect("modhex"))
    };
    let expected: String = rows
        .iter()
        .map(|row| {
            let (id, code) = (id(&row[1]), &row[4]);
            format!("1 {id} {} {}\n1 locked {code}\n", row[2], row[3])
        })
        .collect();
    assert_eq!(told, expected);
}

#[test]
fn a_ykman_that_is_too_old_is_told_nothing() {
    let folder = folder_with("ykman", STAND_IN);
    let version = "YubiKey Manager (ykman) version: 3.1.2\n";
    fs::write(folder.path().join("version"), version).expect("ours");
    let generate = [
        "validation",
        "otp-key",
        "generate",
        "1",
        "--format",
        "ykman",
        "--out",
        "program.sh",
    ];
    keyward(folder.path(), &generate).done();
    let run = [
        "-c",
        &format!(
            "PATH={}:/usr/bin:/bin ./program.sh",
            folder.path().display()
        ),
    ];
    let said = keyward_test_support::command::run("/bin/sh", folder.path(), &run, "\n");
    assert_eq!(said.code, Some(1), "{said:?}");
    assert!(said.err.contains("ykman 4 or later is needed"), "{said:?}");
    assert!(!folder.path().join("told").exists());
}

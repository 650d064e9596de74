//! The command line: each command on the real program, over the same actions as the console.

use std::fs::{self, Permissions};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use serde_json::json;

use keyward_test_support::command::{Said, keyward, keyward_reads, keyward_under};
use keyward_test_support::on_every_database;
use keyward_test_support::person::{PASSWORD, Person};
use keyward_test_support::server::Server;
use keyward_test_support::soft_yubikey::SoftYubikey;
use keyward_test_support::yubiserver::Yubiserver;

fn call(server: &Server, arguments: &[&str]) -> Said {
    keyward(server.folder(), arguments)
}

fn call_reading(server: &Server, arguments: &[&str], input: &str) -> Said {
    keyward_reads(server.folder(), arguments, input)
}

async fn is_out(person: &Person) -> bool {
    person.visits("/account").await.path.starts_with("/sign-in")
}

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().expect("a temporary folder")
}

#[test]
fn wrong_usage_exits_2_and_help_exits_0() {
    let folder = folder();
    for arguments in [
        &["frobnicate"][..],
        &[],
        &["user", "add"],
        &["user", "set-password", "anna"],
        &["session", "end"],
        &["lockout", "clear", "--expired", "--user", "anna"],
        &["user", "add", "anna", "--group", "two words"],
    ] {
        let said = keyward(folder.path(), arguments);
        assert_eq!(said.code, Some(2), "{arguments:?}: {said:?}");
    }
    assert!(
        keyward(folder.path(), &["--help"])
            .done()
            .contains("two-factor")
    );
    assert!(
        keyward(folder.path(), &["--version"])
            .done()
            .contains("keyward")
    );
    let left: Vec<_> = fs::read_dir(folder.path()).expect("a folder").collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn wrong_settings_stop_every_command_with_one_line() {
    let folder = folder();
    let file = folder.path().join("keyward.toml");
    fs::write(&file, "[server]\nlisten = \"127.0.0.1:0\"\nlistn = 1\n").expect("a file");
    for arguments in [&["serve"][..], &["check"], &["user", "list"], &["migrate"]] {
        let said = keyward(folder.path(), arguments);
        assert_eq!(said.err.lines().count(), 1, "{said:?}");
        let line = said.refused("settings.invalid");
        assert!(line.contains("keyward.toml: server.listn"), "{line}");
        assert!(line.contains("server.listen"), "{line}");
    }
    let elsewhere = keyward(folder.path(), &["--config", "nowhere.toml", "check"]);
    assert!(
        elsewhere
            .refused("settings.invalid")
            .contains("nowhere.toml")
    );
}

#[test]
fn the_references_are_printed_without_settings() {
    let folder = folder();
    fs::write(folder.path().join("keyward.toml"), "nonsense").expect("a file");
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs");
    for (reference, file) in [
        ("settings", "settings.md"),
        ("cli", "cli.md"),
        ("errors", "errors.md"),
        ("openapi", "openapi.json"),
    ] {
        let printed = keyward(folder.path(), &["docs", reference]).done();
        assert_eq!(printed, fs::read_to_string(root.join(file)).expect(file));
    }
}

#[test]
fn migrate_lists_before_it_applies() {
    let folder = folder();
    let missing = keyward(folder.path(), &["migrate", "--dry-run"]).done();
    assert!(missing.starts_with("missing "), "{missing}");
    assert!(
        !folder.path().join("keyward-data").exists(),
        "a dry run wrote something"
    );
    let applied = keyward(folder.path(), &["migrate"]).done();
    assert_eq!(applied, missing.replace("missing ", "applied "));
    let rest = keyward(folder.path(), &["--json", "migrate", "--dry-run"]).json();
    assert_eq!(rest, json!({ "applied": false, "migrations": [] }));
}

#[test]
fn check_changes_nothing_and_says_what_is_wrong() {
    let folder = folder();
    let fresh = keyward(folder.path(), &["check"]).done();
    assert!(fresh.contains("to be made: master key"), "{fresh}");
    assert!(
        !folder.path().join("keyward-data").exists(),
        "a check wrote something"
    );

    keyward(folder.path(), &["user", "add", "anna"]).done();
    let sound = keyward(folder.path(), &["check"]).done();
    assert!(
        sound.lines().all(|line| line.starts_with("fine: ")),
        "{sound}"
    );

    fs::write(
        folder.path().join("keyward.toml"),
        "[[yubikey.services]]\nname = \"gone\"\nurls = [\"http://127.0.0.1:1/\"]\nclient_id = 1\n\
         [server]\npublic_url = \"https://login.example.com\"\n\
         tls.certificate = \"none.pem\"\ntls.key = \"none.pem\"\n",
    )
    .expect("a file");
    let said = keyward(folder.path(), &["check"]);
    assert!(said.out.contains("wrong: TLS files"), "{said:?}");
    assert!(
        said.out
            .contains("wrong: validation service gone at 127.0.0.1:1"),
        "{said:?}"
    );
    said.refused("settings.invalid");
}

#[test]
fn what_the_machine_refuses_is_told_with_its_reason_and_is_no_defect_of_ours() {
    let folder = folder();
    let data = folder.path().join("keyward-data");
    fs::write(&data, "").expect("a file");
    for arguments in [&["serve"][..], &["user", "list"], &["check"]] {
        let line = keyward(folder.path(), arguments).refused("data.unusable");
        assert!(line.contains("keyward-data"), "{line}");
    }
    fs::remove_file(&data).expect("gone");

    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = taken.local_addr().expect("an address").to_string();
    let said = keyward_under(
        folder.path(),
        &["serve"],
        &[("KEYWARD_SERVER__LISTEN", &address)],
    );
    assert!(said.out.is_empty(), "a link was printed: {said:?}");
    let line = said.refused("server.listen");
    assert!(line.contains(&address), "{line}");

    let full = fs::File::create("/dev/full").expect("a full disk");
    let printed = Command::new(keyward_test_support::program())
        .args(["docs", "errors"])
        .stdout(full)
        .output()
        .expect("the program starts");
    assert_eq!(printed.status.code(), Some(1));
    let err = String::from_utf8_lossy(&printed.stderr);
    assert!(err.starts_with("keyward: command.output: "), "{err}");
}

#[test]
fn a_master_key_that_everybody_can_read_stops_the_start_with_words_that_mend_it() {
    let folder = folder();
    keyward(folder.path(), &["user", "add", "anna"]).done();
    let file = folder.path().join("keyward-data/master.key");
    fs::set_permissions(&file, Permissions::from_mode(0o644)).expect("it is ours");
    let said = keyward(folder.path(), &["check"]);
    assert!(said.out.contains("wrong: master key"), "{said:?}");
    let line = said.refused("master_key.readable");
    assert!(line.contains("master.key"), "{line}");
    for command in [&["serve"][..], &["user", "list"]] {
        let line = keyward(folder.path(), command).refused("master_key.readable");
        assert!(line.contains("chmod o= keyward-data/master.key"), "{line}");
    }
    fs::set_permissions(&file, Permissions::from_mode(0o640)).expect("it is ours");
    keyward(folder.path(), &["check"]).done();
}

#[test]
fn a_settings_file_with_secrets_that_everybody_can_read_is_pointed_out() {
    let folder = folder();
    let file = folder.path().join("keyward.toml");
    let secrets = [
        "[secrets]\nmaster_key = \"MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE\"\n",
        "[mail]\noauth.client_secret = \"secret\"\n",
        "[mail]\nurl = \"smtp://anna:secret@localhost:9\"\n",
        "[[yubikey.services]]\nname = \"a\"\nurls = [\"https://a.example\"]\nclient_id = 1\n\
         api_key = \"MDEyMzQ1Njc4OTAxMjM0NQ==\"\nenabled = false\n",
    ];
    let open = "to look at: settings: everybody on this machine can read keyward.toml";
    for settings in secrets {
        fs::write(&file, settings).expect("the folder is ours");
        for (mode, is_open) in [(0o644, true), (0o604, true), (0o640, false), (0o600, false)] {
            fs::set_permissions(&file, Permissions::from_mode(mode)).expect("it is ours");
            let said = keyward(folder.path(), &["check"]);
            assert_eq!(
                said.out.contains(open),
                is_open,
                "{mode:o}: {settings}: {said:?}"
            );
            assert!(!is_open || said.out.contains("chmod o="), "{said:?}");
        }
    }
    // Nothing of it is a secret.
    fs::write(&file, "[mail]\nurl = \"smtp://localhost:9\"\n").expect("the folder is ours");
    fs::set_permissions(&file, Permissions::from_mode(0o644)).expect("it is ours");
    assert!(!keyward(folder.path(), &["check"]).out.contains(open));
}

#[test]
fn a_data_folder_that_everybody_can_enter_and_a_database_that_they_can_read_are_pointed_out() {
    let folder = folder();
    keyward(folder.path(), &["user", "list"]).done();
    let data = folder.path().join("keyward-data");
    let enter = "to look at: data: everybody on this machine can enter keyward-data";
    let read = "to look at: data: everybody on this machine can read keyward-data/keyward.db";
    let said = keyward(folder.path(), &["check"]).done();
    assert!(!said.contains(enter) && !said.contains(read), "{said}");
    for (mode, is_open) in [(0o755, true), (0o701, true), (0o702, true), (0o750, false)] {
        fs::set_permissions(&data, Permissions::from_mode(mode)).expect("it is ours");
        let said = keyward(folder.path(), &["check"]).done();
        assert_eq!(said.contains(enter), is_open, "{mode:o}: {said}");
        assert!(!is_open || said.contains("chmod o="), "{said}");
    }
    let database = data.join("keyward.db");
    fs::set_permissions(&database, Permissions::from_mode(0o644)).expect("it is ours");
    let said = keyward(folder.path(), &["check"]).done();
    assert!(said.contains(read), "{said}");
}

#[test]
fn a_file_of_a_secret_that_everybody_can_read_stops_the_start_with_words_that_mend_it() {
    let folder = folder();
    let secret = folder.path().join("url");
    fs::write(&secret, "sqlite://keyward-data/keyward.db\n").expect("the folder is ours");
    let settings = format!("[database]\nurl_file = \"{}\"\n", secret.display());
    fs::write(folder.path().join("keyward.toml"), settings).expect("the folder is ours");
    for mode in [0o644, 0o604, 0o602] {
        fs::set_permissions(&secret, Permissions::from_mode(mode)).expect("it is ours");
        let line = keyward(folder.path(), &["user", "list"]).refused("settings.invalid");
        assert!(line.contains("database.url_file"), "{line}");
        assert!(
            line.contains(&format!("chmod o= {}", secret.display())),
            "{line}"
        );
    }
    fs::set_permissions(&secret, Permissions::from_mode(0o640)).expect("it is ours");
    keyward(folder.path(), &["user", "list"]).done();
}

#[test]
fn a_password_in_an_address_that_cannot_be_read_is_not_printed() {
    let folder = folder();
    for url in [
        "postgres://keyward:Se%cret@127.0.0.1:1/keyward",
        "postgres://keyward:Sec/ret@127.0.0.1:1/keyward",
        "postgres://keyward:Sec@ret@127.0.0.1:1/keyward",
    ] {
        for arguments in [&["check"][..], &["serve"], &["user", "list"]] {
            let under = [("KEYWARD_DATABASE__URL", url)];
            let said = keyward_under(folder.path(), arguments, &under);
            assert!(
                !said.out.contains("cret") && !said.err.contains("cret"),
                "{said:?}"
            );
            assert!(!said.err.contains("ret@"), "{said:?}");
            said.refused("settings.invalid");
        }
    }
}

#[test]
fn another_master_key_opens_nothing() {
    let folder = folder();
    keyward(folder.path(), &["user", "add", "anna"]).done();
    let file = folder.path().join("keyward-data/master.key");
    let key = fs::read_to_string(&file).expect("a key");

    fs::write(&file, "A".repeat(43)).expect("a key");
    for arguments in [&["serve"][..], &["user", "list"], &["check"]] {
        keyward(folder.path(), arguments).refused("master_key.wrong");
    }
    fs::write(&file, "not a key").expect("a key");
    keyward(folder.path(), &["serve"]).refused("master_key.wrong");
    fs::remove_file(&file).expect("gone");
    for arguments in [&["serve"][..], &["user", "list"], &["check"]] {
        keyward(folder.path(), arguments).refused("master_key.missing");
    }
    assert!(
        !file.exists(),
        "a new key was made over a database that has another"
    );
    fs::write(&file, key).expect("a key");
    fs::set_permissions(&file, Permissions::from_mode(0o600)).expect("it is ours");
    keyward(folder.path(), &["user", "list"]).done();
}

on_every_database! {
    async fn people_are_managed(at: At) {
        let server = Server::start(at).await;
        let added = ["user", "add", "Anna", "--superuser", "--email", "anna@example.com",
            "--group", "staff", "--group", "admins", "--password-stdin"];
        call_reading(&server, &added, "short\n").refused("user.password_weak");
        call_reading(&server, &added, "").refused("command.input");
        call_reading(&server, &added, PASSWORD).done();
        call_reading(&server, &added, PASSWORD).refused("user.name_taken");
        call(&server, &["user", "add", "ben"]).done();

        let list = call(&server, &["--json", "user", "list"]).json();
        assert_eq!(list[0]["name"], "Anna");
        assert_eq!(list[0]["superuser"], true);
        assert_eq!(list[1]["name"], "ben");
        let found = call(&server, &["user", "list", "--json", "--search", "anna@"]).json();
        assert_eq!(found.as_array().map(Vec::len), Some(1));
        let table = call(&server, &["user", "list"]).done();
        assert!(table.starts_with("NAME"), "{table}");

        let shown = call(&server, &["--json", "user", "show", "ANNA"]).json();
        assert_eq!(shown["groups"], json!(["admins", "staff"]));
        assert_eq!(shown["email"], "anna@example.com");
        call(&server, &["user", "show", "nobody"]).refused("user.unknown");

        let groups = call(&server, &["user", "groups", "anna", "--remove", "staff", "--add", "b"]);
        assert_eq!(groups.done(), "admins\nb\n");
        assert_eq!(call(&server, &["user", "groups", "anna"]).done(), "admins\nb\n");

        call(&server, &["user", "disable", "anna"]).refused("user.last_superuser");
        call(&server, &["user", "disable", "ben"]).done();
        let list = call(&server, &["--json", "user", "list"]).json();
        assert_eq!(list[1]["enabled"], false);
        call(&server, &["user", "enable", "ben"]).done();

        for (kind, count) in [
            ("user.created", 2),
            ("user.superuser_granted", 1),
            ("user.groups_changed", 1),
            ("user.disabled", 1),
            ("user.enabled", 1),
        ] {
            assert_eq!(server.events(kind), count, "{kind}");
        }
        let foreign = "SELECT COUNT(*) FROM events WHERE actor <> 'command_line'";
        assert_eq!(server.database.number(foreign), 0);
    }

    async fn a_new_password_ends_what_the_old_one_opened(at: At) {
        let server = Server::start(at).await;
        let ben = server.user("ben").await;
        assert_eq!(ben.signs_in().await.path, "/account");
        let set = ["user", "set-password", "ben", "--password-stdin"];
        call_reading(&server, &set, "another four words\r\n").done();
        assert!(is_out(&ben).await);
        let mut again = ben.elsewhere(&server.base);
        assert_ne!(again.signs_in().await.path, "/account");
        again.password = "another four words".to_owned();
        assert_eq!(again.signs_in().await.path, "/account");
    }

    async fn a_disabled_user_is_out_at_once(at: At) {
        let server = Server::start(at).await;
        let ben = server.user("ben").await;
        ben.signs_in().await;
        call(&server, &["user", "disable", "ben"]).done();
        assert!(is_out(&ben).await);
        assert_ne!(ben.elsewhere(&server.base).signs_in().await.path, "/account");
        call(&server, &["user", "enable", "ben"]).done();
        assert_eq!(ben.elsewhere(&server.base).signs_in().await.path, "/account");
    }

    async fn the_second_factor_is_told_and_taken(at: At) {
        let server = Server::start(at).await;
        let mut anna = server.user("anna").await;
        server.user("ben").await;
        anna.signs_in().await;
        anna.adds_an_app().await;

        let status = call(&server, &["two-factor", "status", "anna", "ben"]).done();
        assert_eq!(status, "anna: enabled\nben: disabled\n");
        let devices = call(&server, &["two-factor", "status", "anna", "--devices"]).done();
        assert!(devices.contains("  totp \""), "{devices}");
        let rows = call(&server, &["--json", "two-factor", "status", "anna", "--devices"]).json();
        assert_eq!(rows[0]["devices"][0]["kind"], "totp");
        call(&server, &["two-factor", "status", "anna", "nobody"]).refused("user.unknown");

        let disable = ["two-factor", "disable", "anna"];
        call(&server, &disable).refused("command.unconfirmed");
        call_reading(&server, &disable, "no\n").refused("command.unconfirmed");
        assert!(!is_out(&anna).await);
        call(&server, &["two-factor", "disable", "anna", "nobody", "--yes"]).refused("user.unknown");
        let said = call_reading(&server, &disable, "y\n").done();
        assert!(said.contains("1 devices removed, 1 sessions ended"), "{said}");
        assert!(is_out(&anna).await);
        assert_eq!(call(&server, &["two-factor", "status", "anna"]).done(), "anna: disabled\n");
        assert_eq!(server.events("two_factor.disabled"), 1);
    }

    async fn sessions_are_listed_and_ended(at: At) {
        let server = Server::start(at).await;
        let (anna, ben) = (server.user("anna").await, server.user("ben").await);
        for person in [&anna, &ben] {
            person.signs_in().await;
        }
        let list = call(&server, &["--json", "session", "list"]).json();
        assert_eq!(list.as_array().map(Vec::len), Some(2));
        let list = call(&server, &["--json", "session", "list", "--user", "anna"]).json();
        let id = list[0]["id"].as_str().expect("an id");
        assert_eq!(list[0]["user"], "anna");

        call(&server, &["session", "end", id]).done();
        assert!(is_out(&anna).await);
        assert!(!is_out(&ben).await);
        call(&server, &["session", "end", id]).refused("session.unknown");
        assert_eq!(call(&server, &["session", "end", "--user", "ben"]).done(), "1 sessions ended\n");
        assert!(is_out(&ben).await);
        assert_eq!(call(&server, &["session", "list"]).done(), "");
        assert_eq!(server.events("session.ended"), 2);
        for person in [&anna, &ben] {
            person.signs_in().await;
        }
        call_reading(&server, &["session", "end", "--everybody"], "no\n").refused("command.unconfirmed");
        assert!(!is_out(&anna).await);
        let said = call(&server, &["session", "end", "--everybody", "--yes"]).done();
        assert_eq!(said, "2 sessions ended\n");
        assert!(is_out(&anna).await && is_out(&ben).await);
    }

    async fn a_new_password_is_asked_for_on_the_command_line(at: At) {
        let server = Server::start(at).await;
        let mut anna = server.user("anna").await;
        anna.signs_in().await;
        let said = call(&server, &["--json", "user", "ask-password", "anna", "--yes"]).json();
        let link = said["link"].as_str().expect("no mail arrives");
        let link = link.strip_prefix(&server.base).expect("ours").to_owned();
        assert!(is_out(&anna).await);
        let elsewhere = anna.elsewhere(&server.base);
        assert_ne!(elsewhere.types_password().await.path, "/account", "the old password");
        let page = anna.visits(&link).await;
        let form = page.form("Save").fill("New password", "nine purple umbrellas sing");
        let answer = anna.browser.submit(&page, &form).await;
        anna.browser.follow(answer).await;
        anna.password = "nine purple umbrellas sing".to_owned();
        assert_eq!(anna.signs_in().await.path, "/account");
    }

    async fn lockouts_are_listed_and_cleared(at: At) {
        let server = Server::with(at, &[("lockout.user_failures", "2")]).await;
        let anna = server.user("anna").await;
        let mut guesser = anna.elsewhere(&server.base);
        guesser.password = "a guess of four words".to_owned();
        for _ in 0..2 {
            guesser.types_password().await;
        }
        let locked = |said: Said| said.json().as_array().expect("a list").len();
        let list = call(&server, &["--json", "lockout", "list"]).json();
        let mine = list.as_array().expect("a list").iter().find(|row| row["user"] == "anna");
        assert!(mine.is_some(), "{list}");
        assert_ne!(anna.signs_in().await.path, "/account", "the lock holds nobody up");

        call(&server, &["user", "unlock", "anna"]).done();
        assert_eq!(anna.signs_in().await.path, "/account");
        assert_eq!(server.events("user.unlocked"), 1);

        guesser.types_password().await;
        call(&server, &["lockout", "clear", "--user", "anna"]).done();
        call(&server, &["lockout", "clear", "--address", "127.0.0.1"]).done();
        assert_eq!(locked(call(&server, &["--json", "lockout", "list"])), 0);
        guesser.types_password().await;
        call(&server, &["lockout", "clear"]).done();
        assert_eq!(locked(call(&server, &["--json", "lockout", "list"])), 0);
        assert_eq!(server.events("lockout.cleared"), 3);
    }

    async fn check_tells_how_to_mend_a_database_of_another_version(at: At) {
        let server = Server::start(at).await;
        server.database.execute("UPDATE __diesel_schema_migrations SET version = '20990101000000' \
            WHERE version = (SELECT MAX(version) FROM __diesel_schema_migrations)");
        let said = call(&server, &["check"]);
        let line = said.out.lines().find(|line| line.starts_with("wrong: database")).expect("a line");
        assert!(line.contains("20990101000000") && line.contains("newer"), "{line}");
        assert!(!line.contains("database.url"), "{line}");
        said.refused("database.migrations");
    }

    async fn a_database_of_an_earlier_build_is_refused_and_left_as_it_is(at: At) {
        let server = Server::start(at).await;
        server.database.execute("DELETE FROM __diesel_schema_migrations");
        for version in ["20261122000000", "20261129230000"] {
            server.database.execute(&format!(
                "INSERT INTO __diesel_schema_migrations (version) VALUES ('{version}')"
            ));
        }
        for arguments in [&["serve"][..], &["check"], &["user", "list"], &["migrate"], &["migrate", "--dry-run"]] {
            let said = call(&server, arguments);
            let all = format!("{}{}", said.out, said.err);
            assert!(all.contains("made by an earlier build of Keyward"), "{arguments:?}: {all}");
            assert!(all.contains("20261122000000") && !all.contains("newer"), "{arguments:?}: {all}");
            said.refused("database.migrations");
        }
        let versions = "SELECT version AS line FROM __diesel_schema_migrations ORDER BY version";
        assert_eq!(server.database.lines(versions), ["20261122000000", "20261129230000"]);
    }

    async fn validation_services_are_managed_and_tested(at: At) {
        let mut key = SoftYubikey::numbered(1);
        let real = Yubiserver::start(&[&key]);
        let server = Server::start(at).await;
        let client = real.client_id().to_string();
        let add = ["validation", "service", "add", "main", "--url", &real.url(),
            "--client-id", &client, "--api-key-stdin"];
        call_reading(&server, &add, "not base64!").refused("validation_service.invalid");
        call_reading(&server, &add, &real.api_key_base64()).done();
        call_reading(&server, &add, &real.api_key_base64())
            .refused("validation_service.name_taken");

        let list = call(&server, &["--json", "validation", "service", "list"]).json();
        assert_eq!(list[0]["name"], "main");
        assert_eq!(list[0]["signed"], true);
        let table = call(&server, &["validation", "service", "list"]).done();
        assert!(!table.contains(&real.api_key_base64()), "{table}");
        let found = call(&server, &["check"]).done();
        assert!(found.contains("fine: validation service main"), "{found}");

        let test = ["validation", "service", "test", "main"];
        let otp = key.touch();
        let said = call_reading(&server, &test, &format!("{otp}\n")).done();
        assert!(said.contains("in ") && said.starts_with("127.0.0.1"), "{said}");
        call_reading(&server, &test, &otp).refused("validation_service.unreachable");
        call_reading(&server, &test, "hello").refused("command.input");
        call(&server, &["validation", "service", "test", "other"])
            .refused("validation_service.unknown");

        call(&server, &["validation", "service", "remove", "main"]).done();
        call(&server, &["validation", "service", "remove", "main"])
            .refused("validation_service.unknown");
        for kind in ["added", "removed"] {
            assert_eq!(server.events(&format!("validation_service.{kind}")), 1);
        }
        assert_eq!(server.events("validation_service.tested"), 2);
    }
}

#[test]
fn every_list_ends_where_it_is_told_to() {
    let folder = tempfile::tempdir().expect("a folder");
    for name in ["one", "three", "two"] {
        keyward(folder.path(), &["group", "add", name]).done();
    }
    let said = keyward(folder.path(), &["group", "list", "--limit", "2", "--json"]);
    assert!(said.err.contains("there are more than 2"), "{said:?}");
    assert_eq!(said.json().as_array().map(Vec::len), Some(2));
    for list in [
        "user list",
        "group list",
        "group members one",
        "invitation list",
        "lockout list",
        "mail list",
        "pass list",
        "policy affected",
        "policy show",
        "session list",
        "validation client list",
        "validation otp-key list",
    ] {
        for limit in ["0", "1", "1000000"] {
            let mut words: Vec<&str> = list.split(' ').collect();
            words.extend(["--limit", limit]);
            keyward(folder.path(), &words).done();
        }
    }
}

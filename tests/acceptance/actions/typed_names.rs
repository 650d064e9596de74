//! Names that nobody can see, or that turn the text beside them around, wherever names are typed.

use keyward_test_support::command::keyward;
use keyward_test_support::on_every_database;
use keyward_test_support::server::Server;

/// A zero-width space, marks of direction, a filler, a soft hyphen, a byte order mark, a tag, a line
/// end that is none in ASCII.
const UNSEEN: [&str; 8] = [
    "sta\u{200b}ff",
    "\u{202e}ffats",
    "\u{2066}staff\u{2069}",
    "\u{3164}",
    "st\u{ad}aff",
    "\u{feff}staff",
    "staff\u{e0041}",
    "sta\u{2028}ff",
];

on_every_database! {
    async fn names_that_nobody_sees_are_refused_on_the_command_line(at: At) {
        let server = Server::start(at).await;
        let folder = server.folder();
        for name in UNSEEN {
            let address = format!("{name}@example.org");
            let domain = format!("anna@{name}.example");
            let commands: [&[&str]; 7] = [
                &["group", "add", name],
                &["user", "add", name],
                &["user", "add", "anna", "--email", &address],
                &["user", "add", "anna", "--email", &domain],
                &["user", "add", "anna", "--group", name],
                &["validation", "service", "add", name, "--url", "https://127.0.0.1/verify",
                    "--client-id", "1"],
                &["validation", "client", "add", "--note", name],
            ];
            for command in commands {
                let said = keyward(folder, command);
                assert_ne!(said.code, Some(0), "{command:?}: {said:?}");
            }
        }
        for table in ["users", "group_members", "groups", "validation_services", "validation_clients"] {
            assert_eq!(server.database.number(&format!("SELECT COUNT(*) FROM {table}")), 0, "{table}");
        }
    }

    async fn names_that_nobody_sees_are_refused_at_the_console(at: At) {
        let server = Server::start(at).await;
        let mut root = server.superuser("root").await;
        root.signs_in().await;
        root.adds_an_app().await;
        for name in UNSEEN {
            root.browser.post("/console/groups", &[("name", name)]).await;
            let fields = [
                ("name", name), ("urls", "https://127.0.0.1/verify"), ("client_id", "1"),
                ("api_key", ""), ("sl", ""), ("timeout", "10"),
            ];
            let answer = root.browser.post("/console/services", &fields).await;
            assert!(answer.status < 500, "{}", answer.body);
            let fields = [("username", name), ("email", ""), ("password", "four words at random")];
            let answer = root.browser.post("/console/users", &fields).await;
            assert!(answer.status < 500, "{}", answer.body);
        }
        for table in ["groups", "validation_services"] {
            assert_eq!(server.database.number(&format!("SELECT COUNT(*) FROM {table}")), 0, "{table}");
        }
        assert_eq!(server.database.number("SELECT COUNT(*) FROM users"), 1);
        // What somebody calls a device loses what nobody sees.
        let device = server.database.text("SELECT id FROM devices");
        let path = format!("/account/devices/{device}/rename");
        root.browser.post(&path, &[("name", "ph\u{200b}one\u{202e}")]).await;
        assert_eq!(server.database.text("SELECT name FROM devices"), "phone");
    }

    async fn one_group_has_one_spelling(at: At) {
        let server = Server::start(at).await;
        let folder = server.folder();
        keyward(folder, &["group", "add", "caf\u{e9}"]).done();
        let again = keyward(folder, &["group", "add", "cafe\u{301}"]);
        assert_eq!(again.code, Some(1), "{again:?}");
    }
}

//! Mail, from what happened to what a real mail server received.

use std::sync::Arc;
use std::time::Duration;

use keyward::jobs::outbox::Outbox;
use keyward::views::Views;
use keyward_actions::App;
use keyward_actions::start::Migrations;
use keyward_core::clock::SystemEntropy;
use keyward_settings::{Environment, Settings};

use keyward_test_support::backends::At;
use keyward_test_support::command::{Serving, keyward, keyward_reads};
use keyward_test_support::mailbox::{Mailbox, Mode};
use keyward_test_support::on_every_database;
use keyward_test_support::person::PASSWORD;
use keyward_test_support::process;
use keyward_test_support::server::Server;
use keyward_test_support::token_endpoint::TokenEndpoint;

/// A server that sends its mail there.
pub async fn server_with(at: At, mailbox: &Mailbox, more: &[(&str, &str)]) -> Server {
    let settings = mailbox.settings();
    let mut settings: Vec<(&str, &str)> = settings
        .iter()
        .map(|(key, value)| (*key, value.as_str()))
        .collect();
    settings.extend_from_slice(more);
    Server::with(at, &settings).await
}

fn waiting(server: &Server) -> i64 {
    let statement = "SELECT COUNT(*) FROM outbox WHERE state = 'waiting'";
    server.database.number(statement)
}

on_every_database! {
    async fn a_new_device_is_told_to_its_owner_as_text_and_html(at: At) {
        let mailbox = Mailbox::start();
        let server = server_with(at, &mailbox, &[]).await;
        let mut anna = server.reachable("anna", "anna@example.org").await;
        anna.signs_in().await;
        anna.adds_an_app().await;
        let mail = mailbox.about("A device was added").await;
        assert_eq!(mail.to, "anna@example.org");
        for words in ["Hello anna", "Authenticator app", "127.0.0.1", "UTC"] {
            assert!(mail.text.contains(words), "{words}: {}", mail.text);
            assert!(mail.html.contains(words), "{words}: {}", mail.html);
        }
        let link = mail.link(&server.base, "/account/devices");
        assert_eq!(anna.visits(&link).await.path, "/account/devices");
        assert_eq!(mail.header("auto-submitted"), "auto-generated");
        assert!(mail.header("from").contains("keyward@localhost"), "{}", mail.raw);
        assert!(mail.header("message-id").ends_with("@localhost>"), "{}", mail.raw);
        server.quiet().await;
        assert_eq!(mailbox.taken(), 1, "it was sent twice");
    }

    async fn who_has_no_address_gets_no_mail_and_loses_nothing(at: At) {
        let mailbox = Mailbox::start();
        let server = server_with(at, &mailbox, &[]).await;
        let mut anna = server.user("anna").await;
        anna.signs_in().await;
        assert_eq!(anna.adds_an_app().await.path, "/account/devices");
        server.quiet().await;
        assert_eq!((mailbox.taken(), waiting(&server)), (0, 0));
    }

    async fn mail_travels_under_tls_with_a_password(at: At) {
        for mode in [Mode::StartTls, Mode::Tls] {
            let mailbox = Mailbox::speaking(mode);
            let server = server_with(at, &mailbox, &[]).await;
            server.reachable("anna", "anna@example.org").await;
            server.sets_password("anna").await;
            let mail = mailbox.about("password was changed").await;
            assert!(mail.secured, "{mode:?} was in the clear");
        }
    }

    async fn a_mail_server_of_an_unknown_authority_or_without_tls_gets_no_mail(at: At) {
        let [named, plain] = [Mailbox::speaking(Mode::StartTls), Mailbox::start()];
        let port = plain.port();
        let in_the_clear = format!("\"smtp://keyward:hush@localhost:{port}\"");
        let other = Mailbox::speaking(Mode::Tls);
        let nobodys = format!("\"{}\"", other.other_ca().display());
        for (mailbox, key, value) in [
            (&named, "mail.ca", nobodys.as_str()),
            (&plain, "mail.url", in_the_clear.as_str()),
        ] {
            let server = server_with(at, mailbox, &[(key, value)]).await;
            server.reachable("anna", "anna@example.org").await;
            server.sets_password("anna").await;
            server.tried(1).await;
            assert_eq!((mailbox.taken(), waiting(&server)), (0, 1), "{key}");
        }
    }

    async fn a_mail_server_that_signed_its_certificate_itself_is_believed_where_the_file_holds_it(at: At) {
        for (mode, is_authority) in [(Mode::StartTls, true), (Mode::Tls, true), (Mode::Tls, false)] {
            let mailbox = Mailbox::signing_itself(mode, "localhost", is_authority);
            let server = server_with(at, &mailbox, &[]).await;
            server.reachable("anna", "anna@example.org").await;
            server.sets_password("anna").await;
            let mail = mailbox.about("password was changed").await;
            assert!(mail.secured, "{mode:?} was in the clear");
            assert!(keyward(server.folder(), &["check"]).done().contains("the mail server answers"));
        }
    }

    async fn a_certificate_that_signed_itself_stands_for_its_own_key_and_name_alone(at: At) {
        let [named, other] = ["localhost", "mail.example.org"]
            .map(|name| Mailbox::signing_itself(Mode::Tls, name, true));
        let theirs = Mailbox::signing_itself(Mode::Tls, "localhost", true);
        let file = theirs.settings()[2].1.clone();
        for (mailbox, more, words) in [
            (&named, vec![("mail.ca", file.as_str())], "certificate"),
            (&other, vec![], "another name"),
        ] {
            let server = server_with(at, mailbox, &more).await;
            let said = keyward(server.folder(), &["check"]);
            let line = said.out.lines().find(|line| line.contains(": mail:")).expect("a line");
            assert!(line.starts_with("wrong") && line.contains(words), "{line}");
            keyward(server.folder(), &["mail", "test", "anna@example.org"]).refused("mail.refused");
            assert_eq!(mailbox.taken(), 0);
        }
    }

    async fn a_mail_server_that_turns_everybody_away_costs_no_mail(at: At) {
        for (how, words) in [("closed", "closed for maintenance"), ("unwanted", "not this sender")] {
            let mailbox = Mailbox::start();
            let server = server_with(at, &mailbox, &[]).await;
            server.reachable("anna", "anna@example.org").await;
            mailbox.shuts(how);
            server.sets_password("anna").await;
            server.tried(1).await;
            assert_eq!(waiting(&server), 1, "{how}: it was given up");
            let listed = keyward(server.folder(), &["mail", "list"]).done();
            assert!(listed.contains(words), "{how}: {listed}");
            let checked = keyward(server.folder(), &["check"]);
            let line = checked.out.lines().find(|line| line.contains(": mail:")).expect("a line");
            assert!(line.starts_with("wrong") && line.contains(words), "{line}");
            mailbox.opens();
            keyward(server.folder(), &["mail", "retry"]).done();
            mailbox.about("password was changed").await;
        }
    }

    async fn a_mail_server_gets_an_access_token_that_is_asked_for_once(at: At) {
        let mailbox = Mailbox::speaking(Mode::XOAuth2);
        let endpoint = TokenEndpoint::start(mailbox.token_file(), 3600);
        let url = format!("\"{}\"", endpoint.url());
        let oauth = [
            ("mail.oauth.token_url", url.as_str()),
            ("mail.oauth.client_id", "\"keyward-client\""),
            ("mail.oauth.client_secret", "\"se cret&\""),
            ("mail.oauth.scope", "\"mail.send\""),
        ];
        let server = server_with(at, &mailbox, &oauth).await;
        for name in ["anna", "ben", "cleo"] {
            server.reachable(name, &format!("{name}@example.org")).await;
            server.sets_password(name).await;
        }
        mailbox.messages(3).await;
        assert_eq!(endpoint.granted(), 1);
        assert!(keyward(server.folder(), &["check"]).done().contains("the mail server answers"));
    }

    async fn a_token_that_is_not_taken_or_not_given_loses_no_mail_and_is_said(at: At) {
        let mailbox = Mailbox::speaking(Mode::XOAuth2);
        let endpoint = TokenEndpoint::start(mailbox.token_file().with_extension("other"), 3600);
        std::fs::write(mailbox.token_file(), "another").expect("a file");
        let url = format!("\"{}\"", endpoint.url());
        for (secret, words) in [("se cret&", "does not take"), ("guess", "no such secret")] {
            let secret = format!("\"{secret}\"");
            let oauth = [
                ("mail.oauth.token_url", url.as_str()),
                ("mail.oauth.client_id", "\"keyward-client\""),
                ("mail.oauth.client_secret", secret.as_str()),
                ("mail.oauth.scope", "\"mail.send\""),
            ];
            let server = server_with(at, &mailbox, &oauth).await;
            server.reachable("anna", "anna@example.org").await;
            server.sets_password("anna").await;
            server.tried(1).await;
            assert_eq!((mailbox.taken(), waiting(&server)), (0, 1), "{words}");
            let said = keyward(server.folder(), &["check"]);
            assert!(said.out.contains(words), "{}", said.out);
            said.refused("mail.refused");
        }
    }

    async fn domains_in_all_letters_travel_in_a_labels_and_such_names_where_the_server_takes_them(at: At) {
        let mailbox = Mailbox::start();
        let server = server_with(at, &mailbox, &[]).await;
        server.reachable("anna", "anna@bücher.example").await;
        server.sets_password("anna").await;
        assert_eq!(mailbox.messages(1).await[0].to, "anna@xn--bcher-kva.example");
        server.reachable("ben", "bén@bücher.example").await;
        server.sets_password("ben").await;
        server.until("SELECT COUNT(*) FROM events WHERE kind = 'mail.failed'", 1).await;
        assert_eq!((server.tries(), waiting(&server)), (2, 0), "it waits for another server");
        let all = Mailbox::speaking(Mode::Utf8);
        let server = server_with(at, &all, &[]).await;
        server.reachable("ben", "bén@bücher.example").await;
        server.sets_password("ben").await;
        assert_eq!(all.messages(1).await[0].to, "bén@xn--bcher-kva.example");
    }

    async fn a_refusal_for_now_is_tried_again_later_and_sent_once(at: At) {
        let mailbox = Mailbox::start();
        let server = server_with(at, &mailbox, &[]).await;
        server.reachable("anna", "later-2.anna@example.org").await;
        server.sets_password("anna").await;
        server.tried(1).await;
        server.quiet().await;
        assert_eq!(server.tries(), 1, "it was tried again at once");
        server.clock.turn(Duration::from_secs(31));
        server.tried(2).await;
        server.clock.turn(Duration::from_secs(31));
        server.quiet().await;
        assert_eq!(server.tries(), 2, "the wait does not grow");
        server.clock.turn(Duration::from_secs(30));
        mailbox.messages(1).await;
        server.clock.turn(Duration::from_secs(7200));
        server.quiet().await;
        assert_eq!((mailbox.taken(), waiting(&server)), (1, 0));
    }

    async fn a_refusal_for_good_is_given_up_and_stands_in_the_trail(at: At) {
        let mailbox = Mailbox::start();
        let server = server_with(at, &mailbox, &[]).await;
        server.reachable("anna", "never.anna@example.org").await;
        server.reachable("ben", "ben@example.org").await;
        server.sets_password("anna").await;
        server.sets_password("ben").await;
        let mail = mailbox.messages(1).await.remove(0);
        assert_eq!(mail.to, "ben@example.org");
        server.until("SELECT COUNT(*) FROM events WHERE kind = 'mail.failed'", 1).await;
        server.clock.turn(Duration::from_secs(7200));
        server.quiet().await;
        assert_eq!((server.tries(), waiting(&server)), (2, 0), "it was tried again");
    }

    async fn a_mail_server_that_dies_in_the_middle_costs_no_mail_and_no_second_copy(at: At) {
        let mailbox = Mailbox::start();
        let server = server_with(at, &mailbox, &[]).await;
        server.reachable("anna", "dies-2.anna@example.org").await;
        server.sets_password("anna").await;
        for tries in 1..=2 {
            server.tried(tries).await;
            server.clock.turn(Duration::from_secs(61));
        }
        mailbox.messages(1).await;
        server.clock.turn(Duration::from_secs(7200));
        server.quiet().await;
        assert_eq!((mailbox.taken(), waiting(&server)), (1, 0));
    }

    async fn a_copy_after_a_lost_answer_carries_the_same_message_id(at: At) {
        let mailbox = Mailbox::start();
        let server = server_with(at, &mailbox, &[]).await;
        server.reachable("anna", "lost-1.anna@example.org").await;
        server.sets_password("anna").await;
        server.tried(1).await;
        server.clock.turn(Duration::from_secs(61));
        let mails = mailbox.messages(2).await;
        let ids: Vec<String> = mails.iter().map(|mail| mail.header("message-id")).collect();
        assert_eq!(ids[0], ids[1]);
    }

    async fn what_a_dead_node_had_claimed_is_sent_by_another_when_the_lease_is_over(at: At) {
        // Nothing listens there yet.
        let port = process::free_port();
        let url = format!("\"smtp://127.0.0.1:{port}?tls=none\"");
        let settings = [("mail.transport", "\"smtp\""), ("mail.url", url.as_str())];
        let server = Server::with(at, &settings).await;
        server.reachable("anna", "anna@example.org").await;
        server.sets_password("anna").await;
        server.tried(1).await;
        server.until("SELECT COUNT(*) FROM outbox WHERE lease IS NULL", 1).await;
        let until = server.app.now().millis() + 120_000;
        server.database.execute(&format!("UPDATE outbox SET lease = 'dead', due_at = {until}"));
        let mailbox = Mailbox::at(port, Mode::Plain);
        server.clock.turn(Duration::from_secs(60));
        server.quiet().await;
        assert_eq!(mailbox.taken(), 0, "it was sent under somebody else's lease");
        server.clock.turn(Duration::from_secs(61));
        mailbox.messages(1).await;
        server.quiet().await;
        assert_eq!((mailbox.taken(), waiting(&server)), (1, 0));
    }

    async fn a_link_that_somebody_waits_for_overtakes_the_notices_of_a_crowd(at: At) {
        // Nothing listens there yet.
        let port = process::free_port();
        let url = format!("\"smtp://127.0.0.1:{port}?tls=none\"");
        let settings = [("mail.transport", "\"smtp\""), ("mail.url", url.as_str())];
        let server = Server::with(at, &settings).await;
        for number in 0..20 {
            let name = format!("anna{number}");
            server.reachable(&name, &format!("{name}@example.org")).await;
            server.sets_password(&name).await;
        }
        let ben = server.reachable("ben", "ben@example.org").await;
        let page = ben.visits("/recover").await;
        let form = page.form("Continue").fill("Email", "ben@example.org");
        ben.browser.submit(&page, &form).await;
        server.tried(21).await;
        let mailbox = Mailbox::at(port, Mode::Plain);
        // All are due at the same moment, and his is the last that was written.
        server.clock.turn(Duration::from_secs(31));
        let mails = mailbox.messages(21).await;
        let place = mails.iter().position(|mail| mail.to == "ben@example.org");
        assert!(place.is_some_and(|place| place < 8), "{place:?}");
    }

    async fn three_nodes_send_each_mail_once(at: At) {
        let mailbox = Mailbox::start();
        let server = server_with(at, &mailbox, &[]).await;
        let mut nodes = Vec::new();
        for _ in 0..2 {
            let file = server.folder().join("keyward.toml");
            let settings = Settings::load(Some(&file), Environment::empty()).expect("good");
            let (clock, entropy) = (server.clock.clone(), Arc::new(SystemEntropy));
            let node = App::open(settings, Migrations::ApplyToNew, clock, entropy).await;
            let views = Views::new().expect("languages are sound");
            let outbox = Outbox::new(node.expect("the database opens"), views);
            nodes.push(tokio::spawn(async move { outbox.run(std::future::pending()).await }));
        }
        for number in 0..10 {
            let name = format!("anna{number}");
            server.reachable(&name, &format!("{name}@example.org")).await;
            server.sets_password(&name).await;
        }
        let mails = mailbox.messages(10).await;
        server.quiet().await;
        let mut receivers: Vec<String> = mails.into_iter().map(|mail| mail.to).collect();
        receivers.sort();
        receivers.dedup();
        assert_eq!((receivers.len(), mailbox.taken(), waiting(&server)), (10, 10, 0));
        for node in nodes {
            node.abort();
        }
    }

    async fn what_a_mail_says_is_sealed_while_it_waits_and_forgotten_afterwards(at: At) {
        let mailbox = Mailbox::start();
        let server = server_with(at, &mailbox, &[]).await;
        server.reachable("anna", "later-1.anna@example.org").await;
        server.sets_password("anna").await;
        server.tried(1).await;
        let stolen = String::from_utf8_lossy(&server.database.stolen()).into_owned();
        assert!(!stolen.contains("\"message\""), "a message lies open");
        server.clock.turn(Duration::from_secs(31));
        mailbox.messages(1).await;
        server.until("SELECT COUNT(*) FROM outbox WHERE content IS NULL AND state = 'sent'", 1).await;
    }

    async fn a_lockout_is_told_once_an_hour_however_often_a_stranger_causes_it(at: At) {
        let mailbox = Mailbox::start();
        let more = [("lockout.user_failures", "2"), ("lockout.address_failures", "1000")];
        let server = server_with(at, &mailbox, &more).await;
        let anna = server.reachable("anna", "anna@example.org").await;
        let mut stranger = server.stranger("anna");
        stranger.password = "a guess of somebody else".to_owned();
        for _ in 0..3 {
            for _ in 0..2 {
                stranger.types_password().await;
            }
            // What is being sent while the clock goes past its lease is sent again.
            server.quiet().await;
            server.clock.turn(Duration::from_secs(300));
        }
        mailbox.about("Too many failed tries").await;
        server.quiet().await;
        assert_eq!((server.events("lockout.locked") > 1, mailbox.taken()), (true, 1));
        assert_eq!(anna.signs_in().await.path, "/account");
    }

    async fn no_words_of_a_stranger_stand_in_a_mail(at: At) {
        let mailbox = Mailbox::start();
        let more = [("lockout.user_failures", "2"), ("lockout.address_failures", "1000")];
        let server = server_with(at, &mailbox, &more).await;
        server.reachable("anna", "anna@example.org").await;
        let agent = "Call +1 900 555 0199 now, or visit http://evil.example/ Firefox/1 Windows";
        for _ in 0..2 {
            let browser = server.browser();
            let request = browser
                .our_post("/sign-in/password")
                .header("user-agent", agent)
                .form(&[("username", "anna"), ("password", "a guess")]);
            browser.send(request).await;
        }
        let mail = mailbox.about("Too many failed tries").await;
        for words in ["900", "evil", "Call"] {
            assert!(!mail.text.contains(words) && !mail.html.contains(words), "{}", mail.text);
        }
        assert!(mail.text.contains("Firefox on Windows"), "{}", mail.text);
    }

    async fn what_somebody_calls_a_device_says_nothing_in_a_mail(at: At) {
        let mailbox = Mailbox::start();
        let server = server_with(at, &mailbox, &[]).await;
        let mut anna = server.reachable("anna", "anna@example.org").await;
        anna.signs_in().await;
        let page = anna.visits("/account/devices/add/totp").await;
        anna.scans(&page);
        let form = page.form("Confirm").fill("Code", &anna.code());
        let form = form.fill("Device name", "Confirm at www.evil.example now");
        anna.browser.submit(&page, &form).await;
        let mail = mailbox.about("A device was added").await;
        assert!(!mail.text.contains("evil") && !mail.html.contains("evil"), "{}", mail.text);
    }

    async fn administrators_are_told_of_a_new_superuser(at: At) {
        let mailbox = Mailbox::start();
        let server = server_with(at, &mailbox, &[]).await;
        server.reachable_superuser("sue", "sue@example.org").await;
        mailbox.messages(1).await;
        server.reachable_superuser("ben", "ben@example.org").await;
        let mails = mailbox.messages(3).await;
        let mut told: Vec<(String, String)> = mails[1..]
            .iter()
            .map(|mail| (mail.to.clone(), mail.subject.clone()))
            .collect();
        told.sort();
        assert_eq!(told[0], ("ben@example.org".to_owned(), "You are a superuser now".to_owned()));
        assert_eq!(told[1], ("sue@example.org".to_owned(), "ben is a superuser now".to_owned()));
    }
}

#[tokio::test]
async fn a_command_leaves_its_mail_to_the_server_that_starts_later() {
    let mailbox = Mailbox::start();
    let folder = tempfile::tempdir().expect("a folder");
    let lines: Vec<String> = mailbox
        .settings()
        .iter()
        .map(|(key, value)| format!("{key} = {value}"))
        .collect();
    std::fs::write(folder.path().join("keyward.toml"), lines.join("\n")).expect("it is ours");
    let said = keyward(folder.path(), &["mail", "test", "ben@example.org"]).done();
    assert!(said.contains("ben@example.org"), "{said}");
    let mail = mailbox.messages(1).await.remove(0);
    assert_eq!(mail.subject, "A test from Keyward");
    keyward(folder.path(), &["mail", "test", "never.ben@example.org"]).refused("mail.refused");
    let found = keyward(folder.path(), &["check"]).done();
    assert!(found.contains("the mail server answers"), "{found}");

    keyward(
        folder.path(),
        &["user", "add", "anna", "--email", "anna@example.org"],
    )
    .done();
    let set = ["user", "set-password", "anna", "--password-stdin"];
    keyward_reads(folder.path(), &set, &format!("{PASSWORD}\n")).done();
    let list = keyward(folder.path(), &["mail", "list", "--json"]).json();
    assert_eq!(list[0]["topic"], "user.password_set");
    assert_eq!(
        (&list[0]["state"], &list[0]["tries"]),
        (&"waiting".into(), &0.into())
    );
    let serving = Serving::start(folder.path(), &[]);
    mailbox.messages(2).await;
    serving.signal("TERM");
    assert!(serving.ended().success());
    let list = keyward(folder.path(), &["mail", "list", "--json", "--all"]).json();
    assert_eq!(list[0]["state"], "sent");
}

#[tokio::test]
async fn the_file_transport_writes_each_mail_into_a_private_file() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(
        folder.path().join("keyward.toml"),
        "mail.transport = \"file\"",
    )
    .expect("ours");
    keyward(folder.path(), &["mail", "test", "anna@example.org"]).done();
    let entries = std::fs::read_dir(folder.path().join("keyward-data/mail")).expect("a folder");
    let files: Vec<_> = entries
        .map(|entry| entry.expect("an entry").path())
        .collect();
    assert_eq!(files.len(), 1, "{files:?}");
    let mode = std::fs::metadata(&files[0])
        .expect("a file")
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
    let text = std::fs::read_to_string(&files[0]).expect("a mail");
    assert!(text.contains("To: anna@example.org"), "{text}");
}

//! What was right when it was looked at, and is so no more when it is acted on: a request waits, for
//! a seat, for another server, for the database, and others go on meanwhile.

use std::time::Duration;

use keyward_actions::group;
use keyward_actions::policy;
use keyward_actions::session;
use keyward_actions::two_factor;
use keyward_actions::user::{self, NewAccount};
use keyward_core::domain::group::GroupName;
use keyward_core::domain::policy::{Rules, Scope};
use keyward_core::domain::role::Roles;
use keyward_core::domain::session::{Client, Session};
use keyward_core::domain::user::{User, UserName};
use keyward_core::flows::permit::{Access, Administrator, SessionFacts, judge};
use keyward_core::problem::{Problem, codes};

use keyward_test_support::client::Client as Browser;
use keyward_test_support::on_every_database;
use keyward_test_support::page::Page;
use keyward_test_support::person::Person;
use keyward_test_support::server::Server;

const NEW: &str = "nine purple umbrellas sing";

/// The hash goes, and the version tells that there is another password.
const REPLACED: &str =
    "UPDATE users SET password_hash = 'replaced', password_version = password_version + 1";

async fn changes_password(anna: &Person) -> Page {
    let page = anna.visits("/account/password").await;
    let form = page
        .form("Save")
        .fill("Current password", &anna.password)
        .fill("New password", NEW);
    let answer = anna.browser.submit(&page, &form).await;
    anna.browser.follow(answer).await
}

async fn is_in(browser: &Browser) -> bool {
    browser.get("/account").await.status == 200
}

/// The permit of somebody who is at the console at this moment.
async fn at_the_console(server: &Server) -> (Administrator, Session, User) {
    let root = Administrator::at_command_line();
    let sessions = session::list(&server.app, &root, None, None, 1).await;
    let (session, name) = sessions.expect("a database").remove(0);
    let user = user::find_by_name(&server.app, &root, &name).await;
    let user = user.expect("a database").expect("a user");
    let facts = SessionFacts {
        session: session.clone(),
        user: user.clone(),
        needs_second_factor: false,
        has_device: true,
        roles: Roles::new(),
    };
    let access = judge(facts, server.app.now(), Duration::from_secs(3600));
    let Access::Full(signed_in) = access else {
        panic!("she is signed in");
    };
    let superuser = signed_in.staff().expect("she is at the console");
    let superuser = superuser.superuser().expect("she is a superuser");
    let client = Client::new("192.0.2.1".parse().expect("an address"), "");
    (Administrator::at_console(&superuser, client), session, user)
}

fn is_over<T>(done: Result<T, Problem>) -> bool {
    done.is_err_and(|problem| problem.code() == codes::SESSION_REQUIRED)
}

on_every_database! {
    async fn the_old_password_opens_nothing_once_it_was_replaced_while_it_was_checked(at: At) {
        let server = Server::start(at).await;
        let anna = server.user("anna").await;
        // The try is counted after the hash was read, and before it is compared.
        server.database.meanwhile("attempts", REPLACED);
        let page = anna.types_password().await;
        assert!(page.notice().contains("do not match"), "{}", page.text());
        assert!(!anna.is_in().await);
        assert_eq!(server.database.number("SELECT COUNT(*) FROM sessions"), 0);
        assert_eq!(server.trail("sign_in.password").last().map(String::as_str), Some("replaced_password"));
        assert_eq!(server.database.text("SELECT password_hash FROM users"), "replaced", "renewed");
    }

    async fn the_old_password_leads_to_no_second_factor_once_it_was_replaced(at: At) {
        let server = Server::start(at).await;
        let mut anna = server.user("anna").await;
        anna.signs_in().await;
        anna.adds_an_app().await;
        server.clock.turn(Duration::from_secs(60));
        let (before, after) = (anna.elsewhere(&server.base), anna.elsewhere(&server.base));
        let page = before.types_password().await;
        // As a restored copy, or a command of an older version, might: the sign-in goes on.
        server.database.execute(REPLACED);
        let page = before.types_code(&page, &before.code()).await;
        assert!(!before.is_in().await, "{}", page.text());
        server.database.meanwhile("attempts", REPLACED);
        let page = after.types_password().await;
        assert!(page.notice().contains("do not match"), "{}", page.text());
        assert_eq!(server.database.number("SELECT COUNT(*) FROM journeys"), 1, "more than the dead one");
    }

    async fn the_old_password_raises_no_session_once_it_was_replaced(at: At) {
        let server = Server::start(at).await;
        let anna = server.user("anna").await;
        anna.signs_in().await;
        server.clock.turn(Duration::from_secs(3600));
        let page = anna.visits("/account/password").await;
        server.database.meanwhile("attempts", REPLACED);
        let form = page.form("Continue").fill("Password", &anna.password);
        let answer = anna.browser.submit(&page, &form).await;
        let page = anna.browser.follow(answer).await;
        assert!(page.path.starts_with("/step-up"), "{} {}", page.path, page.text());
        let raised = "SELECT COUNT(*) FROM sessions WHERE proved_at > opened_at";
        assert_eq!(server.database.number(raised), 0);
    }

    async fn a_password_change_whose_session_ended_meanwhile_changes_nothing(at: At) {
        let server = Server::start(at).await;
        let anna = server.user("anna").await;
        anna.signs_in().await;
        let before = server.database.text("SELECT password_hash FROM users");
        server.database.meanwhile("attempts", "DELETE FROM sessions");
        changes_password(&anna).await;
        assert_eq!(server.database.text("SELECT password_hash FROM users"), before);
        assert_eq!(server.events("password.set"), 0);
    }

    async fn a_password_change_whose_user_was_disabled_meanwhile_changes_nothing(at: At) {
        let server = Server::start(at).await;
        let anna = server.user("anna").await;
        anna.signs_in().await;
        let before = server.database.text("SELECT password_hash FROM users");
        server.database.meanwhile("attempts", "UPDATE users SET is_enabled = FALSE");
        changes_password(&anna).await;
        assert_eq!(server.database.text("SELECT password_hash FROM users"), before);
        assert_eq!(server.events("password.set"), 0);
    }

    async fn of_two_password_changes_the_one_that_was_overtaken_changes_nothing(at: At) {
        let server = Server::start(at).await;
        let anna = server.user("anna").await;
        anna.signs_in().await;
        server.database.meanwhile("attempts", REPLACED);
        let page = changes_password(&anna).await;
        assert!(page.notice().contains("password"), "{}", page.text());
        assert_eq!(server.database.text("SELECT password_hash FROM users"), "replaced");
    }

    async fn a_copied_cookie_does_not_outlive_the_password_change_of_its_own_session(at: At) {
        let server = Server::start(at).await;
        let anna = server.user("anna").await;
        anna.signs_in().await;
        let copy = anna.browser.copy();
        assert!(is_in(&copy).await);
        let page = changes_password(&anna).await;
        assert_eq!(page.path, "/account", "{}", page.text());
        assert!(anna.is_in().await, "the owner is out");
        assert!(!is_in(&copy).await, "the copy is in");
    }

    async fn a_copied_cookie_does_not_outlive_a_change_of_devices(at: At) {
        let server = Server::start(at).await;
        let mut anna = server.user("anna").await;
        anna.signs_in().await;
        let copy = anna.browser.copy();
        anna.adds_an_app().await;
        assert!(!is_in(&copy).await, "a first device");
        let copy = anna.browser.copy();
        assert!(is_in(&copy).await);
        anna.adds_an_app().await;
        assert!(anna.is_in().await);
        assert!(!is_in(&copy).await, "a second device");

        let copy = anna.browser.copy();
        let page = anna.visits("/account/backup-codes").await;
        let form = page.forms().into_iter().find(|form| form.action.contains("backup-codes"));
        let page = anna.browser.submit(&page, &form.expect("a form")).await;
        assert_eq!(page.status, 200, "{}", page.text());
        assert!(anna.is_in().await);
        assert!(!is_in(&copy).await, "backup codes");

        let copy = anna.browser.copy();
        let device = server.database.text("SELECT id FROM devices WHERE kind = 'totp' ORDER BY id LIMIT 1");
        anna.browser.post(&format!("/account/devices/{device}/remove"), &[]).await;
        assert_eq!(server.events("device.removed"), 1);
        assert!(anna.is_in().await);
        assert!(!is_in(&copy).await, "a removal");
    }

    async fn what_an_administrator_began_is_not_done_once_their_right_has_gone(at: At) {
        let undo = [
            "DELETE FROM sessions",
            "UPDATE sessions SET identifier_hash = 'another'",
            "UPDATE sessions SET expires_at = 1",
            "UPDATE sessions SET last_seen_at = 1",
            "UPDATE users SET is_enabled = FALSE WHERE name = 'anna'",
            "UPDATE users SET is_superuser = FALSE WHERE name = 'anna'",
        ];
        for gone in undo {
            let server = Server::start(at).await;
            let mut anna = server.superuser("anna").await;
            server.user("ben").await;
            anna.signs_in().await;
            anna.adds_an_app().await;
            let (administrator, _, _) = at_the_console(&server).await;
            let app = &server.app;
            let root = Administrator::at_command_line();
            let ben = user::find_by_name(app, &root, "ben").await.expect("a database").expect("ben");
            let group = |name| GroupName::parse(name).expect("a name");
            group::create(app, &administrator, group("before")).await.expect("she may");
            server.database.execute(gone);
            assert!(is_over(group::create(app, &administrator, group("after")).await), "{gone}");
            assert!(is_over(user::disable(app, &administrator, ben.id).await), "{gone}");
            assert!(is_over(user::grant_superuser(app, &administrator, ben.id).await), "{gone}");
            assert!(is_over(two_factor::disable(app, &administrator, ben.id).await), "{gone}");
            assert!(is_over(session::end_all_of(app, &administrator, ben.id).await), "{gone}");
            let rules = policy::draft(app, &administrator, Scope::Everybody, Rules::default());
            assert!(is_over(rules.await), "{gone}");
            let account = NewAccount {
                name: UserName::parse("carla").expect("a name"),
                display_name: None,
                email: None,
                password: None,
                is_superuser: true,
                groups: Vec::new(),
            };
            assert!(is_over(user::create(app, &administrator, account).await), "{gone}");
            assert_eq!(server.database.number("SELECT COUNT(*) FROM users"), 2, "{gone}");
            assert_eq!(server.database.number("SELECT COUNT(*) FROM groups"), 1, "{gone}");
        }
    }
}

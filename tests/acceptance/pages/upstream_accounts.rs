//! What another OpenID provider's word is good for: a second factor, a new account, the end of a session.

use std::time::Duration;

use keyward_actions::{invitation, policy};
use keyward_core::clock::Clock as _;
use keyward_core::domain::policy::{Rules, Scope};
use keyward_core::domain::user::EmailAddress;
use keyward_core::flows::permit::Administrator;
use keyward_test_support::backends::At;
use keyward_test_support::mailbox::Mailbox;
use keyward_test_support::on_every_database;
use keyward_test_support::openid_provider::{Asked, OpenidProvider};
use keyward_test_support::person::Person;
use keyward_test_support::server::Server;
use serde_json::{Value, json};

use super::upstream::{TENANT, goes, linked, server_with, signs_in_there};
use crate::jobs::mail::server_with as mailing;

const START: &str = "/upstream/entra/start";
const COUNTS: &str = "counts_as_second_factor = true, max_age = \"10m\"";

fn mfa(server: &Server, ago: Duration) -> Value {
    let at = (server.clock.now() - ago).seconds();
    json!({ "amr": ["pwd", "mfa"], "auth_time": at })
}

/// A linked user with an app, at a browser at which nobody is signed in.
async fn with_an_app(at: At, more: &str) -> (OpenidProvider, Server, Person) {
    let provider = OpenidProvider::entra(TENANT);
    let server = server_with(at, &provider, more).await;
    let mut anna = linked(&server, &provider, "anna").await;
    anna.adds_an_app().await;
    server.clock.turn(Duration::from_secs(60));
    let anna = anna.elsewhere(&server.base);
    (provider, server, anna)
}

async fn asks_for_policy(server: &Server, rules: Rules) {
    let administrator = Administrator::at_command_line();
    let drafted = policy::draft(&server.app, &administrator, Scope::Everybody, rules).await;
    let version = drafted.expect("a draft").version;
    let everybody = Scope::Everybody;
    let switched = policy::switch_on(&server.app, &administrator, everybody, version).await;
    switched.expect("a policy");
}

/// Invites somebody, and gives the path of the link.
async fn invited(server: &Server, to: &str) -> String {
    let administrator = Administrator::at_command_line();
    let address = EmailAddress::parse(to).expect("an address");
    let sent = invitation::invite(&server.app, &administrator, address, Vec::new()).await;
    let link = sent.expect("an invitation").link.expect("no mail leaves");
    format!("/invite/{}", link.expose().as_str())
}

on_every_database! {
    async fn a_recent_second_factor_there_counts_where_a_setting_says_so(at: At) {
        let (provider, server, anna) = with_an_app(at, COUNTS).await;
        let to = goes(&anna, START).await;
        let asked = Asked::read(&to);
        assert_eq!(asked.says("max_age"), "600");
        let claims: Value = serde_json::from_str(asked.says("claims")).expect("JSON");
        for claim in ["amr", "auth_time"] {
            assert_eq!(claims["id_token"][claim]["essential"], true, "{claim}");
        }
        let proved = mfa(&server, Duration::from_mins(3));
        let page = anna.visits(&provider.signs_in(&to, server.clock.now(), &proved)).await;
        assert_eq!(page.path, "/account", "{}", page.text());
        let of_it = |column: &str| {
            let row = "FROM sessions WHERE methods = 'fed mfa'";
            server.database.text(&format!("SELECT CAST({column} AS TEXT) {row}"))
        };
        assert_eq!((of_it("assurance").as_str(), of_it("level").as_str()), ("verified", "aal2"));
        // The session is as fresh as the proof was, and no fresher.
        let at = proved["auth_time"].as_i64().expect("a time") * 1000;
        assert_eq!(of_it("proved_at"), at.to_string());
    }

    async fn attack_stale_second_factor_there(at: At) {
        let (provider, server, anna) = with_an_app(at, COUNTS).await;
        for claims in [
            mfa(&server, Duration::from_mins(11)),
            json!({ "amr": ["mfa"], "auth_time": null }),
            json!({ "amr": ["mfa"], "auth_time": server.clock.now().seconds() + 3600 }),
            json!({ "amr": ["pwd"], "auth_time": server.clock.now().seconds() }),
            json!({ "amr": "mfa", "auth_time": server.clock.now().seconds() }),
            json!({ "auth_time": server.clock.now().seconds() }),
        ] {
            let page = signs_in_there(&server, &anna, &provider, START, &claims).await;
            assert_eq!(page.heading(), "Enter your code", "{claims}: {}", page.text());
        }
    }

    async fn a_policy_asks_for_a_second_factor_of_ours(at: At) {
        let (provider, server, anna) = with_an_app(at, COUNTS).await;
        let own = Rules { own_second_factor: true, ..Rules::default() };
        asks_for_policy(&server, own).await;
        let proved = mfa(&server, Duration::ZERO);
        let page = signs_in_there(&server, &anna, &provider, START, &proved).await;
        assert_eq!(page.heading(), "Enter your code", "{}", page.text());
    }

    async fn a_superuser_proves_a_second_factor_of_ours(at: At) {
        let provider = OpenidProvider::entra(TENANT);
        let server = server_with(at, &provider, COUNTS).await;
        let mut root = server.superuser("root").await;
        root.signs_in().await;
        root.adds_an_app().await;
        let path = "/upstream/entra/start?purpose=link";
        signs_in_there(&server, &root, &provider, path, &json!({})).await;
        server.clock.turn(Duration::from_secs(60));
        let elsewhere = root.elsewhere(&server.base);
        let proved = mfa(&server, Duration::ZERO);
        let page = signs_in_there(&server, &elsewhere, &provider, START, &proved).await;
        assert_eq!(page.heading(), "Enter your code", "{}", page.text());
    }

    async fn attack_console_by_the_word_of_a_provider(at: At) {
        let provider = OpenidProvider::entra(TENANT);
        let server = server_with(at, &provider, COUNTS).await;
        let anna = linked(&server, &provider, "anna").await.elsewhere(&server.base);
        let proved = mfa(&server, Duration::ZERO);
        signs_in_there(&server, &anna, &provider, START, &proved).await;
        server.database.execute("UPDATE users SET is_superuser = TRUE");
        let page = anna.visits("/console/users").await;
        assert!(!page.path.starts_with("/console"), "{}", page.path);
    }

    async fn an_invitation_is_accepted_with_what_somebody_has_there(at: At) {
        let provider = OpenidProvider::entra(TENANT);
        let server = server_with(at, &provider, "").await;
        let link = invited(&server, "anna@example.com").await;
        let anna = server.stranger("anna");
        let page = anna.visits(&link).await;
        let button = page.link("Continue with Microsoft").expect("a button");
        let page = signs_in_there(&server, &anna, &provider, &button, &json!({})).await;
        assert_eq!(page.path, "/account/devices/add", "{}", page.text());
        let page = anna.visits("/account").await;
        assert_eq!(page.heading(), "Hello, anna");
        assert!(page.text().contains("anna@example.com"), "the address of the invitation");
        // The link is used up, and who it is there is known from now on.
        let ben = server.stranger("ben");
        assert_eq!(ben.visits(&link).await.status, 409);
        let elsewhere = anna.elsewhere(&server.base);
        let page = signs_in_there(&server, &elsewhere, &provider, START, &json!({})).await;
        assert_eq!(page.path, "/account", "{}", page.text());
    }

    async fn attack_invitation_accepted_twice_there(at: At) {
        let provider = OpenidProvider::entra(TENANT);
        let server = server_with(at, &provider, "").await;
        let link = invited(&server, "anna@example.com").await;
        let (anna, ben) = (server.stranger("anna"), server.stranger("ben"));
        let mut ways = Vec::new();
        for person in [&anna, &ben] {
            let page = person.visits(&link).await;
            let button = page.link("Continue with Microsoft").expect("a button");
            ways.push(goes(person, &button).await);
        }
        let now = server.clock.now();
        let page = anna.visits(&provider.signs_in(&ways[0], now, &json!({}))).await;
        assert_eq!(page.status, 200, "{}", page.text());
        let other = json!({ "oid": "22222222-bbbb-4bbb-8bbb-222222222222" });
        let page = ben.visits(&provider.signs_in(&ways[1], now, &other)).await;
        assert_eq!(page.status, 409, "{}", page.text());
        assert_eq!(server.database.number("SELECT COUNT(*) FROM users"), 1);
    }

    async fn an_account_is_made_where_a_setting_names_the_tenant(at: At) {
        let provider = OpenidProvider::entra(TENANT);
        let more = format!(
            "provision = {{ tenant = \"{TENANT}\", members_of = [\"g-1\"], groups = [\"staff\"] }}"
        );
        let server = server_with(at, &provider, &more).await;
        server.user("anna").await;
        let stranger = server.stranger("x");
        let nobody = json!({ "groups": ["g-2"] });
        let page = signs_in_there(&server, &stranger, &provider, START, &nobody).await;
        assert_eq!(page.heading(), "This account is not known here yet");
        let member = json!({
            "groups": ["g-2", "g-1"], "name": "Anna Meijer", "email": "anna@example.org",
        });
        let page = signs_in_there(&server, &stranger, &provider, START, &member).await;
        assert_eq!(page.path, "/account", "{}", page.text());
        // The name was taken, and the address is nobody's before it was confirmed.
        assert_eq!(page.heading(), "Hello, anna-2");
        let made = "SELECT display_name FROM users WHERE name = 'anna-2' AND email IS NULL";
        assert_eq!(server.database.text(made), "Anna Meijer");
        let groups = "SELECT COUNT(*) FROM group_members m JOIN groups g ON g.id = m.group_id \
                      WHERE g.name = 'staff'";
        assert_eq!(server.database.number(groups), 1);
        let elsewhere = stranger.elsewhere(&server.base);
        let page = signs_in_there(&server, &elsewhere, &provider, START, &json!({})).await;
        assert_eq!(page.heading(), "Hello, anna-2", "the second time it is there");
    }

    async fn what_ends_there_ends_here(at: At) {
        let provider = OpenidProvider::entra(TENANT);
        let server = server_with(at, &provider, "").await;
        let anna = linked(&server, &provider, "anna").await;
        let [first, second] = [(); 2].map(|()| anna.elsewhere(&server.base));
        for (person, sid) in [(&first, "one"), (&second, "two")] {
            let claims = json!({ "sid": sid });
            signs_in_there(&server, person, &provider, START, &claims).await;
        }
        let path = "/upstream/entra/backchannel-logout";
        let now = server.clock.now();
        let machine = server.browser();
        let sends = |token: String| {
            let request = machine.request(reqwest::Method::POST, path);
            machine.send(request.form(&[("logout_token", token)]))
        };
        let token = provider.logout_token(now, &json!({ "sid": "one" }));
        assert_eq!(sends(token.clone()).await.status, 200);
        assert!(first.visits("/account").await.path.starts_with("/sign-in"));
        assert_eq!(second.visits("/account").await.path, "/account");
        assert_eq!(sends(token).await.status, 400, "it counts once");
        let all = json!({ "sub": "subject-of-anna", "jti": "logout-2" });
        assert_eq!(sends(provider.logout_token(now, &all)).await.status, 200);
        assert!(second.visits("/account").await.path.starts_with("/sign-in"));
        assert_eq!(anna.visits("/account").await.path, "/account", "the password opened this one");
    }

    async fn attack_logout_token_that_is_none(at: At) {
        let provider = OpenidProvider::entra(TENANT);
        let server = server_with(at, &provider, "").await;
        let anna = linked(&server, &provider, "anna").await.elsewhere(&server.base);
        signs_in_there(&server, &anna, &provider, START, &json!({ "sid": "one" })).await;
        let machine = server.browser();
        let now = server.clock.now();
        for claims in [
            json!({ "sid": "one", "nonce": "an-id-token-has-one" }),
            json!({ "sid": "one", "events": null }),
            json!({ "sid": "one", "events": { "http://example.org/other": {} } }),
            json!({ "sid": "one", "iss": "https://attacker.example" }),
            json!({ "sid": "one", "aud": "another" }),
            json!({ "sid": "one", "jti": null }),
            json!({ "sid": "one", "iat": now.seconds() - 3600 }),
            json!({}),
        ] {
            let token = provider.logout_token(now, &claims);
            let request = machine.request(reqwest::Method::POST, "/upstream/entra/backchannel-logout");
            let answer = machine.send(request.form(&[("logout_token", token)])).await;
            assert_eq!(answer.status, 400, "{claims}: {}", answer.body);
            assert_eq!(answer.json()["error"], "invalid_request");
        }
        assert_eq!(anna.visits("/account").await.path, "/account");
    }

    async fn signing_out_here_leads_there_only_where_a_setting_says_so(at: At) {
        for (more, expected) in [
            ("", "/sign-in"),
            ("sign_out_there = true", "/upstream/entra/sign-out"),
        ] {
            let provider = OpenidProvider::entra(TENANT);
            let server = server_with(at, &provider, more).await;
            let anna = linked(&server, &provider, "anna").await;
            let elsewhere = anna.elsewhere(&server.base);
            signs_in_there(&server, &elsewhere, &provider, START, &json!({})).await;
            let answer = elsewhere.browser.post("/sign-out", &[]).await;
            assert_eq!(answer.location(), Some(expected), "{more}");
            let page = elsewhere.browser.follow(answer).await;
            let is_led_on = page.link_to("http://127.0.0.1").is_some();
            assert_eq!(is_led_on, !more.is_empty(), "{}", page.body);
            assert!(elsewhere.visits("/account").await.path.starts_with("/sign-in"));
            // A password opened this one.
            let answer = anna.browser.post("/sign-out", &[]).await;
            assert_eq!(answer.location(), Some("/sign-in"), "{more}");
        }
    }

    async fn objecting_to_a_link_takes_it_back(at: At) {
        let provider = OpenidProvider::entra(TENANT);
        let mailbox = Mailbox::start();
        let upstream = provider.settings("");
        let server = mailing(at, &mailbox, &[("upstream", &upstream)]).await;
        let anna = server.reachable("anna", "anna@example.org").await;
        anna.signs_in().await;
        let thief = anna.at(&anna.browser.copy());
        let path = "/upstream/entra/start?purpose=link";
        signs_in_there(&server, &thief, &provider, path, &json!({})).await;
        let mail = mailbox.about("Another account was linked").await;
        let reader = server.stranger("anna");
        let page = reader.visits(&mail.link(&server.base, "/objection/")).await;
        assert!(page.text().contains("no longer signs anybody in"), "{}", page.text());
        reader.presses(&page, "This was not me").await;
        assert_eq!(server.database.number("SELECT COUNT(*) FROM upstream_links"), 0);
        let elsewhere = thief.elsewhere(&server.base);
        let page = signs_in_there(&server, &elsewhere, &provider, START, &json!({})).await;
        assert_eq!(page.status, 403, "{}", page.text());
    }
}

//! Signing in at another OpenID provider, and being linked with who one is there.

use std::time::Duration;

use keyward_core::clock::Clock as _;
use keyward_test_support::command::keyward;
use keyward_test_support::on_every_database;
use keyward_test_support::openid_provider::{Asked, Manner, OpenidProvider};
use keyward_test_support::page::Page;
use keyward_test_support::person::Person;
use keyward_test_support::server::Server;
use serde_json::{Value, json};

/// The directory whose users sign in.
pub const TENANT: &str = "11111111-2222-4333-8444-555555555555";

/// A server with one provider, which is described so besides.
pub async fn server_with(at: At, provider: &OpenidProvider, more: &str) -> Server {
    Server::with(at, &[("upstream", &provider.settings(more))]).await
}

use keyward_test_support::backends::At;

/// Sends a browser to the provider. Gives the address.
pub(super) async fn goes(person: &Person, path: &str) -> String {
    let answer = person.browser.get(path).await;
    let to = answer.location();
    to.unwrap_or_else(|| panic!("{path}: {} {}", answer.status, answer.text()))
        .to_owned()
}

/// Goes to the provider, signs in there with these claims, and comes back.
pub async fn signs_in_there(
    server: &Server,
    person: &Person,
    provider: &OpenidProvider,
    path: &str,
    claims: &Value,
) -> Page {
    let to = goes(person, path).await;
    let back = provider.signs_in(&to, server.clock.now(), claims);
    person.visits(&back).await
}

/// Somebody with a password who is linked with the usual user of the provider.
pub async fn linked(server: &Server, provider: &OpenidProvider, name: &str) -> Person {
    let person = server.user(name).await;
    person.signs_in().await;
    let path = "/upstream/entra/start?purpose=link";
    let page = signs_in_there(server, &person, provider, path, &json!({})).await;
    assert!(page.notice().contains("from now on"), "{}", page.text());
    person
}

const START: &str = "/upstream/entra/start";

on_every_database! {
    async fn nothing_of_other_providers_is_there_before_one_is_set_up(at: At) {
        let server = Server::start(at).await;
        let anna = server.user("anna").await;
        let page = anna.visits("/sign-in").await;
        assert!(page.links().iter().all(|(name, _)| !name.starts_with("Continue with")));
        assert_eq!(anna.browser.get(START).await.status, 404);
        let page = anna.signs_in().await;
        assert!(page.link("Sign in with another account").is_none());
    }

    async fn the_sign_in_page_has_a_button_that_asks_as_it_should(at: At) {
        let provider = OpenidProvider::entra(TENANT);
        let server = server_with(at, &provider, "name = \"Example & Sons\"").await;
        let anna = server.stranger("anna");
        let page = anna.visits("/sign-in?next=/account/devices").await;
        let link = page.link("Continue with Example & Sons").expect("a button");
        let to = goes(&anna, &link).await;
        let asked = Asked::read(&to);
        assert_eq!(asked.says("redirect_uri"), format!("{}/upstream/entra/callback", server.base));
        assert_eq!(asked.says("code_challenge").len(), 43);
        assert_ne!(asked.says("state"), asked.says("nonce"));
        assert_eq!(asked.says("max_age"), "", "nobody asked for a second factor");
        let again = Asked::read(&goes(&anna, &link).await);
        for name in ["state", "nonce", "code_challenge"] {
            assert_ne!(asked.says(name), again.says(name), "{name}");
        }
    }

    async fn who_is_linked_signs_in_and_goes_where_they_wanted_to(at: At) {
        let provider = OpenidProvider::entra(TENANT);
        let server = server_with(at, &provider, "").await;
        let anna = linked(&server, &provider, "anna").await;
        let page = anna.visits("/account/upstream").await;
        assert!(page.text().contains("anna@example.org"), "{}", page.text());
        let elsewhere = anna.elsewhere(&server.base);
        let path = "/upstream/entra/start?next=/account/sessions";
        let page = signs_in_there(&server, &elsewhere, &provider, path, &json!({})).await;
        assert_eq!(page.path, "/account/sessions", "{}", page.text());
        let methods = server.database.lines("SELECT methods AS line FROM sessions ORDER BY id");
        assert_eq!(methods, ["pwd", "fed"]);
        let level = server.database.lines("SELECT level AS line FROM sessions ORDER BY id");
        assert_eq!(level, ["aal1", "aal1"]);
    }

    async fn the_usual_second_factor_follows(at: At) {
        let provider = OpenidProvider::entra(TENANT);
        let server = server_with(at, &provider, "").await;
        let mut anna = linked(&server, &provider, "anna").await;
        anna.adds_an_app().await;
        server.clock.turn(Duration::from_secs(60));
        let elsewhere = anna.elsewhere(&server.base);
        let now = server.clock.now().seconds();
        // Whatever the provider says of a second factor: nobody decided that it counts.
        let claims = json!({ "amr": ["pwd", "mfa"], "auth_time": now });
        let page = signs_in_there(&server, &elsewhere, &provider, START, &claims).await;
        assert_eq!(page.heading(), "Enter your code", "{}", page.text());
        assert!(elsewhere.visits("/account").await.path.starts_with("/sign-in"));
        let page = elsewhere.visits("/sign-in").await;
        let page = elsewhere.types_code(&page, &elsewhere.code()).await;
        assert_eq!(page.path, "/account", "{}", page.text());
        let methods = "SELECT methods FROM sessions WHERE methods LIKE 'fed%'";
        assert_eq!(server.database.text(methods), "fed otp mfa");
    }

    async fn somebody_unknown_is_told_what_to_do(at: At) {
        let provider = OpenidProvider::entra(TENANT);
        let server = server_with(at, &provider, "").await;
        let ben = server.stranger("ben");
        let page = signs_in_there(&server, &ben, &provider, START, &json!({})).await;
        assert_eq!(page.status, 403);
        assert_eq!(page.heading(), "This account is not known here yet");
        assert_eq!(server.database.number("SELECT COUNT(*) FROM users"), 0);
        let refused = "SELECT COUNT(*) FROM events WHERE kind = 'sign_in.upstream'";
        assert_eq!(server.database.number(refused), 1);
    }

    async fn a_link_is_taken_back_and_the_sessions_that_it_opened_end(at: At) {
        let provider = OpenidProvider::entra(TENANT);
        let server = server_with(at, &provider, "").await;
        let anna = linked(&server, &provider, "anna").await;
        let elsewhere = anna.elsewhere(&server.base);
        signs_in_there(&server, &elsewhere, &provider, START, &json!({})).await;
        assert_eq!(elsewhere.visits("/account").await.path, "/account");
        let page = anna.visits("/account/upstream").await;
        let page = anna.presses(&page, "Stop signing in with Microsoft").await;
        assert_eq!(page.path, "/account/upstream");
        assert!(page.link("Use Microsoft").is_some(), "{}", page.text());
        assert!(elsewhere.visits("/account").await.path.starts_with("/sign-in"));
        let page = signs_in_there(&server, &elsewhere, &provider, START, &json!({})).await;
        assert_eq!(page.status, 403, "{}", page.text());
        for kind in ["upstream.linked", "upstream.unlinked"] {
            let told = format!("SELECT COUNT(*) FROM events WHERE kind = '{kind}'");
            assert_eq!(server.database.number(&told), 1, "{kind}");
        }
    }

    async fn a_link_asks_for_a_fresh_proof_before_and_after(at: At) {
        let provider = OpenidProvider::entra(TENANT);
        let server = server_with(at, &provider, "").await;
        let anna = server.user("anna").await;
        anna.signs_in().await;
        let path = "/upstream/entra/start?purpose=link";
        let to = goes(&anna, path).await;
        server.clock.turn(Duration::from_mins(11));
        let back = provider.signs_in(&to, server.clock.now(), &json!({}));
        let page = anna.visits(&back).await;
        assert!(page.path.starts_with("/step-up"), "{}", page.path);
        let answer = anna.browser.get(path).await;
        assert!(answer.location().expect("a way").starts_with("/step-up"));
        assert_eq!(server.database.number("SELECT COUNT(*) FROM upstream_links"), 0);
    }

    async fn a_person_there_is_one_user_here_and_a_user_here_one_person_there(at: At) {
        let provider = OpenidProvider::entra(TENANT);
        let server = server_with(at, &provider, "").await;
        let anna = linked(&server, &provider, "anna").await;
        let ben = server.user("ben").await;
        ben.signs_in().await;
        let path = "/upstream/entra/start?purpose=link";
        let page = signs_in_there(&server, &ben, &provider, path, &json!({})).await;
        assert_eq!((page.status, page.heading().as_str()), (409, "This account is in use"));
        let other = json!({ "oid": "22222222-bbbb-4bbb-8bbb-222222222222", "sub": "other" });
        let page = signs_in_there(&server, &anna, &provider, path, &other).await;
        assert_eq!(page.status, 409, "{}", page.text());
        assert_eq!(server.database.number("SELECT COUNT(*) FROM upstream_links"), 1);
    }

    async fn a_disabled_user_is_not_let_in(at: At) {
        let provider = OpenidProvider::entra(TENANT);
        let server = server_with(at, &provider, "").await;
        let anna = linked(&server, &provider, "anna").await;
        server.database.execute("UPDATE users SET is_enabled = FALSE");
        let elsewhere = anna.elsewhere(&server.base);
        let page = signs_in_there(&server, &elsewhere, &provider, START, &json!({})).await;
        assert_eq!(page.status, 403, "{}", page.text());
        let reason = "SELECT refusal FROM events WHERE refusal IS NOT NULL";
        assert_eq!(server.database.text(reason), "disabled");
    }

    async fn a_provider_that_refuses_is_told_of_in_plain_sentences(at: At) {
        let provider = OpenidProvider::entra(TENANT);
        let server = server_with(at, &provider, "").await;
        let anna = server.stranger("anna");
        let to = goes(&anna, START).await;
        let back = provider.refuses(&to, "access_denied");
        let page = anna.visits(&back).await;
        assert_eq!((page.status, page.heading().as_str()), (403, "You were not signed in there"));
        let page = anna.visits(&provider.refuses(&to, "<script>alert(1)</script>")).await;
        assert!(!page.body.contains("alert(1)"));
    }

    async fn a_provider_that_is_dead_or_lies_holds_nobody_up_for_long(at: At) {
        let provider = OpenidProvider::entra(TENANT);
        let server = server_with(at, &provider, "timeout = \"1s\"").await;
        let anna = server.stranger("anna");
        for manner in [
            Manner::Status(500),
            Manner::Silence,
            Manner::Endless,
            Manner::OtherIssuer,
            Manner::Redirect("http://127.0.0.1:1/".to_owned()),
        ] {
            provider.becomes(manner.clone());
            let page = anna.browser.get(START).await;
            assert_eq!(page.status, 502, "{manner:?}: {}", page.text());
            // It is let alone for a moment.
            let path = format!("/{TENANT}/v2.0/.well-known/openid-configuration");
            let asked = provider.asked(&path);
            assert_eq!(anna.browser.get(START).await.status, 502);
            assert_eq!(provider.asked(&path), asked, "{manner:?}");
            server.clock.turn(Duration::from_secs(6));
        }
        provider.becomes(Manner::Honest);
        assert_eq!(anna.browser.get(START).await.status, 303);
    }

    async fn a_provider_inside_is_not_asked_unless_its_network_is_named(at: At) {
        let provider = OpenidProvider::entra(TENANT);
        let settings = provider.settings("").replace("127.0.0.0/8", "192.0.2.0/24");
        let server = Server::with(at, &[("upstream", &settings)]).await;
        let page = server.stranger("anna").visits(START).await;
        assert_eq!(page.status, 502, "{}", page.text());
        assert!(!page.body.contains("127.0.0.1"), "a stranger is told what stands inside");
        let path = format!("/{TENANT}/v2.0/.well-known/openid-configuration");
        assert_eq!(provider.asked(&path), 0);
        let said = keyward(server.folder(), &["check"]).refused("upstream.unreachable");
        assert!(said.contains("`networks` of the provider alone"), "{said}");
    }

    async fn the_check_asks_each_provider(at: At) {
        let provider = OpenidProvider::entra(TENANT);
        let server = server_with(at, &provider, "").await;
        let said = keyward(server.folder(), &["check"]).done();
        let told = format!("{} has 1 key; its answers go to {}/upstream", provider.issuer(), server.base);
        assert!(said.contains(&told), "{said}");
        provider.becomes(Manner::OtherIssuer);
        let said = keyward(server.folder(), &["check"]).refused("upstream.unreachable");
        assert!(said.contains("discovery document of another issuer"), "{said}");
    }

    async fn a_new_key_is_fetched_once_and_then_not_for_a_while(at: At) {
        let provider = OpenidProvider::entra(TENANT);
        let server = server_with(at, &provider, "").await;
        let anna = linked(&server, &provider, "anna").await;
        assert_eq!(provider.asked("/keys"), 1);
        server.clock.turn(Duration::from_mins(2));
        provider.rotates_its_key();
        let elsewhere = anna.elsewhere(&server.base);
        let page = signs_in_there(&server, &elsewhere, &provider, START, &json!({})).await;
        assert_eq!(page.path, "/account", "{}", page.text());
        assert_eq!(provider.asked("/keys"), 2);
        provider.rotates_its_key();
        let elsewhere = anna.elsewhere(&server.base);
        let page = signs_in_there(&server, &elsewhere, &provider, START, &json!({})).await;
        assert_eq!(page.status, 403, "{}", page.text());
        assert_eq!(provider.asked("/keys"), 2, "within a minute they are not asked for again");
        server.clock.turn(Duration::from_secs(61));
        let page = signs_in_there(&server, &elsewhere, &provider, START, &json!({})).await;
        assert_eq!(page.path, "/account", "{}", page.text());
    }

    async fn two_tabs_sign_in_side_by_side(at: At) {
        let provider = OpenidProvider::entra(TENANT);
        let server = server_with(at, &provider, "").await;
        let anna = linked(&server, &provider, "anna").await;
        let elsewhere = anna.elsewhere(&server.base);
        let first = goes(&elsewhere, "/upstream/entra/start?next=/account/devices").await;
        let second = goes(&elsewhere, "/upstream/entra/start?next=/account/browsers").await;
        let back = provider.signs_in(&first, server.clock.now(), &json!({}));
        assert_eq!(elsewhere.visits(&back).await.path, "/account/devices");
        let _ = second;
    }

    async fn who_has_no_device_and_no_password_proves_themselves_there_again(at: At) {
        let provider = OpenidProvider::entra(TENANT);
        let server = server_with(at, &provider, "").await;
        let anna = linked(&server, &provider, "anna").await;
        server.database.execute("UPDATE users SET password_hash = NULL");
        let elsewhere = anna.elsewhere(&server.base);
        signs_in_there(&server, &elsewhere, &provider, START, &json!({})).await;
        let page = elsewhere.visits("/account/devices/add/totp").await;
        assert_eq!(page.heading(), "Sign in once more", "{}", page.text());
        let link = page.link("Continue with Microsoft").expect("a button");
        let to = goes(&elsewhere, &link).await;
        assert_eq!(Asked::read(&to).says("prompt"), "login");
        let now = server.clock.now();
        let stale = json!({ "auth_time": now.seconds() - 3600 });
        let page = elsewhere.visits(&provider.signs_in(&to, now, &stale)).await;
        assert_eq!((page.status, page.heading().as_str()), (403, "This was no new proof"));
        let to = goes(&elsewhere, &link).await;
        let fresh = json!({ "auth_time": now.seconds() });
        let page = elsewhere.visits(&provider.signs_in(&to, now, &fresh)).await;
        assert_eq!(page.path, "/account/devices/add/totp", "{}", page.text());
    }

    async fn the_last_way_in_is_not_taken_away(at: At) {
        let provider = OpenidProvider::entra(TENANT);
        let server = server_with(at, &provider, "").await;
        let anna = linked(&server, &provider, "anna").await;
        server.database.execute("UPDATE users SET password_hash = NULL");
        let page = anna.visits("/account/upstream").await;
        let page = anna.presses(&page, "Stop signing in with Microsoft").await;
        assert_eq!((page.status, page.heading().as_str()), (403, "This is your only way in"));
    }
}

//! Every way of losing the right to a token, seen at once by whoever asks about it.

use keyward_test_support::command::keyward;
use keyward_test_support::on_every_database;
use keyward_test_support::openid::RelyingParty;
use keyward_test_support::person::Person;
use keyward_test_support::server::Server;
use keyward_test_support::soft_authenticator::SoftAuthenticator;

use super::openid::with_an_app;
use crate::actions::policy::in_force;

/// What a user lets an application have.
struct Tokens {
    access: String,
    refresh: String,
}

impl Tokens {
    async fn of(client: &RelyingParty, user: &Person) -> Self {
        let tokens = client.signs_in(user, &[]).await;
        let [access, refresh] = ["access_token", "refresh_token"]
            .map(|name| tokens[name].as_str().expect(name).to_owned());
        assert!(client.counts(&access).await && client.counts(&refresh).await);
        Self { access, refresh }
    }

    async fn are_over(&self, client: &RelyingParty, why: &str) {
        assert!(!client.counts(&self.access).await, "{why}");
        assert!(!client.counts(&self.refresh).await, "{why}");
        assert_eq!(client.asks_who(&self.access).await.status, 401, "{why}");
        let refused = client.refreshes(&self.refresh).await;
        assert_eq!(refused.json()["error"], "invalid_grant", "{why}");
    }
}

/// Somebody with an app and a passkey who signed in with the passkey, at the browser of the answer.
async fn signed_in_by_a_passkey(
    server: &Server,
    name: &str,
    key: &mut SoftAuthenticator,
) -> Person {
    let home = with_an_app(server, name).await;
    assert_eq!(home.registers("passkey", key).await.status, 200);
    let there = home.elsewhere(&server.base);
    assert_eq!(there.signs_in_with(key, None).await.status, 200);
    there
}

fn does(server: &Server, arguments: &[&str]) {
    keyward(server.folder(), arguments).done();
}

fn asks_for(server: &Server, access: &str) {
    does(server, &["client", "set", "wiki", "--access", access]);
}

on_every_database! {
    async fn tokens_end_when_their_user_or_session_goes(at: At) {
        let server = Server::start(at).await;
        let wiki = server.registers("wiki", |_| {}).await;
        let ways: [(&str, &[&str]); 4] = [
            ("anna", &["user", "delete", "anna", "--yes"]),
            ("ben", &["session", "end", "--user", "ben"]),
            ("carla", &["user", "disable", "carla"]),
            ("dora", &["two-factor", "disable", "dora", "--yes"]),
        ];
        for (name, command) in ways {
            let user = with_an_app(&server, name).await;
            let tokens = Tokens::of(&wiki, &user).await;
            does(&server, command);
            tokens.are_over(&wiki, name).await;
        }
    }

    async fn tokens_end_with_the_device_that_had_proved_it(at: At) {
        let server = Server::start(at).await;
        let wiki = server.registers("wiki", |_| {}).await;
        let mut key = SoftAuthenticator::passkey();
        let anna = signed_in_by_a_passkey(&server, "anna", &mut key).await;
        let tokens = Tokens::of(&wiki, &anna).await;
        // At another browser, by the owner.
        let home = anna.elsewhere(&server.base);
        assert_eq!(home.signs_in_with(&mut key, None).await.status, 200);
        let id = server.database.text("SELECT id FROM devices WHERE kind = 'passkey'");
        let gone = home.browser.post(&format!("/account/devices/{id}/remove"), &[]).await;
        assert_eq!(gone.status, 303, "{}", gone.text());
        tokens.are_over(&wiki, "removed").await;
    }

    async fn tokens_end_when_the_key_that_had_proved_it_seems_to_be_copied(at: At) {
        let server = Server::start(at).await;
        let wiki = server.registers("wiki", |_| {}).await;
        let mut key = SoftAuthenticator::passkey();
        let home = with_an_app(&server, "anna").await;
        assert_eq!(home.registers("passkey", &mut key).await.status, 200);
        let mut copy = key.clone();
        let anna = home.elsewhere(&server.base);
        assert_eq!(anna.signs_in_with(&mut key, None).await.status, 200);
        let tokens = Tokens::of(&wiki, &anna).await;
        let thief = anna.elsewhere(&server.base);
        assert_eq!(thief.signs_in_with(&mut copy, None).await.code(), "ceremony.counter");
        tokens.are_over(&wiki, "on hold").await;
    }

    async fn tokens_end_when_policy_accepts_the_device_no_more(at: At) {
        let server = Server::start(at).await;
        let wiki = server.registers("wiki", |_| {}).await;
        let mut key = SoftAuthenticator::passkey();
        let anna = signed_in_by_a_passkey(&server, "anna", &mut key).await;
        let tokens = Tokens::of(&wiki, &anna).await;
        let ben = with_an_app(&server, "ben").await;
        let others = Tokens::of(&wiki, &ben).await;
        in_force(&server, &["--kind", "totp", "--grace-days", "0"]);
        tokens.are_over(&wiki, "stopped").await;
        assert!(wiki.counts(&others.access).await, "his app is still accepted");
    }

    async fn tokens_end_when_their_client_asks_for_more_or_is_gone(at: At) {
        let server = Server::start(at).await;
        let wiki = server.registers("wiki", |_| {}).await;
        let anna = with_an_app(&server, "anna").await;
        let tokens = Tokens::of(&wiki, &anna).await;
        asks_for(&server, "anyone phishing-resistant");
        wiki.comes_to_count(&tokens.access, false).await;
        tokens.are_over(&wiki, "more is asked for").await;
        // A second factor, which she has proved.
        asks_for(&server, "anyone second-factor");
        wiki.comes_to_count(&tokens.access, true).await;
        let back = wiki.refreshes(&tokens.refresh).await;
        assert_eq!(back.status, 200, "nothing was spent by the refusals: {}", back.body);
        does(&server, &["client", "remove", "wiki", "--yes"]);
        server.until("SELECT COUNT(*) FROM openid_grants", 0).await;
    }
}

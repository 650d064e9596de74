//! Somebody joins or leaves a group while a request of theirs is under way, at each moment of it in
//! turn: what the policy of the group says holds for what is done after that.

use serde_json::Value;

use super::overtaken::{
    ADDED, RAISED, SESSIONS, at_every_moment, at_home, registering, sends, stepping_up,
    with_a_passkey, with_an_answer,
};
use super::policy::in_force_for;
use keyward_test_support::backends::At;
use keyward_test_support::command::keyward;
use keyward_test_support::on_every_database;
use keyward_test_support::page::Page;
use keyward_test_support::person::Person;
use keyward_test_support::server::Server;

const JOINED: &str = "INSERT INTO group_members (user_id, group_id) SELECT '{id}', id FROM groups WHERE name = 'staff'";
const LEFT: &str = "DELETE FROM group_members WHERE user_id = '{id}'";

/// A server with a group whose policy has these rules.
async fn with_staff(at: At, rules: &[&str]) -> Server {
    let server = Server::start(at).await;
    keyward(server.folder(), &["group", "add", "staff"]).done();
    in_force_for(&server, "staff", rules);
    server
}

on_every_database! {
    async fn a_device_that_a_group_does_not_count_is_not_added_by_whom_joins_it_meanwhile(at: At) {
        let verify = async |(person, answer): (Person, Value)| person.sends_registration(&answer).await;
        let server = with_staff(at, &["--kind", "totp", "--grace-days", "0"]).await;
        at_every_moment(&server, (JOINED, ADDED), "a passkey", registering, verify).await;
        let prepare = async |server: &Server, name: &str| {
            let mut person = server.user(name).await;
            person.signs_in().await;
            let page = person.visits("/account/devices/add/totp").await;
            person.scans(&page);
            (person, page)
        };
        let confirms = async |(person, page): (Person, Page)| {
            let form = page.form("Confirm").fill("Code", &person.code());
            person.browser.submit(&page, &form).await
        };
        let makes = async |person: Person| person.browser.post("/account/backup-codes", &[]).await;
        let server = with_staff(at, &["--kind", "passkey", "--grace-days", "0"]).await;
        at_every_moment(&server, (JOINED, ADDED), "an app", prepare, confirms).await;
        at_every_moment(&server, (JOINED, ADDED), "backup codes", at_home, makes).await;
    }

    async fn a_key_opens_and_raises_nothing_for_whom_joins_a_group_that_does_not_count_it(at: At) {
        let server = with_staff(at, &["--kind", "totp", "--grace-days", "0"]).await;
        at_every_moment(&server, (JOINED, SESSIONS), "a key", with_an_answer, sends).await;
        at_every_moment(&server, (JOINED, SESSIONS), "a passkey", with_a_passkey, sends).await;
        let verify = async |(person, answer): (Person, Value)| {
            person.browser.post_json("/webauthn/step-up/verify", &answer).await
        };
        at_every_moment(&server, (JOINED, RAISED), "a step-up", stepping_up, verify).await;
    }

    async fn the_last_device_is_not_removed_by_whom_joins_a_group_that_asks_for_one(at: At) {
        let removed = "SELECT COUNT(*) FROM events WHERE subject_user = '{id}' \
            AND kind = 'device.removed' AND refusal IS NULL";
        let prepare = async |server: &Server, name: &str| {
            let person = at_home(server, name).await;
            let id = person.devices().await[0].id.clone();
            (person, id)
        };
        let removes = async |(person, id): (Person, String)| {
            person.browser.post(&format!("/account/devices/{id}/remove"), &[]).await
        };
        let server = with_staff(at, &["--second-factor", "--grace-days", "0"]).await;
        at_every_moment(&server, (JOINED, removed), "a removal", prepare, removes).await;
    }

    async fn a_password_alone_does_nothing_for_whom_joins_a_group_that_asks_for_more(at: At) {
        let told = "SELECT COUNT(*) FROM events WHERE subject_user = '{id}' AND kind IN \
            ('user.display_name_changed', 'password.set', 'session.ended') AND refusal IS NULL";
        let prepare = async |server: &Server, name: &str| {
            let person = server.user(name).await;
            person.signs_in().await;
            person
        };
        let server = with_staff(at, &["--second-factor", "--grace-days", "0"]).await;
        for path in ["profile", "password", "sessions/others/end"] {
            let act = async |person: Person| {
                let fields = [
                    ("username", &*person.name),
                    ("display_name", "x"),
                    ("password", &*person.password),
                    ("new_password", "nine purple umbrellas sing"),
                ];
                person.browser.post(&format!("/account/{path}"), &fields).await
            };
            at_every_moment(&server, (JOINED, told), path, prepare, act).await;
        }
    }

    async fn a_short_password_is_not_set_by_whom_leaves_the_group_that_made_a_device_stand_beside_it(at: At) {
        let set = "SELECT COUNT(*) FROM events WHERE subject_user = '{id}' AND kind = 'password.set' \
            AND refusal IS NULL";
        let prepare = async |server: &Server, name: &str| {
            let person = server.user(name).await;
            keyward(server.folder(), &["user", "groups", name, "--add", "staff"]).done();
            let said = keyward(server.folder(), &["user", "password-link", name]).done();
            let link = said.split_whitespace().find(|word| word.contains("/recover/"));
            let token = link.and_then(|link| link.rsplit('/').next()).expect("a token");
            (person, format!("/recover/{token}"))
        };
        let chooses = async |(person, link): (Person, String)| {
            person.browser.post(&link, &[("new_password", "9purple Umb")]).await
        };
        let server = with_staff(at, &["--second-factor", "--grace-days", "0"]).await;
        at_every_moment(&server, (LEFT, set), "a link", prepare, chooses).await;
    }
}

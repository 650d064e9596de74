//! YubiKeys that type: enrolment and sign-in against a real validation service and lying ones.

use crate::on_every_database;
use crate::support::hostile_validation::{HostileServer, Lie};
use crate::support::page::Page;
use crate::support::person::Person;
use crate::support::server::Server;
use crate::support::soft_yubikey::SoftYubikey;
use crate::support::yubiserver::Yubiserver;

/// Types a touch into the field that asks for a new YubiKey.
async fn adds(person: &Person, touch: &str) -> Page {
    let page = person.visits("/account/devices/add/yubikey").await;
    let form = page.form("Add YubiKey").fill("YubiKey", touch);
    let answer = person.browser.submit(&page, &form).await;
    person.browser.follow(answer).await
}

/// Types a touch into the field of the sign-in.
async fn touches(person: &Person, page: &Page, touch: &str) -> Page {
    let form = page.form("Continue").fill("YubiKey", touch);
    let answer = person.browser.submit(page, &form).await;
    person.browser.follow(answer).await
}

fn lying(servers: &[&HostileServer]) -> String {
    let urls: Vec<_> = servers
        .iter()
        .map(|server| format!("\"{}\"", server.url()))
        .collect();
    format!(
        "[{{ name = \"lying\", urls = [{}], client_id = 7, api_key = \"{}\", timeout = \"2s\" }}]",
        urls.join(", "),
        HostileServer::api_key_base64()
    )
}

on_every_database! {
    async fn a_touch_adds_the_key_and_further_touches_sign_in(at: At) {
        let mut key = SoftYubikey::numbered(1);
        let service = Yubiserver::start(&[&key]);
        let server = Server::with(at, &[("yubikey.services", &service.as_setting())]).await;
        let anna = server.user("anna").await;
        anna.signs_in().await;
        let page = adds(&anna, &key.touch()).await;
        assert_eq!(page.path, "/account/devices", "{}", page.text());

        for _ in 0..2 {
            let anna = anna.elsewhere(&server.base);
            let page = anna.types_password().await;
            let page = touches(&anna, &page, &key.touch()).await;
            assert_eq!(page.path, "/account", "{}", page.text());
        }
    }

    async fn a_replayed_touch_is_refused_and_no_error(at: At) {
        let mut key = SoftYubikey::numbered(2);
        let service = Yubiserver::start(&[&key]);
        let server = Server::with(at, &[("yubikey.services", &service.as_setting())]).await;
        let anna = server.user("anna").await;
        anna.signs_in().await;
        let enrolled = key.touch();
        adds(&anna, &enrolled).await;
        let used = key.touch();
        let page = anna.elsewhere(&server.base).types_password().await;
        let thief = anna.elsewhere(&server.base);
        assert_eq!(page.status, 200);
        let page = thief.types_password().await;
        let page = touches(&thief, &page, &used).await;
        assert_eq!(page.path, "/account");
        for touch in [&used, &enrolled] {
            let thief = anna.elsewhere(&server.base);
            let page = thief.types_password().await;
            let page = touches(&thief, &page, touch).await;
            assert_eq!(page.status, 200);
            assert!(page.notice().contains("already used"), "{}", page.text());
        }
    }

    async fn a_replay_is_refused_even_where_the_service_confirms_everything(at: At) {
        let mut key = SoftYubikey::numbered(3);
        let service = HostileServer::start(Lie::Truth);
        let server = Server::with(at, &[("yubikey.services", &lying(&[&service]))]).await;
        let anna = server.user("anna").await;
        anna.signs_in().await;
        adds(&anna, &key.touch()).await;
        let touch = key.touch();
        let page = anna.elsewhere(&server.base).types_password().await;
        drop(page);
        let first = anna.elsewhere(&server.base);
        let page = first.types_password().await;
        assert_eq!(touches(&first, &page, &touch).await.path, "/account");
        let second = anna.elsewhere(&server.base);
        let page = second.types_password().await;
        let page = touches(&second, &page, &touch).await;
        assert_ne!(page.path, "/account", "one touch opened two sessions");
    }

    async fn a_key_belongs_to_one_user(at: At) {
        let mut key = SoftYubikey::numbered(4);
        let service = Yubiserver::start(&[&key]);
        let server = Server::with(at, &[("yubikey.services", &service.as_setting())]).await;
        let anna = server.user("anna").await;
        let ben = server.user("ben").await;
        anna.signs_in().await;
        ben.signs_in().await;
        adds(&anna, &key.touch()).await;
        let page = adds(&ben, &key.touch()).await;
        assert!(page.text().contains("belongs to an account already"), "{}", page.text());
        assert_eq!(server.events("device.added"), 1);
        assert_eq!(ben.elsewhere(&server.base).signs_in().await.path, "/account");
    }

    async fn a_touch_of_somebody_elses_key_is_refused(at: At) {
        let (mut annas, mut bens) = (SoftYubikey::numbered(5), SoftYubikey::numbered(6));
        let service = Yubiserver::start(&[&annas, &bens]);
        let server = Server::with(at, &[("yubikey.services", &service.as_setting())]).await;
        let (anna, ben) = (server.user("anna").await, server.user("ben").await);
        anna.signs_in().await;
        ben.signs_in().await;
        adds(&anna, &annas.touch()).await;
        adds(&ben, &bens.touch()).await;
        let anna = anna.elsewhere(&server.base);
        let page = anna.types_password().await;
        let page = touches(&anna, &page, &bens.touch()).await;
        assert!(page.notice().contains("did not match"), "{}", page.text());
        let page = touches(&anna, &page, &annas.touch()).await;
        assert_eq!(page.path, "/account", "{}", page.text());
    }

    async fn the_letters_of_another_key_are_not_signed_by_ours(at: At) {
        // The public id of one key before the secret part of another, which the service knows.
        let (mut annas, mut thiefs) = (SoftYubikey::numbered(7), SoftYubikey::numbered(8));
        let service = Yubiserver::start(&[&annas, &thiefs]);
        let server = Server::with(at, &[("yubikey.services", &service.as_setting())]).await;
        let anna = server.user("anna").await;
        anna.signs_in().await;
        adds(&anna, &annas.touch()).await;
        let spliced = format!("{}{}", annas.public_id, &thiefs.touch()[12..]);
        let anna = anna.elsewhere(&server.base);
        let page = anna.types_password().await;
        let page = touches(&anna, &page, &spliced).await;
        assert_ne!(page.path, "/account");
    }

    async fn one_dead_and_one_lying_server_do_not_fail_a_sign_in_that_another_confirms(at: At) {
        let mut key = SoftYubikey::numbered(9);
        let service = Yubiserver::start(&[&key]);
        let silent = HostileServer::start(Lie::Silence);
        let html = HostileServer::start(Lie::Html);
        let setting = format!(
            "[{{ name = \"ours\", urls = [\"{}\", \"{}\", \"http://127.0.0.1:9/dead\", \"{}\"], client_id = {}, api_key = \"{}\", timeout = \"5s\" }}]",
            silent.url(),
            html.url(),
            service.url(),
            service.client_id(),
            service.api_key_base64(),
        );
        let server = Server::with(at, &[("yubikey.services", &setting)]).await;
        let anna = server.user("anna").await;
        anna.signs_in().await;
        let page = adds(&anna, &key.touch()).await;
        assert_eq!(page.path, "/account/devices", "{}", page.text());
    }

    async fn a_lie_adds_no_key_and_opens_no_session(at: At) {
        for lie in [
            Lie::OtherOtp,
            Lie::OtherNonce,
            Lie::Unsigned,
            Lie::OtherKey,
            Lie::NoStatus,
            Lie::Html,
            Lie::Turned,
            Lie::Status("REPLAYED_OTP"),
        ] {
            let said = format!("{lie:?}");
            let mut key = SoftYubikey::numbered(10);
            let service = HostileServer::start(lie);
            let server = Server::with(at, &[("yubikey.services", &lying(&[&service]))]).await;
            let anna = server.user("anna").await;
            anna.signs_in().await;
            let page = adds(&anna, &key.touch()).await;
            assert!(page.status < 500 || page.status == 502, "{said}: {}", page.status);
            assert_eq!(server.events("device.added"), 0, "{said} added a key");
        }
    }

    async fn without_a_service_the_page_says_what_to_do(at: At) {
        let server = Server::start(at).await;
        let anna = server.user("anna").await;
        anna.signs_in().await;
        let page = adds(&anna, &SoftYubikey::numbered(11).touch()).await;
        assert!(page.text().contains("no validation service"), "{}", page.text());
    }

    async fn what_is_no_touch_is_told_so(at: At) {
        let mut key = SoftYubikey::numbered(12);
        let service = Yubiserver::start(&[&key]);
        let server = Server::with(at, &[("yubikey.services", &service.as_setting())]).await;
        let anna = server.user("anna").await;
        anna.signs_in().await;
        for typed in ["", "123456", "hello", "vvvvvvcucrlc"] {
            let page = adds(&anna, typed).await;
            assert!(page.status < 500, "{typed}: {}", page.status);
        }
        assert_eq!(server.events("device.added"), 0);
        let capitals = key.touch().to_uppercase();
        let page = adds(&anna, &format!(" {capitals}\n")).await;
        assert_eq!(page.path, "/account/devices", "caps lock: {}", page.text());
    }

    async fn the_kind_of_a_code_is_told_from_its_letters(at: At) {
        let mut key = SoftYubikey::numbered(13);
        let service = Yubiserver::start(&[&key]);
        let server = Server::with(at, &[("yubikey.services", &service.as_setting())]).await;
        let mut anna = server.user("anna").await;
        anna.signs_in().await;
        anna.adds_an_app().await;
        adds(&anna, &key.touch()).await;
        let anna = anna.elsewhere(&server.base);
        anna.types_password().await;
        let page = anna.visits("/sign-in?method=totp").await;
        let page = anna.types_code(&page, &key.touch()).await;
        assert_eq!(page.path, "/account", "{}", page.text());
    }
}

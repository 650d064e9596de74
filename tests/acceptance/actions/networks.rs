//! What is counted on the address that tries come from, and whom its lock leaves alone.

use std::time::Duration;

use futures_util::future::join_all;

use keyward_actions::lockout;
use keyward_test_support::client::Client;
use keyward_test_support::on_every_database;
use keyward_test_support::page::Page;
use keyward_test_support::person::Person;
use keyward_test_support::server::Server;
use keyward_test_support::soft_authenticator::SoftAuthenticator;

/// An office behind one address.
const OFFICE: &str = "192.0.2.7";
const PROXY: (&str, &str) = ("server.trusted_proxies", "1");

async fn from(browser: &Client, address: &str, name: &str, password: &str) -> Page {
    let fields = [("username", name), ("password", password)];
    let request = browser
        .our_post("/sign-in/password")
        .header("x-forwarded-for", address)
        .form(&fields);
    browser.send(request).await
}

async fn fails(server: &Server, name: &str) -> u16 {
    from(&server.browser(), OFFICE, name, "not this one")
        .await
        .status
}

async fn gets_in(server: &Server, person: &Person) -> bool {
    let answer = from(&server.browser(), OFFICE, &person.name, &person.password).await;
    answer.location() == Some("/account")
}

async fn people(server: &Server, number: usize) -> Vec<Person> {
    let mut people = Vec::new();
    for number in 0..number {
        people.push(server.user(&format!("user{number}")).await);
    }
    people
}

on_every_database! {
    async fn of_120_names_at_once_from_one_address_no_more_are_judged_than_the_limit(at: At) {
        let server = Server::with(at, &[PROXY, ("lockout.spray_users", "0")]).await;
        let tries = (0..120).map(|number| {
            let browser = server.browser();
            tokio::spawn(async move {
                from(&browser, OFFICE, &format!("nobody{number}"), "a guess").await.status
            })
        });
        for status in join_all(tries).await {
            assert!([303, 429].contains(&status.expect("no panic")));
        }
        let judged = server.refusals("sign_in.password", "unknown_user");
        assert!((1..=20).contains(&judged), "{judged} passwords were judged");
        assert_eq!(server.events("lockout.locked"), 1);
        assert_eq!(fails(&server, "anna").await, 429);
    }

    async fn of_80_passes_at_once_from_one_address_no_more_are_judged_than_the_limit(at: At) {
        let server = Server::with(at, &[PROXY, ("lockout.spray_users", "0")]).await;
        let tries = (0..80).map(|number| {
            let browser = server.browser();
            tokio::spawn(async move {
                let name = format!("nobody{number}");
                let fields = [("username", name.as_str()), ("pass", "ABCD-EFGH-JKMN")];
                let request = browser
                    .our_post("/sign-in/pass")
                    .header("x-forwarded-for", OFFICE)
                    .form(&fields);
                browser.send(request).await.status
            })
        });
        for status in join_all(tries).await {
            assert!([303, 429].contains(&status.expect("no panic")));
        }
        let judged = server.refusals("pass.used", "unknown_user");
        assert!((1..=20).contains(&judged), "{judged} passes were judged");
    }

    async fn a_whole_office_that_signs_in_at_once_gets_in(at: At) {
        // A limit that is far below their number.
        let server = Server::with(at, &[PROXY, ("lockout.address_failures", "3")]).await;
        let people = people(&server, 24).await;
        let sign_ins = people.into_iter().map(|person| {
            let browser = server.browser();
            tokio::spawn(async move {
                let answer = from(&browser, OFFICE, &person.name, &person.password).await;
                answer.location() == Some("/account")
            })
        });
        for is_in in join_all(sign_ins).await {
            assert!(is_in.expect("no panic"), "somebody with the right password is kept out");
        }
    }

    async fn an_office_whose_people_mistype_and_get_in_is_not_locked(at: At) {
        let server = Server::with(at, &[PROXY, ("lockout.address_failures", "5")]).await;
        for person in people(&server, 12).await {
            for _ in 0..3 {
                assert_eq!(fails(&server, &person.name).await, 303);
            }
            assert!(gets_in(&server, &person).await, "{}", person.name);
        }
        assert_eq!(server.events("lockout.locked"), 0);
    }

    async fn people_who_get_in_make_room_for_some_who_do_not(at: At) {
        let settings = [PROXY, ("lockout.address_failures", "4"), ("lockout.spray_users", "0")];
        let server = Server::with(at, &settings).await;
        for person in people(&server, 6).await {
            assert!(gets_in(&server, &person).await);
            // Signing in once more makes no more room.
            assert!(gets_in(&server, &person).await);
        }
        for number in 0..10 {
            assert_eq!(fails(&server, &format!("nobody{number}")).await, 303, "{number}");
        }
        assert_eq!(fails(&server, "nobody10").await, 429);
    }

    async fn one_person_who_forgot_their_password_locks_nobody_else(at: At) {
        let server = Server::with(at, &[PROXY]).await;
        let (anna, ben) = (server.user("anna").await, server.user("ben").await);
        for _ in 0..15 {
            assert_eq!(fails(&server, "anna").await, 303);
        }
        assert!(gets_in(&server, &ben).await);
        assert!(!gets_in(&server, &anna).await, "the account is not locked");
    }

    async fn an_account_of_ones_own_does_not_start_the_count_over(at: At) {
        let settings = [PROXY, ("lockout.address_failures", "5"), ("lockout.spray_users", "0")];
        let server = Server::with(at, &settings).await;
        let own = server.user("mallory").await;
        let mut judged = 0;
        for number in 0..20 {
            if fails(&server, &format!("user{number}")).await == 429 {
                break;
            }
            judged += 1;
            assert!(gets_in(&server, &own).await || judged >= 5);
        }
        assert!(judged <= 6, "{judged} names were tried");
    }

    async fn tries_at_a_locked_name_count_on_the_address_and_write_one_event(at: At) {
        let settings = [PROXY, ("lockout.user_failures", "3"), ("lockout.address_failures", "30")];
        let server = Server::with(at, &settings).await;
        server.user("anna").await;
        let mut statuses = Vec::new();
        for _ in 0..40 {
            statuses.push(fails(&server, "anna").await);
        }
        assert_eq!(statuses.iter().filter(|status| **status == 303).count(), 32, "{statuses:?}");
        assert_eq!(statuses.last(), Some(&429), "the address is open");
        let rows = "SELECT COUNT(*) FROM events";
        assert_eq!(server.written("sign_in.password", "locked"), 1);
        assert_eq!(server.refusals("sign_in.password", "locked"), 29);
        let before = server.database.number(rows);
        for _ in 0..20 {
            assert_eq!(fails(&server, "anna").await, 429);
        }
        assert_eq!(server.database.number(rows), before, "a locked address writes");
        // The next lock is another event.
        server.clock.turn(Duration::from_secs(61));
        for _ in 0..5 {
            fails(&server, "anna").await;
        }
        assert_eq!(server.written("sign_in.password", "locked"), 2);
    }

    async fn many_tries_at_once_at_a_locked_name_are_one_event(at: At) {
        let settings = [PROXY, ("lockout.user_failures", "2"), ("lockout.address_failures", "100000")];
        let server = Server::with(at, &settings).await;
        server.user("anna").await;
        let sibling = server.sibling().await;
        for _ in 0..2 {
            fails(&server, "anna").await;
        }
        let bases = [server.base.clone(), sibling.base.clone()];
        let tries = (0..60).map(|number| {
            let browser = Client::new(&bases[number % 2]);
            tokio::spawn(async move { from(&browser, OFFICE, "anna", "a guess").await.status })
        });
        for status in join_all(tries).await {
            assert_eq!(status.expect("no panic"), 303);
        }
        assert_eq!(server.written("sign_in.password", "locked"), 1);
        assert_eq!(server.refusals("sign_in.password", "locked"), 60);
    }

    async fn the_lock_of_an_address_keeps_no_passkey_out(at: At) {
        let settings = [("lockout.address_failures", "3"), ("lockout.spray_users", "0")];
        let server = Server::with(at, &settings).await;
        let anna = server.user("anna").await;
        anna.signs_in().await;
        let mut key = SoftAuthenticator::passkey();
        assert_eq!(anna.registers("passkey", &mut key).await.status, 200);
        for number in 0..8 {
            let mut somebody = server.stranger(&format!("nobody{number}"));
            somebody.password = "a guess".to_owned();
            somebody.types_password().await;
        }
        let fields = [("username", "anna"), ("password", anna.password.as_str())];
        let page = server.browser().post("/sign-in/password", &fields).await;
        assert_eq!(page.status, 429);
        assert!(page.text().contains("your network"), "{}", page.text());
        assert!(page.text().contains("your account is not"), "{}", page.text());
        for name in [None, Some("anna")] {
            let here = anna.elsewhere(&server.base);
            assert_eq!(here.signs_in_with(&mut key, name).await.status, 200, "{name:?}");
            assert!(here.is_in().await);
        }
    }

    async fn networks_of_ones_own_have_a_limit_of_their_own(at: At) {
        let settings = [
            PROXY,
            ("lockout.address_failures", "3"),
            ("lockout.spray_users", "3"),
            ("lockout.trusted_networks", "[\"192.0.2.0/24\", \"2001:db8::/48\"]"),
            ("lockout.trusted_failures", "12"),
        ];
        let server = Server::with(at, &settings).await;
        let anna = server.user("anna").await;
        for number in 0..11 {
            assert_eq!(fails(&server, &format!("nobody{number}")).await, 303, "{number}");
        }
        assert!(gets_in(&server, &anna).await);
        assert!(server.events("lockout.spraying") >= 1, "nobody is told");
        for number in 11..16 {
            fails(&server, &format!("nobody{number}")).await;
        }
        assert_eq!(fails(&server, "anna").await, 429, "the limit of their own does not hold");
        let mut statuses = Vec::new();
        for number in 0..4 {
            let name = format!("nobody{number}");
            statuses.push(from(&server.browser(), "198.51.100.1", &name, "x").await.status);
        }
        assert_eq!(statuses, [303, 303, 303, 429]);
    }

    async fn networks_of_ones_own_can_be_left_unlocked(at: At) {
        let settings = [
            PROXY,
            ("lockout.address_failures", "3"),
            ("lockout.trusted_networks", "[\"192.0.2.7\"]"),
            ("lockout.trusted_failures", "0"),
        ];
        let server = Server::with(at, &settings).await;
        let anna = server.user("anna").await;
        for number in 0..30 {
            assert_eq!(fails(&server, &format!("nobody{number}")).await, 303);
        }
        assert!(gets_in(&server, &anna).await);
        assert_eq!(server.events("lockout.locked"), 0);
    }

    async fn failures_of_an_address_are_forgotten_after_an_hour(at: At) {
        let settings = [PROXY, ("lockout.address_failures", "4"), ("lockout.spray_users", "0")];
        let server = Server::with(at, &settings).await;
        let anna = server.user("anna").await;
        // An address at which somebody is always busy.
        for number in 0..12 {
            assert_eq!(fails(&server, &format!("nobody{number}")).await, 303, "{number}");
            assert!(gets_in(&server, &anna).await);
            server.clock.turn(Duration::from_mins(25));
        }
        assert_eq!(server.events("lockout.locked"), 0);
    }

    async fn clearing_the_lock_of_an_address_forgets_its_failures(at: At) {
        use keyward_actions::lockout::Lockouts;
        use keyward_core::flows::permit::Administrator;
        let settings = [PROXY, ("lockout.address_failures", "3"), ("lockout.spray_users", "0")];
        let server = Server::with(at, &settings).await;
        for which in [Lockouts::Address(OFFICE.parse().expect("an address")), Lockouts::All] {
            for number in 0..2 {
                assert_eq!(fails(&server, &format!("nobody{number}")).await, 303);
            }
            let administrator = Administrator::at_command_line();
            lockout::clear(&server.app, &administrator, which).await.expect("cleared");
        }
        for number in 0..3 {
            assert_eq!(fails(&server, &format!("nobody{number}")).await, 303);
        }
        assert_eq!(fails(&server, "nobody").await, 429);
    }
}

//! What proxies ask before they let a request pass to an application.

use std::time::Duration;

use keyward_actions::{application, device, group, session, user};
use keyward_core::clock::Clock as _;
use keyward_core::domain::group::GroupName;
use keyward_core::flows::permit::Administrator;
use reqwest::Method;
use url::Url;

use keyward_test_support::client::Client;
use keyward_test_support::command::keyward;
use keyward_test_support::on_every_database;
use keyward_test_support::page::Page;
use keyward_test_support::person::{PASSWORD, Person};
use keyward_test_support::process::PATIENCE;
use keyward_test_support::server::Server;
use keyward_test_support::soft_authenticator::SoftAuthenticator;

const HTML: &str = "text/html,application/xhtml+xml";

/// What a proxy is answered that asks for a browser.
pub(super) async fn asks(browser: &Client, url: &str) -> Page {
    asks_with(browser, url, &[("accept", HTML)]).await
}

pub(super) async fn asks_with(browser: &Client, url: &str, headers: &[(&str, &str)]) -> Page {
    let url = Url::parse(url).expect("an address");
    let target = url.as_str().split_once("://").map_or("", |(_, rest)| rest);
    let target = &target[target.find('/').unwrap_or_default()..];
    let mut request = browser
        .request(Method::GET, "/forward-auth")
        .header("x-forwarded-method", "GET")
        .header("x-forwarded-proto", url.scheme())
        .header("x-forwarded-host", url.authority())
        .header("x-forwarded-uri", target);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    browser.send(request).await
}

/// The path with which an answer leads to us.
pub(super) fn way(server: &Server, answer: &Page) -> String {
    let to = answer
        .location()
        .unwrap_or_else(|| panic!("{} {}", answer.status, answer.body));
    let path = to.strip_prefix(&server.base);
    path.unwrap_or_else(|| panic!("{to} is not ours"))
        .to_owned()
}

pub(super) async fn with_an_app(server: &Server, name: &str) -> Person {
    let mut person = server.user(name).await;
    person.signs_in().await;
    person.adds_an_app().await;
    person
}

/// Somebody who has signed in with a security key, and a copy of it that lags behind.
async fn with_a_key(server: &Server, name: &str) -> (Person, SoftAuthenticator) {
    let mut person = server.user(name).await;
    person.signs_in().await;
    let mut key = SoftAuthenticator::security_key();
    assert_eq!(person.registers("security-key", &mut key).await.status, 200);
    let copy = key.clone();
    for _ in 0..2 {
        let elsewhere = person.elsewhere(&server.base);
        elsewhere.types_password().await;
        assert_eq!(elsewhere.confirms_with(&mut key).await.status, 200);
        person = elsewhere;
    }
    (person, copy)
}

/// Makes somebody a member of a group, or no member any more.
async fn changes(server: &Server, name: &str, group: &str, is_member: bool) {
    let administrator = Administrator::at_command_line();
    let found = user::find_by_name(&server.app, &administrator, name).await;
    let user = found.expect("the store answers").expect("a user");
    let group = vec![GroupName::from_stored(group)];
    let (join, leave) = match is_member {
        true => (group, Vec::new()),
        false => (Vec::new(), group),
    };
    let changed = user::change_groups(&server.app, &administrator, user.id, join, leave).await;
    changed.expect("groups");
}

on_every_database! {
    async fn who_is_signed_in_passes_and_the_application_is_told_who_that_is(at: At) {
        let server = Server::start(at).await;
        server.protects("Wiki", "wiki.example.org", &["/public bypass", "/ anyone second-factor"]).await;
        let anna = with_an_app(&server, "anna").await;
        let stranger = Client::new(&server.base);
        let answer = asks(&stranger, "http://wiki.example.org/page?x=1").await;
        assert_eq!(answer.status, 302);
        let way = way(&server, &answer);
        assert!(way.starts_with("/applications/enter?to=http%3A%2F%2Fwiki.example.org%2Fpage%3Fx%3D1&browser="), "{way}");
        let answer = asks(&stranger, "http://wiki.example.org/public/a").await;
        assert_eq!(answer.status, 200);
        for name in ["user", "name", "email", "groups", "amr", "acr", "auth-time"] {
            let name = format!("remote-{name}");
            assert_eq!(answer.headers.get(&name).map(|value| value.as_bytes()), Some(&b""[..]), "{name}");
        }
        let answer = asks(&anna.browser, "http://wiki.example.org/page").await;
        assert_eq!(answer.status, 200, "{:?} {}", answer.location(), answer.body);
        assert_eq!(answer.header("remote-user"), "anna");
        assert_eq!(answer.header("remote-name"), "anna");
        assert_eq!(answer.header("remote-amr"), "pwd,otp,mfa");
        assert_eq!(answer.header("remote-acr"), "aal2");
        let proved_at: i64 = answer.header("remote-auth-time").parse().expect("a time");
        assert!((0..60).contains(&(server.clock.now().seconds() - proved_at)), "{proved_at}");
        anna.signs_out().await;
        let answer = asks(&anna.browser, "http://wiki.example.org/page").await;
        assert_eq!(answer.status, 302, "signing out here ends it there at once");
    }

    async fn programs_get_an_honest_answer_and_no_redirect(at: At) {
        let server = Server::start(at).await;
        group::create(&server.app, &Administrator::at_command_line(), GroupName::from_stored("staff"))
            .await
            .expect("a group");
        server.protects("Wiki", "wiki.example.org", &["/admin group:staff", "/keys anyone hardware", "/ anyone"]).await;
        let anna = with_an_app(&server, "anna").await;
        let stranger = Client::new(&server.base);
        for headers in [
            &[("accept", "application/json")][..],
            &[],
            &[("accept", HTML), ("x-requested-with", "XMLHttpRequest")],
            &[("accept", HTML), ("upgrade", "websocket")],
            &[("accept", HTML), ("sec-fetch-mode", "cors")],
        ] {
            let answer = asks_with(&stranger, "http://wiki.example.org/", headers).await;
            assert_eq!((answer.status, answer.code()), (401, "session.required".to_owned()), "{headers:?}");
            assert_eq!(answer.json()["status"], 401);
            assert_eq!(answer.header("location"), "");
            assert!(!answer.header("www-authenticate").is_empty());
        }
        let json = &[("accept", "application/json")];
        let answer = asks_with(&anna.browser, "http://wiki.example.org/admin", json).await;
        assert_eq!((answer.status, answer.code()), (403, "application.denied".to_owned()));
        assert_eq!(answer.json()["detail"], "Wiki");
        let answer = asks_with(&anna.browser, "http://wiki.example.org/keys", json).await;
        assert_eq!((answer.status, answer.code()), (403, "session.step_up".to_owned()));
        let answer = asks(&anna.browser, "http://wiki.example.org/admin/x").await;
        assert_eq!(answer.status, 403);
        assert!(answer.text().contains("Wiki is not open to you"), "{}", answer.text());
        assert!(answer.text().contains("it@example.org"), "{}", answer.text());
    }

    async fn a_host_that_no_application_has_is_open_to_nobody(at: At) {
        let server = Server::start(at).await;
        server.protects("Wiki", "*.apps.example.org", &["/ bypass"]).await;
        let anna = with_an_app(&server, "anna").await;
        assert_eq!(asks(&anna.browser, "http://a.apps.example.org/").await.status, 200);
        for host in ["apps.example.org", "evil.example", "evilapps.example.org"] {
            let answer = asks(&anna.browser, &format!("http://{host}/")).await;
            assert_eq!(answer.status, 403, "{host}");
            let to = format!("/applications/enter?to=http%3A%2F%2F{host}%2F");
            let answer = anna.visits(&to).await;
            assert_eq!(answer.status, 403, "an open redirect to {host}");
            let to = format!("/sign-in?next=https%3A%2F%2F{host}%2F");
            let answer = anna.visits(&to).await;
            assert!(answer.location().is_none(), "{host}");
        }
    }

    async fn attack_headers_that_a_client_made_up_get_nobody_in(at: At) {
        let server = Server::start(at).await;
        server.protects("Wiki", "wiki.example.org", &["/public bypass", "/ anyone"]).await;
        let stranger = Client::new(&server.base);
        let json = ("accept", "application/json");
        for headers in [
            &[json, ("x-forwarded-uri", "/public")][..],
            &[json, ("x-forwarded-method", "OPTIONS")],
            &[json, ("x-forwarded-host", "other.example.org")],
            &[json, ("x-forwarded-proto", "https")],
            &[json, ("x-original-url", "http://wiki.example.org/public")],
            &[json, ("remote-user", "anna")],
            &[json, ("x_forwarded_uri", "/public"), ("x-forwarded_uri", "/public")],
            &[json, ("remote_user", "anna"), ("x-real-user", "anna")],
            &[json, ("x-original-uri", "/public"), ("x-rewrite-url", "/public")],
        ] {
            let answer = asks_with(&stranger, "http://wiki.example.org/secret", headers).await;
            assert!(matches!(answer.status, 400 | 401), "{headers:?}: {}", answer.status);
        }
    }

    async fn who_has_not_proved_enough_is_led_through_that_and_back(at: At) {
        let server = Server::start(at).await;
        server.protects("Payroll", "pay.example.org", &["/fresh anyone within 1h", "/ anyone phishing-resistant"]).await;
        let anna = with_an_app(&server, "anna").await;
        let url = "http://pay.example.org/slips";
        let answer = asks(&anna.browser, url).await;
        let enter = way(&server, &answer);
        let page = anna.visits(&enter).await;
        assert_eq!(page.status, 403);
        assert_eq!(page.heading(), "Payroll asks for a device that you do not have yet");
        let again = "Go on to Payroll";
        assert!(!anna.visits("/account/devices").await.text().contains(again), "not yet");
        let mut key = SoftAuthenticator::security_key();
        anna.registers("security-key", &mut key).await;
        let devices = anna.visits("/account/devices").await;
        let on = devices.link(again).expect("a way on");
        assert!(on.starts_with("/applications/enter?to=http%3A%2F%2Fpay.example.org%2Fslips"), "{on}");
        let page = anna.browser.get(&enter).await;
        let step_up = page.location().expect("a step up").to_owned();
        assert!(step_up.starts_with("/step-up?level=phishing-resistant&next=%2Fapplications%2Fenter"), "{step_up}");
        let page = anna.visits(&step_up).await;
        assert_eq!(page.status, 200);
        assert!(!page.text().contains("authenticator app"), "{}", page.text());
        assert!(page.text().contains("Payroll asks for a fresh proof that it is you."), "{}", page.text());
        let next = url::form_urlencoded::byte_serialize(enter.as_bytes()).collect::<String>();
        let raised = anna.steps_up_with(&mut key, &next).await;
        assert_eq!(raised.json()["next"], enter.as_str());
        assert_eq!(asks(&anna.browser, url).await.status, 200);
        assert_eq!(asks(&anna.browser, "http://pay.example.org/fresh").await.status, 200);
        anna.browser.get(&enter).await;
        assert!(!anna.visits("/account/devices").await.text().contains(again), "it is done");
        server.clock.turn(Duration::from_secs(3_600));
        assert_eq!(asks(&anna.browser, url).await.status, 200);
        let answer = asks(&anna.browser, "http://pay.example.org/fresh").await;
        let page = anna.browser.get(&way(&server, &answer)).await;
        let to = page.location().unwrap_or_default();
        assert!(to.starts_with("/step-up?level=session&next="), "{to}");
    }

    async fn a_rule_about_one_method_is_met_by_those_who_send_a_form(at: At) {
        let server = Server::start(at).await;
        let rules = ["POST /pay anyone second-factor", "POST /delete user:ben", "/ anyone"];
        server.user("ben").await;
        server.protects("Shop", "shop.example.org", &rules).await;
        let mut anna = server.user("anna").await;
        anna.signs_in().await;
        let browser = anna.browser.clone();
        let sends = async |path: &str| {
            let question = browser.request(Method::GET, "/forward-auth/nginx");
            let question = question
                .header("accept", HTML)
                .header("x-original-method", "POST")
                .header("x-original-url", format!("http://shop.example.org{path}"));
            let answer = browser.send(question).await;
            let to = answer.header("location").strip_prefix(&server.base);
            to.unwrap_or_else(|| panic!("{} leads nowhere", answer.status)).to_owned()
        };
        let enter = sends("/pay").await;
        assert!(enter.contains("&method=POST"), "{enter}");
        let page = anna.visits(&enter).await;
        assert_eq!(page.heading(), "Shop asks for a device that you do not have yet");
        anna.adds_an_app().await;
        let devices = anna.visits("/account/devices").await;
        let on = devices.link("Go on to Shop").expect("a way on");
        assert!(on.ends_with("&method=POST"), "{on}");
        let page = anna.visits(&sends("/delete").await).await;
        assert_eq!(page.status, 403, "{}", page.text());
        assert!(page.text().contains("Shop"), "{}", page.text());
        server.clock.turn(Duration::from_secs(60));
        let anna = anna.elsewhere(&server.base);
        anna.signs_in().await;
        let page = anna.browser.get(&enter).await;
        assert!(page.location().is_some_and(|to| to.starts_with("http://shop.example.org/pay?")), "{:?}", page.location());
        let made_up = anna.browser.get(&enter.replace("=POST", "=%0A")).await;
        assert_eq!(made_up.status, 400);
    }

    async fn attack_a_cookie_of_a_neighbour_that_is_no_text_hides_none_of_ours(at: At) {
        let server = Server::with(at, &[("session.cookie_domain", "\"localhost\"")]).await;
        server.protects("Wiki", "wiki.localhost", &["/ anyone"]).await;
        let anna = with_an_app(&server, "anna").await;
        let stranger = server.browser();
        for noise in [&b"Gr\xfcn"[..], "Grün".as_bytes(), b"", b"a=b=c"] {
            let cookies = [b"theme=", noise, b"; ", anna.browser.cookies().as_bytes(), b"; x=\xff"].concat();
            let question = stranger.request(Method::GET, "/forward-auth/caddy");
            let question = question
                .header("accept", HTML)
                .header("x-forwarded-method", "GET")
                .header("x-forwarded-proto", "http")
                .header("x-forwarded-host", "wiki.localhost")
                .header("x-forwarded-uri", "/")
                .header("cookie", cookies);
            assert_eq!(stranger.send(question).await.status, 200, "{noise:?}");
        }
    }

    async fn a_long_address_in_any_letters_is_gone_back_to_or_the_start_page_is(at: At) {
        let server = Server::start(at).await;
        server.protects("Wiki", "wiki.example.org", &["/ anyone"]).await;
        for (letters, is_kept) in [(80, true), (130, true), (195, false), (400, false), (1_300, false)] {
            let target = format!("/any?q={}", "%D0%B0".repeat(letters));
            let stranger = server.browser();
            let answer = asks(&stranger, &format!("http://wiki.example.org{target}")).await;
            let enter = way(&server, &answer);
            let to_sign_in = stranger.get(&enter).await;
            let to_sign_in = to_sign_in.location().expect("a way").to_owned();
            let anna = server.user(&format!("anna{letters}")).await.at(&stranger);
            let page = anna.visits(&to_sign_in).await;
            let form = page.form("Continue").fill("Username", &anna.name).fill("Password", PASSWORD);
            let answer = anna.browser.submit(&page, &form).await;
            let next = answer.location().expect("on").to_owned();
            assert_eq!(next, enter, "{letters}");
            assert_eq!(enter.contains("%3Fq%3D"), is_kept, "{letters}: {enter}");
        }
    }

    async fn a_code_in_an_address_is_nothing_to_programs(at: At) {
        let server = Server::start(at).await;
        server.protects("Wiki", "wiki.example.org", &["/ anyone"]).await;
        let url = "http://wiki.example.org/any?keyward_code=x";
        let answer = asks_with(&server.browser(), url, &[("accept", "application/json")]).await;
        assert_eq!(answer.status, 401);
        assert_eq!(asks(&server.browser(), url).await.location(), Some("http://wiki.example.org/any"));
    }

    async fn another_domain_gets_a_code_that_works_once_in_the_browser_that_asked(at: At) {
        let server = Server::start(at).await;
        server.protects("Wiki", "wiki.example.org", &["/ anyone"]).await;
        let anna = with_an_app(&server, "anna").await;
        let there = Client::new(&server.base);
        let url = "http://wiki.example.org/page?x=%20y";
        let answer = asks(&there, url).await;
        let back = anna.browser.get(&way(&server, &answer)).await;
        let to = back.location().expect("back").to_owned();
        assert!(to.starts_with(&format!("{url}&keyward_code=")), "{to}");

        let thief = Client::new(&server.base);
        asks(&thief, url).await;
        let answer = asks(&thief, &to).await;
        assert_eq!((answer.status, answer.location()), (302, Some(url)), "another browser");
        assert_eq!(asks(&thief, url).await.status, 302);
        let elsewhere = to.replace("wiki.example.org", "other.example.org");
        assert_eq!(asks(&there, &elsewhere).await.status, 302, "another host");

        let answer = asks(&there, &to).await;
        assert_eq!((answer.status, answer.location()), (302, Some(url)));
        let answer = asks(&there, url).await;
        assert_eq!((answer.status, answer.header("remote-user")), (200, "anna"));
        // The cookie of an application opens nothing here, and no other host.
        assert_eq!(there.get("/account").await.status, 303);
        server.protects("Other", "other.example.org", &["/ anyone"]).await;
        assert_eq!(asks(&there, "http://other.example.org/").await.status, 302);

        let again = Client::new(&server.base);
        asks(&again, url).await;
        let replayed = asks(&again, &to).await;
        assert_eq!(replayed.location(), Some(url));
        assert_eq!(asks(&again, url).await.status, 302, "a code is good once");
        anna.signs_out().await;
        assert_eq!(asks(&there, url).await.status, 302, "signing out ends it everywhere");
    }

    async fn a_code_is_too_old_after_a_minute(at: At) {
        let server = Server::start(at).await;
        server.protects("Wiki", "wiki.example.org", &["/ anyone"]).await;
        let anna = with_an_app(&server, "anna").await;
        let there = Client::new(&server.base);
        let url = "http://wiki.example.org/";
        let answer = asks(&there, url).await;
        let back = anna.browser.get(&way(&server, &answer)).await;
        let to = back.location().expect("back").to_owned();
        server.clock.turn(Duration::from_secs(61));
        asks(&there, &to).await;
        assert_eq!(asks(&there, url).await.status, 302);
    }

    async fn under_one_domain_a_cookie_comes_with_the_sign_in_and_opens_nothing_here(at: At) {
        let settings = [("session.cookie_domain", "\"localhost\"")];
        let server = Server::with(at, &settings).await;
        server.protects("Wiki", "wiki.localhost", &["/ anyone"]).await;
        let anna = with_an_app(&server, "anna").await;
        let cookies = anna.browser.cookies();
        let pair = cookies.split("; ").find(|pair| pair.contains("-applications="));
        let pair = pair.unwrap_or_else(|| panic!("no cookie: {cookies}")).to_owned();
        let there = Client::new(&server.base);
        let json = ("accept", "application/json");
        let shown = [json, ("cookie", pair.as_str())];
        let answer = asks_with(&there, "http://wiki.localhost/", &shown).await;
        assert_eq!((answer.status, answer.header("remote-user")), (200, "anna"));
        let request = there.request(Method::GET, "/account").header("cookie", &pair);
        assert_eq!(there.send(request).await.status, 303);
        server.protects("Far", "far.example.org", &["/ anyone"]).await;
        let answer = asks_with(&there, "http://far.example.org/", &shown).await;
        assert_eq!(answer.status, 401, "the cookie is not for that domain");
        anna.signs_out().await;
        let answer = asks_with(&there, "http://wiki.localhost/", &shown).await;
        assert_eq!(answer.status, 401);
    }

    async fn what_changes_is_seen_at_the_next_request(at: At) {
        let server = Server::start(at).await;
        let anna = with_an_app(&server, "anna").await;
        group::create(&server.app, &Administrator::at_command_line(), GroupName::from_stored("staff"))
            .await
            .expect("a group");
        server.protects("Wiki", "wiki.example.org", &["/ group:staff"]).await;
        let url = "http://wiki.example.org/";
        assert_eq!(asks(&anna.browser, url).await.status, 403);
        changes(&server, "anna", "staff", true).await;
        let answer = asks(&anna.browser, url).await;
        assert_eq!((answer.status, answer.header("remote-groups")), (200, "staff"));
        changes(&server, "anna", "staff", false).await;
        assert_eq!(asks(&anna.browser, url).await.status, 403);
    }

    async fn the_command_line_adds_explains_and_removes(at: At) {
        let server = Server::start(at).await;
        with_an_app(&server, "anna").await;
        let folder = server.folder();
        let run = |arguments: &[&str]| keyward(folder, arguments);
        let add = ["application", "add", "Wiki", "--host", "wiki.example.org", "--rule", "/admin user:anna phishing-resistant", "--rule", "/public bypass", "--rule", "/ anyone", "--rule", "/late deny"];
        let said = run(&add).done();
        assert!(said.contains("rule 4 (/late deny) decides nothing"), "{said}");
        run(&add).refused("application.taken");
        run(&["application", "add", "Other", "--host", "WIKI.example.org"]).refused("application.taken");
        run(&["application", "add", "X", "--host", "x.example.org", "--rule", "/ group:none"]).refused("group.unknown");
        let shown = run(&["--json", "application", "show", "wiki"]).json();
        assert_eq!(shown["rules"][0], "/admin user:anna phishing-resistant");
        for (url, outcome, rule) in [
            ("https://wiki.example.org/admin/x", "needs", Some(1)),
            ("https://wiki.example.org/public", "allowed", Some(2)),
            ("https://wiki.example.org/", "allowed", Some(3)),
            ("https://wiki.example.org/public/..%2fadmin", "denied", None),
            ("https://nowhere.example.org/", "denied", None),
        ] {
            let said = run(&["--json", "application", "explain", "--user", "anna", "--url", url]).json();
            assert_eq!(said["outcome"], outcome, "{url}: {said}");
            assert_eq!(said["rule"].as_u64(), rule, "{url}: {said}");
        }
        run(&["application", "explain", "--user", "ben", "--url", "https://wiki.example.org/"]).refused("user.unknown");
        run(&["application", "change", "Wiki", "--rule", "/ deny"]).done();
        let shown = run(&["--json", "application", "list"]).json();
        assert_eq!(shown[0]["rules"][0], "/ deny");
        run(&["application", "remove", "Wiki"]).done();
        run(&["application", "remove", "Wiki"]).refused("application.unknown");
    }

    async fn what_changes_on_one_server_is_seen_on_the_others(at: At) {
        let settings = [("session.cookie_domain", "\"localhost\"")];
        let server = Server::with(at, &settings).await;
        server.protects("Wiki", "wiki.localhost", &["/ anyone"]).await;
        let sibling = server.sibling().await;
        let there = Client::new(&sibling.base);
        let port = |base: &str| base.rsplit(':').next().unwrap_or_default().to_owned();
        let administrator = Administrator::at_command_line();
        for change in ["session", "user", "device removed", "device on hold", "rule"] {
            let (anna, mut copy) = with_a_key(&server, change).await;
            let cookies = anna.browser.cookies();
            let pair = cookies.split("; ").find(|pair| pair.contains("-applications="));
            let pair = pair.expect("a cookie").replace(&port(&server.base), &port(&sibling.base));
            let shown = [("accept", "application/json"), ("cookie", pair.as_str())];
            let url = "http://wiki.localhost/";
            assert_eq!(asks_with(&there, url, &shown).await.status, 200, "{change}");
            let found = user::find_by_name(&server.app, &administrator, change).await;
            let id = found.expect("the store answers").expect("a user").id;
            match change {
                "session" => drop(session::end_all_of(&server.app, &administrator, id).await),
                "user" => drop(user::disable(&server.app, &administrator, id).await),
                "device removed" => {
                    let devices = device::of_user(&server.app, &administrator, id).await;
                    let key = devices.expect("the store answers").remove(0);
                    device::remove(&server.app, &administrator, key.id).await.expect("removed");
                }
                "device on hold" => {
                    let thief = anna.elsewhere(&server.base);
                    thief.types_password().await;
                    let refused = thief.confirms_with(&mut copy).await;
                    assert_eq!(refused.code(), "ceremony.counter");
                }
                _ => {
                    let all = application::list(&server.app, &administrator).await;
                    let wiki = all.expect("the store answers").remove(0);
                    let mut settings = wiki.settings;
                    settings.rules = vec!["/ deny".parse().expect("a rule")];
                    application::change(&server.app, &administrator, wiki.id, wiki.version, settings)
                        .await
                        .expect("changed");
                }
            }
            let refused = async {
                while asks_with(&there, url, &shown).await.status == 200 {
                    tokio::task::yield_now().await;
                }
            };
            let seen = tokio::time::timeout(PATIENCE, refused).await;
            assert!(seen.is_ok(), "{change} is never seen on the other server");
        }
    }
}

//! Codes to phones, by text message and by call, through a stand-in for Twilio, and attacks.

use std::time::Duration;

use futures_util::future::join_all;
use reqwest::Method;

use keyward_test_support::backends::At;
use keyward_test_support::codes::another;
use keyward_test_support::command::{Said, keyward};
use keyward_test_support::log;
use keyward_test_support::on_every_database;
use keyward_test_support::page::Page;
use keyward_test_support::person::Person;
use keyward_test_support::server::Server;
use keyward_test_support::twilio::{
    FROM, ProviderBehaviour, TOKEN, Taken, Twilio, signs, spoken_digits,
};

const NUMBER: &str = "+31612345658";
const MASKED: &str = "+31 * ******58";

async fn server_with(at: At, twilio: &Twilio, more: &[(&str, &str)]) -> Server {
    let settings = twilio.settings();
    let mut settings: Vec<(&str, &str)> = settings
        .iter()
        .map(|(key, value)| (*key, value.as_str()))
        .collect();
    settings.retain(|(key, _)| more.iter().all(|(other, _)| other != key));
    settings.extend_from_slice(more);
    Server::with(at, &settings).await
}

/// Asks for a code to be sent to a new number.
async fn names_number(person: &Person, typed: &str, method: &str) -> Page {
    let page = person.visits("/account/devices/add/phone").await;
    let form = page.form("Send code").fill("Phone number", typed);
    let form = form.set("method", method);
    let answer = person.browser.submit(&page, &form).await;
    person.browser.follow(answer).await
}

/// What a call says: fetched and signed as Twilio does it.
async fn hears(person: &Person, call: &Taken) -> Page {
    let address = call.field("Url");
    let form = [
        ("CallSid", "CA1"),
        ("CallStatus", "in-progress"),
        ("To", NUMBER),
    ];
    asks(person, address, &form, &signs(TOKEN, address, &form)).await
}

async fn asks(person: &Person, address: &str, form: &[(&str, &str)], signature: &str) -> Page {
    let path = address
        .split_once("//")
        .and_then(|(_, rest)| rest.split_once('/'));
    let path = format!("/{}", path.expect("a path").1);
    // Nobody is signed in, and nothing says where it comes from.
    let nobody = person.elsewhere(&person.browser.origin());
    let request = nobody.browser.request(Method::POST, &path);
    let request = request.header("X-Twilio-Signature", signature).form(form);
    nobody.browser.send(request).await
}

async fn with_phone(server: &Server, twilio: &Twilio, name: &str, method: &str) -> Person {
    let person = server.user(name).await;
    person.signs_in().await;
    let before = twilio.taken().len();
    let page = names_number(&person, NUMBER, method).await;
    let sent = twilio.next(before).await;
    let code = match method {
        "sms" => sent.code(),
        _ => spoken_digits(&hears(&person, &sent).await.body)[..6].to_owned(),
    };
    let page = person.confirms(&page, &code).await;
    assert_eq!(page.path, "/account/devices", "{}", page.text());
    server.clock.turn(Duration::from_secs(120));
    person.elsewhere(&server.base)
}

async fn asks_for_code(
    person: &Person,
    page: &Page,
    button: &str,
    twilio: &Twilio,
) -> (Page, Taken) {
    let before = twilio.taken().len();
    let page = person.presses(page, button).await;
    (page, twilio.next(before).await)
}

on_every_database! {
    async fn a_number_is_added_by_a_text_message_and_signs_in_from_then_on(at: At) {
        let twilio = Twilio::start();
        let server = server_with(at, &twilio, &[]).await;
        let anna = server.user("anna").await;
        anna.signs_in().await;
        let page = names_number(&anna, "06-12345658", "sms").await;
        assert_eq!(page.heading(), "Type the code");
        assert!(page.text().contains("+31 6 12345658"), "a slip cannot be seen: {}", page.text());
        assert_eq!(server.database.number("SELECT COUNT(*) FROM devices"), 0);
        let sent = twilio.next(0).await;
        assert_eq!((sent.what.as_str(), sent.field("To"), sent.field("From")), ("Messages", NUMBER, FROM));
        let code = sent.code();
        let page = anna.confirms(&page, &another(&code)).await;
        assert!(page.notice().contains("not the code"), "{}", page.text());
        let page = anna.confirms(&page, &code).await;
        assert!(page.text().contains(MASKED) && !page.text().contains("12345658"), "{}", page.text());
        server.clock.turn(Duration::from_secs(120));
        let anna = anna.elsewhere(&server.base);
        let page = anna.types_password().await;
        assert_eq!(page.heading(), "Get a code on your phone");
        assert!(page.text().contains(MASKED) && !page.text().contains("12345658"), "{}", page.text());
        let (page, sent) = asks_for_code(&anna, &page, "Send code", &twilio).await;
        assert!(sent.field("Body").ends_with(&format!("@localhost #{}", sent.code())), "{sent:?}");
        assert_eq!(anna.types_code(&page, &sent.code()).await.path, "/account");
        let methods = "SELECT methods FROM sessions ORDER BY opened_at DESC LIMIT 1";
        assert_eq!(server.database.text(methods), "pwd sms mfa");
        assert_eq!(server.trail("code.sent"), ["done", "done"]);
        assert_eq!(twilio.asked(), 2);
        // A session steps up by it too.
        server.clock.turn(Duration::from_secs(3600));
        let page = anna.visits("/account/devices/add/totp").await;
        let (page, sent) = asks_for_code(&anna, &page, "Send code", &twilio).await;
        let page = anna.types_code(&page, &sent.code()).await;
        assert_eq!(page.path, "/account/devices/add/totp", "{}", page.text());
    }

    async fn stronger_ways_are_offered_before_a_phone_whatever_the_default_is(at: At) {
        let twilio = Twilio::start();
        let server = server_with(at, &twilio, &[]).await;
        let mut anna = with_phone(&server, &twilio, "anna", "sms").await;
        let page = anna.types_password().await;
        assert_eq!(page.heading(), "Get a code on your phone");
        assert!(page.text().contains("can be read or led elsewhere by others"), "{}", page.text());
        let page = anna.presses(&page, "Send code").await;
        let page = anna.types_code(&page, &twilio.next(1).await.code()).await;
        assert_eq!(page.path, "/account");
        // The app that is added later becomes the default by itself, and stays it.
        let page = anna.adds_an_app().await;
        assert!(page.text().contains("asked for first"), "{}", page.text());
        assert!(page.try_form("Make default").is_none(), "{}", page.text());
        let phone = "SELECT id FROM devices WHERE kind = 'phone'";
        let phone = server.database.text(phone);
        let default = "SELECT default_device FROM users WHERE name = 'anna'";
        assert_ne!(server.database.text(default), phone);
        let answer = anna.browser.post(&format!("/account/devices/{phone}/default"), &[]).await;
        let answer = anna.browser.follow(answer).await;
        assert!(answer.notice().contains("your other devices are asked for first"), "{}", answer.text());
        assert_ne!(server.database.text(default), phone);
        // A row of a time at which it could be.
        server.database.execute(&format!("UPDATE users SET default_device = '{phone}'"));
        server.clock.turn(Duration::from_secs(3600));
        let again = anna.elsewhere(&server.base);
        let page = again.types_password().await;
        assert_eq!(page.heading(), "Enter your code");
        let page = again.visits("/sign-in?method=choose").await;
        let text = page.text();
        let (app, phone) = (text.find("authenticator app"), text.find("Code on your phone"));
        assert!(app.is_some() && app < phone, "{text}");
        let page = anna.visits("/account/devices/add/phone").await;
        assert!(page.path.starts_with("/step-up"), "{}", page.path);
        assert_eq!(page.heading(), "Enter your code");
    }

    async fn a_call_speaks_the_code_to_whoever_twilio_signs_for(at: At) {
        let twilio = Twilio::start();
        let server = server_with(at, &twilio, &[]).await;
        let anna = with_phone(&server, &twilio, "anna", "call").await;
        let page = anna.types_password().await;
        let (page, call) = asks_for_code(&anna, &page, "Call me", &twilio).await;
        assert_eq!((call.what.as_str(), call.field("To")), ("Calls", NUMBER));
        let address = call.field("Url").to_owned();
        assert!(address.starts_with(&format!("{}/phone/calls/", server.base)), "{address}");
        // Nobody else hears it.
        let form = [("CallSid", "CA1"), ("To", NUMBER)];
        let right = signs(TOKEN, &address, &form);
        for (form, signature) in [
            (&form[..], ""),
            (&form[..], "AAAAAAAAAAAAAAAAAAAAAAAAAAA="),
            (&form[..], signs("another token", &address, &form).as_str()),
            (&form[..], signs(TOKEN, &format!("{address}x"), &form).as_str()),
            (&form[..1], right.as_str()),
            (&[("CallSid", "CA2"), ("To", NUMBER)][..], right.as_str()),
        ] {
            let answer = asks(&anna, &address, form, signature).await;
            assert_eq!(answer.status, 403, "{form:?} {signature}");
            assert!(spoken_digits(&answer.body).is_empty());
        }
        let unsigned = anna.browser.our_post(address.split_once(&server.base).expect("ours").1);
        assert_eq!(anna.browser.send(unsigned).await.status, 403);
        // A signed question for what was never ordered.
        let other = format!("{}A", &address[..address.len() - 1]);
        let other = if other == address { format!("{}B", &address[..address.len() - 1]) } else { other };
        let answer = asks(&anna, &other, &form, &signs(TOKEN, &other, &form)).await;
        assert_eq!(answer.status, 404);

        let speech = hears(&anna, &call).await;
        assert_eq!(speech.status, 200, "{}", speech.body);
        assert!(speech.header("content-type").starts_with("text/xml"));
        assert!(speech.body.contains("<Say language=\"en-GB\">"), "{}", speech.body);
        let digits = spoken_digits(&speech.body);
        let code = digits[..6].to_owned();
        assert_eq!(digits, code.repeat(3));
        assert_eq!(anna.types_code(&page, &code).await.path, "/account");
        let methods = "SELECT methods FROM sessions ORDER BY opened_at DESC LIMIT 1";
        assert_eq!(server.database.text(methods), "pwd tel mfa");
        // Once it was used, the call does not tell it any more.
        let speech = hears(&anna, &call).await;
        assert!(spoken_digits(&speech.body).is_empty(), "{}", speech.body);
    }

    async fn what_the_gateway_refuses_is_told_recorded_and_not_sent_twice(at: At) {
        let twilio = Twilio::start();
        let server = server_with(at, &twilio, &[("codes.pause", "\"1s\"")]).await;
        let anna = with_phone(&server, &twilio, "anna", "sms").await;
        anna.types_password().await;
        let asked = twilio.asked();
        for (number, (status, code, words, reason)) in [
            (400, 21211, "could not be reached", "code.number"),
            (400, 21610, "could not be reached", "code.number"),
            (429, 20429, "Too many codes", "code.busy"),
            (401, 20003, "could not be sent", "code.gateway"),
            (500, 20500, "could not be sent", "code.gateway"),
        ].into_iter().enumerate() {
            twilio.becomes(ProviderBehaviour::Refuses(status, code));
            server.clock.turn(Duration::from_secs(2));
            let page = anna.visits("/sign-in").await;
            let page = anna.presses(&page, "Send code").await;
            assert!(page.notice().contains(words), "{code}: {}", page.text());
            assert_eq!(twilio.asked(), asked + number + 1);
            assert_eq!(server.trail("code.sent").last().map(String::as_str), Some(reason));
            let detail = "SELECT detail FROM events WHERE kind = 'code.sent' ORDER BY id DESC LIMIT 1";
            let detail = server.database.text(detail);
            assert!(detail.contains(&code.to_string()) && !detail.contains("612345658"), "{detail}");
            if status == 500 {
                break;
            }
            assert!(page.try_form("Continue").is_none(), "a code is asked for that was never sent");
        }
        // The way is open again once it is.
        twilio.becomes(ProviderBehaviour::Takes);
        server.clock.turn(Duration::from_secs(2));
        let page = anna.visits("/sign-in").await;
        let (page, sent) = asks_for_code(&anna, &page, "Send a new code", &twilio).await;
        assert_eq!(anna.types_code(&page, &sent.code()).await.path, "/account");
    }

    async fn only_numbers_of_people_are_taken(at: At) {
        let twilio = Twilio::start();
        let server = server_with(at, &twilio, &[]).await;
        let anna = server.user("anna").await;
        anna.signs_in().await;
        for typed in ["112", "0900 1234567", "hello", "+999 123", "+31 6 12", "06-12345658; rm -rf"] {
            let page = names_number(&anna, typed, "sms").await;
            assert!(page.notice().contains("not a phone number"), "{typed}: {}", page.text());
        }
        assert_eq!(twilio.asked(), 0);
    }

    async fn a_number_is_flooded_by_nobody_whatever_the_way(at: At) {
        let twilio = Twilio::start();
        let more = [("codes.pause", "\"1s\""), ("codes.per_address", "3")];
        let server = server_with(at, &twilio, &more).await;
        let mallory = server.user("mallory").await;
        mallory.signs_in().await;
        let mut last = String::new();
        for method in ["sms", "call", "sms", "call"] {
            last = names_number(&mallory, NUMBER, method).await.notice();
            mallory.browser.post("/account/devices/add/phone/restart", &[]).await;
            server.clock.turn(Duration::from_secs(2));
        }
        assert!(last.contains("today"), "{last}");
        assert_eq!(twilio.asked(), 3);
    }

    async fn sixty_four_orders_at_once_are_one_message(at: At) {
        let twilio = Twilio::start();
        let server = server_with(at, &twilio, &[]).await;
        let anna = with_phone(&server, &twilio, "anna", "sms").await;
        let page = anna.types_password().await;
        let asked = twilio.asked();
        let form = page.form("Send code");
        let browsers: Vec<_> = (0..64).map(|_| anna.browser.copy()).collect();
        let orders = browsers.iter().map(|browser| browser.submit(&page, &form));
        join_all(orders).await;
        assert_eq!(twilio.asked(), asked + 1);
        assert_eq!(server.refusals("code.sent", "code.pause"), 63);
    }

    async fn nobody_learns_whose_a_number_is(at: At) {
        let twilio = Twilio::start();
        let server = server_with(at, &twilio, &[]).await;
        with_phone(&server, &twilio, "anna", "sms").await;
        let mallory = server.user("mallory").await;
        mallory.signs_in().await;
        let known = names_number(&mallory, NUMBER, "sms").await;
        mallory.browser.post("/account/devices/add/phone/restart", &[]).await;
        let unknown = names_number(&mallory, "+31612345699", "sms").await;
        let bare = |page: &Page| page.text().replace("12345658", "N").replace("12345699", "N");
        assert_eq!(bare(&known), bare(&unknown));
    }

    async fn two_ways_to_one_phone_are_two_devices_and_one_way_twice_is_none(at: At) {
        let twilio = Twilio::start();
        let server = server_with(at, &twilio, &[]).await;
        let anna = with_phone(&server, &twilio, "anna", "sms").await;
        let page = anna.types_password().await;
        let (page, sent) = asks_for_code(&anna, &page, "Send code", &twilio).await;
        anna.types_code(&page, &sent.code()).await;
        let page = names_number(&anna, NUMBER, "sms").await;
        assert!(page.notice().contains("already"), "{}", page.text());
        let page = names_number(&anna, NUMBER, "call").await;
        assert_eq!(page.heading(), "Type the code", "{}", page.text());
        let call = twilio.next(2).await;
        let code = spoken_digits(&hears(&anna, &call).await.body)[..6].to_owned();
        anna.confirms(&page, &code).await;
        let anna = anna.elsewhere(&server.base);
        let page = anna.types_password().await;
        for way in ["Send a code to", "Call"] {
            assert!(page.try_form(&format!("{way} {MASKED}")).is_some(), "{}", page.text());
        }
    }

    async fn what_is_not_set_up_is_not_offered(at: At) {
        let server = Server::start(at).await;
        let anna = server.user("anna").await;
        anna.signs_in().await;
        assert!(anna.visits("/account/devices/add").await.try_form("Add phone").is_none());
        let fields = [("phone", NUMBER), ("method", "sms")];
        let answer = anna.browser.post("/account/devices/add/phone", &fields).await;
        let page = anna.browser.follow(answer).await;
        assert!(page.notice().contains("not sent this way"), "{}", page.text());
        let twilio = Twilio::start();
        let server = server_with(at, &twilio, &[("phone.call", "\"none\"")]).await;
        let ben = server.user("ben").await;
        ben.signs_in().await;
        let page = ben.visits("/account/devices/add/phone").await;
        assert!(!page.text().contains("By a call"), "{}", page.text());
        let page = names_number(&ben, NUMBER, "call").await;
        assert!(page.notice().contains("not sent this way"), "{}", page.text());
        assert_eq!(twilio.asked(), 0);
    }

    async fn where_policy_asks_for_phishing_resistance_no_phone_counts(at: At) {
        for rules in [&["--phishing-resistant"][..], &["--kind", "totp", "--kind", "passkey"]] {
            let twilio = Twilio::start();
            let server = server_with(at, &twilio, &[]).await;
            let anna = with_phone(&server, &twilio, "anna", "sms").await;
            keyward(server.folder(), &[&["policy", "set", "--empty", "--grace-days", "0"], rules].concat()).done();
            keyward(server.folder(), &["policy", "switch-on"]).done();
            let page = anna.types_password().await;
            assert!(page.try_form("Send code").is_none(), "{}", page.text());
            let ben = server.user("ben").await;
            ben.signs_in().await;
            assert!(ben.visits("/account/devices/add").await.try_form("Add phone").is_none());
            let fields = [("phone", NUMBER), ("method", "sms")];
            let answer = ben.browser.post("/account/devices/add/phone", &fields).await;
            assert_eq!((answer.status, twilio.asked()), (403, 1));
        }
    }

    async fn numbers_that_earn_by_each_message_get_none(at: At) {
        let twilio = Twilio::start();
        let server = server_with(at, &twilio, &[]).await;
        let anna = server.user("anna").await;
        anna.signs_in().await;
        for number in [
            "+8816 31612345", "+870 773 123456", "+8821 61234567", "+883 5100 01234567",
            "+44 70 1234 5678", "+878 10 123456789012", "+979 123456789",
        ] {
            for method in ["sms", "call"] {
                let page = names_number(&anna, number, method).await;
                assert!(page.notice().contains("number"), "{number}: {}", page.text());
            }
        }
        assert_eq!(twilio.asked(), 0);
    }

    async fn what_is_sent_to_phones_has_limits_by_country_by_network_and_in_all(at: At) {
        let mailbox = keyward_test_support::mailbox::Mailbox::start();
        for (limit, told) in [
            ("phone.per_dial_code", r#"{"to":"+49 DE"}"#),
            ("phone.per_network", r#"{"from":"127.0.0.0/24"}"#),
            ("phone.per_day", r#""all""#),
        ] {
            let twilio = Twilio::start();
            let mail = mailbox.settings();
            let mut more: Vec<(&str, &str)> =
                mail.iter().map(|(key, value)| (*key, value.as_str())).collect();
            more.push((limit, "2"));
            let server = server_with(at, &twilio, &more).await;
            server.reachable_superuser("root", "root@example.org").await;
            for number in 0..5 {
                let person = server.user(&format!("user{number}")).await;
                person.signs_in().await;
                let page = names_number(&person, &format!("+49 1512 345678{number}"), "sms").await;
                let is_sent = page.heading() == "Type the code";
                assert_eq!(is_sent, number < 2, "{limit} {number}: {}", page.text());
            }
            assert_eq!(twilio.asked(), 2, "{limit}");
            assert_eq!(server.refusals("code.sent", "code.phone_limit"), 3);
            let details = "SELECT detail AS line FROM events WHERE kind = 'phones.limit_met'";
            let told = format!(r#"{{"case":"phone-limit","of":{told},"per_day":2}}"#);
            assert_eq!(server.database.lines(details), [told]);
            mailbox.about("Messages to phones met a limit").await;
            // The country that people live in, and their own networks, are spared.
            let dutch = server.user("dutch").await;
            dutch.signs_in().await;
            let page = names_number(&dutch, "+31612345658", "sms").await;
            assert_eq!(page.heading() == "Type the code", limit == "phone.per_dial_code", "{limit}");
            server.clock.turn(Duration::from_hours(25));
            let late = server.user("late").await;
            late.signs_in().await;
            let page = names_number(&late, "+49 1512 3456799", "sms").await;
            assert_eq!(page.heading(), "Type the code", "{limit}");
        }
    }

    async fn of_40_codes_at_once_no_more_go_out_than_the_limit(at: At) {
        let twilio = Twilio::start();
        let server = server_with(at, &twilio, &[("phone.per_day", "5")]).await;
        let mut orders = Vec::new();
        for number in 0..40 {
            let person = server.user(&format!("user{number}")).await;
            person.signs_in().await;
            let page = person.visits("/account/devices/add/phone").await;
            let form = page.form("Send code").fill("Phone number", &format!("+316123456{number:02}"));
            orders.push((person, page, form.set("method", "sms")));
        }
        let sent = orders.into_iter().map(|(person, page, form)| {
            tokio::spawn(async move { person.browser.submit(&page, &form).await.status })
        });
        for status in join_all(sent).await {
            assert!(status.expect("no panic") < 500);
        }
        assert_eq!(twilio.asked(), 5);
        let told = "SELECT detail AS line FROM events WHERE kind = 'phones.limit_met'";
        assert_eq!(server.database.lines(told), [r#"{"case":"phone-limit","of":"all","per_day":5}"#]);
    }

    async fn a_switch_stops_everything_that_is_sent_to_phones(at: At) {
        let twilio = Twilio::start();
        let server = server_with(at, &twilio, &[]).await;
        let mut root = server.superuser("root").await;
        root.signs_in().await;
        root.adds_an_app().await;
        let page = root.visits("/console/phones").await;
        let page = root.presses(&page, "Stop all messages and calls").await;
        assert!(page.text().contains("Nothing is sent to phones"), "{}", page.text());
        let anna = server.user("anna").await;
        anna.signs_in().await;
        let page = names_number(&anna, NUMBER, "sms").await;
        assert!(page.notice().contains("at the moment"), "{}", page.text());
        assert_eq!(twilio.asked(), 0);
        let said = keyward(server.folder(), &["phone", "status"]).done();
        assert!(said.contains("stopped"), "{said}");
        keyward(server.folder(), &["phone", "start"]).done();
        let page = names_number(&anna, NUMBER, "sms").await;
        assert_eq!(page.heading(), "Type the code", "{}", page.text());
        let page = root.visits("/console/phones").await;
        assert!(page.text().contains("to +31 NL") || page.text().contains("In all"), "{}", page.text());
        assert_eq!((server.events("phones.stopped"), server.events("phones.started")), (1, 1));
    }

    async fn neither_number_nor_code_stand_in_log_or_database(at: At) {
        let twilio = Twilio::start();
        let server = server_with(at, &twilio, &[("codes.digits", "8")]).await;
        let anna = server.user("anna").await;
        anna.signs_in().await;
        let page = names_number(&anna, "+31687654321", "sms").await;
        let sent = twilio.next(0).await;
        anna.confirms(&page, &sent.code()).await;
        server.clock.turn(Duration::from_secs(120));
        let anna = anna.elsewhere(&server.base);
        let page = anna.types_password().await;
        let (_, sent) = asks_for_code(&anna, &page, "Send code", &twilio).await;
        let stolen = server.database.stolen();
        let logged = log::all();
        for needle in ["31687654321", "687654321", &sent.code()] {
            let hex = data_encoding::HEXLOWER.encode(needle.as_bytes());
            for (place, bytes) in [("database", &stolen), ("log", &logged)] {
                for needle in [needle, hex.as_str()] {
                    let found = bytes.windows(needle.len()).any(|part| part == needle.as_bytes());
                    assert!(!found, "{needle} stands in the {place}");
                }
            }
        }
    }

    async fn the_log_stands_in_for_a_phone_where_that_is_wanted(at: At) {
        let settings = [("phone.sms", "\"log\""), ("phone.call", "\"log\"")];
        let server = Server::with(at, &settings).await;
        let anna = server.user("anna").await;
        anna.signs_in().await;
        // A number of this test alone, since tests share a log.
        let number = match at {
            At::Sqlite => "+31612340017",
            At::Postgres => "+31612340018",
        };
        let page = names_number(&anna, number, "sms").await;
        let masked = format!("+31 * ******{}", &number[number.len() - 2..]);
        let lines = log::lines_with("text message");
        let line = lines.iter().rfind(|line| line.contains(&masked)).expect("a line");
        let code: String = line
            .split_once("not sent: ")
            .map(|(_, text)| text.chars().take_while(char::is_ascii_digit).collect())
            .expect("a code");
        assert_eq!(anna.confirms(&page, &code).await.path, "/account/devices");
    }
}

fn all(said: &Said) -> String {
    format!("{}{}", said.out, said.err)
}

#[test]
fn the_check_asks_the_service_and_names_what_is_missing() {
    let twilio = Twilio::start();
    let folder = tempfile::tempdir().expect("a folder");
    let write = |settings: &[(&str, String)]| {
        let lines: Vec<String> = settings
            .iter()
            .map(|(key, value)| format!("{key} = {value}"))
            .collect();
        std::fs::write(folder.path().join("keyward.toml"), lines.join("\n")).expect("a file");
    };
    write(&twilio.settings());
    let said = keyward(folder.path(), &["check"]);
    assert!(all(&said).contains("knows us"), "{}", all(&said));
    let mut wrong = twilio.settings();
    wrong[4].1 = "\"another token\"".to_owned();
    write(&wrong);
    let said = keyward(folder.path(), &["check"]);
    assert!(all(&said).contains("20003"), "{}", all(&said));
    let mut lacking = twilio.settings();
    lacking.remove(4);
    write(&lacking);
    let said = keyward(folder.path(), &["check"]);
    assert!(
        all(&said).contains("phone.twilio.auth_token"),
        "{}",
        all(&said)
    );
}

//! Users at the console.

use keyward_core::flows::permit::Administrator;

use super::{at_console, crowd, page_of, rows_of, told, user, walk, with_app};
use crate::actions::policy::call;
use keyward_test_support::on_every_database;
use keyward_test_support::person::PASSWORD;
use keyward_test_support::server::Server;

on_every_database! {
    async fn a_user_who_was_added_can_sign_in(at: At) {
        let server = Server::start(at).await;
        let anna = at_console(&server).await;
        let page = anna.visits("/console/users/new").await;
        assert!(!page.form("Save").asks_for("Password"), "{}", page.text());
        let form = page
            .form("Save")
            .fill("Username", " Ben ")
            .fill("Email", "ben@example.org")
            .fill("New groups", "staff, printers,");
        let answer = anna.browser.submit(&page, &form).await;
        assert_eq!(answer.location(), Some(page_of(&server, "ben").await.as_str()));
        let page = anna.browser.follow(answer).await;
        assert_eq!(page.notice(), "Ben was added.");
        let text = page.text();
        for part in ["ben@example.org", "printers", "staff", "This user has no device."] {
            assert!(text.contains(part), "{part}: {text}");
        }
        assert_eq!(told(&server, "user.created", "anna", Some("ben"), "").await, 1);
        assert_eq!(told(&server, "user.superuser_granted", "anna", Some("ben"), "").await, 0);
        // The page says what is true, and makes the link; no mail arrives from this server.
        assert!(text.contains("Ben cannot sign in yet"), "{text}");
        assert!(!text.contains("A password alone protects"), "there is none: {text}");
        let page = anna.browser.press(&page, "Make a link for a password").await;
        assert_eq!(page.status, 200, "{}", page.text());
        let link = page.text();
        let link = link.split_whitespace().find(|word| word.contains("/recover/"));
        let link = link.and_then(|link| link.strip_prefix(&server.base)).expect("a link").to_owned();
        let ben = server.stranger("ben");
        let page = ben.visits(&link).await;
        let form = page.form("Save").fill("New password", PASSWORD);
        let answer = ben.browser.submit(&page, &form).await;
        ben.browser.follow(answer).await;
        assert_eq!(ben.signs_in().await.path, "/account");
        assert_eq!(told(&server, "password.link_issued", "anna", Some("ben"), "").await, 1);
        let page = server.stranger("ben").visits(&link).await;
        assert_eq!(page.status, 409, "it works once: {}", page.text());
    }

    async fn a_new_password_is_asked_for_where_others_know_the_old_one(at: At) {
        let server = Server::start(at).await;
        let anna = at_console(&server).await;
        let ben = server.user("ben").await;
        ben.signs_in().await;
        let page = anna.visits(&page_of(&server, "ben").await).await;
        let page = anna.browser.press(&page, "Ask for a new password").await;
        assert_eq!(page.status, 200, "{}", page.text());
        let link = page.text();
        let link = link.split_whitespace().find(|word| word.contains("/recover/"));
        let link = link.and_then(|link| link.strip_prefix(&server.base)).expect("a link").to_owned();
        assert!(!ben.is_in().await, "his session goes on");
        let elsewhere = ben.elsewhere(&server.base);
        assert_ne!(elsewhere.types_password().await.path, "/account", "the old password");
        let mut ben = server.stranger("ben");
        let page = ben.visits(&link).await;
        let form = page.form("Save").fill("New password", "nine purple umbrellas sing");
        let answer = ben.browser.submit(&page, &form).await;
        ben.browser.follow(answer).await;
        ben.password = "nine purple umbrellas sing".to_owned();
        assert_eq!(ben.signs_in().await.path, "/account");
        assert_eq!(told(&server, "password.asked", "anna", Some("ben"), "").await, 1);
        // Nobody locks themselves out by it.
        let own = page_of(&server, "anna").await;
        let page = anna.visits(&own).await;
        assert!(page.try_form("Ask for a new password").is_none());
        let answer = anna.browser.post(&format!("{own}/password/ask"), &[]).await;
        assert_eq!(answer.status, 303);
        assert_eq!(server.refusals("password.asked", "user.self"), 1);
        assert!(anna.is_in().await);
    }

    async fn everybody_else_is_signed_out_after_a_question(at: At) {
        let server = Server::start(at).await;
        let anna = at_console(&server).await;
        let mut crowd = Vec::new();
        for name in ["ben", "carla", "dora"] {
            let person = server.user(name).await;
            person.signs_in().await;
            crowd.push(person);
        }
        let page = anna.visits("/console/sessions").await;
        let question = page.link("End everybody’s sessions").expect("a link");
        let page = anna.visits(&question).await;
        assert!(page.text().contains("Everybody but you"), "{}", page.text());
        let page = anna.presses(&page, "End everybody’s sessions").await;
        assert_eq!(page.notice(), "Everybody else was signed out.");
        for person in &crowd {
            assert!(!person.is_in().await, "{}", person.name);
        }
        assert!(anna.is_in().await);
        assert_eq!(server.database.number("SELECT COUNT(*) FROM sessions"), 1);
        crowd[0].signs_in().await;
        assert!(crowd[0].is_in().await, "they may come back");
    }

    async fn a_form_comes_back_as_it_was_typed(at: At) {
        let server = Server::start(at).await;
        let anna = at_console(&server).await;
        let long = "n".repeat(65);
        let mail = format!("{}@example.org", "m".repeat(300));
        let good = [("Username", "ben"), ("Email", ""), ("New groups", "")];
        for (label, wrong, status, said) in [
            ("Username", "ANNA", 409, "There is a user of this name already."),
            ("Username", "", 400, "A user name has 1 to 64 characters"),
            ("Username", &long, 400, "A user name has 1 to 64 characters"),
            ("Username", "b\0n", 400, "A user name has 1 to 64 characters"),
            ("Email", "ben", 400, "That is not an email address."),
            ("Email", "b\0n@example.org", 400, "That is not an email address."),
            ("Email", &mail, 400, "That is not an email address."),
            ("New groups", "two words", 400, "A group name has 1 to 64 characters"),
            ("New groups", "a\0b", 400, "A group name has 1 to 64 characters"),
        ] {
            let page = anna.visits("/console/users/new").await;
            let mut form = page.form("Save").set("is_superuser", "true");
            for (field, value) in good {
                form = form.fill(field, if field == label { wrong } else { value });
            }
            let answer = anna.browser.submit(&page, &form).await;
            assert_eq!(answer.status, status, "{label} {wrong:?}: {}", answer.text());
            assert!(answer.notice().starts_with(said), "{label} {wrong:?}: {}", answer.notice());
            let again = answer.form("Save");
            for (field, value) in good {
                let typed = if field == label { wrong } else { value };
                assert_eq!(again.value(field).replace('\u{fffd}', "\0"), typed, "{label} {wrong:?}");
            }
            assert_eq!(again.value("Superuser"), "true");
        }
        assert_eq!(server.database.number("SELECT COUNT(*) FROM users"), 1);
        assert_eq!(anna.browser.post("/console/users", &[("email", "")]).await.status, 400);
    }

    async fn users_are_found_a_page_at_a_time_by_name_and_by_address(at: At) {
        let server = Server::start(at).await;
        let anna = at_console(&server).await;
        crowd(&server, 120).await;
        let (all, pages) = walk(&anna, "/console/users", "Next page").await;
        let expected: Vec<String> = std::iter::once("anna".to_owned())
            .chain((0..120).map(|number| format!("User{number:03}")))
            .collect();
        assert_eq!((all, pages), (expected.clone(), 3));

        let (found, pages) = walk(&anna, "/console/users?q=USER", "Next page").await;
        assert_eq!((&found[..], pages), (&expected[1..], 3));
        let (found, _) = walk(&anna, "/console/users?q=user01", "Next page").await;
        assert_eq!(found[..], expected[11..21]);
        // No name begins so, but words of addresses do: more than one page of them.
        let (found, pages) = walk(&anna, "/console/users?q=0", "Next page").await;
        assert_eq!((&found[..], pages), (&expected[1..101], 2));
        let (found, _) = walk(&anna, "/console/users?q=007%40example.org", "Next page").await;
        assert_eq!(found, ["User007"]);
        let page = anna.browser.get("/console/users?q=%3Cb%3Enobody").await;
        assert!(page.text().contains("has <b>nobody in it"), "{}", page.text());
    }

    async fn people_are_found_by_parts_of_names_and_addresses_without_accents(at: At) {
        let server = Server::start(at).await;
        let anna = at_console(&server).await;
        server.reachable("Anna-Meijer", "a.meijer@example.com").await;
        server.reachable("José", "pepe@example.net").await;
        server.reachable("王伟", "ww@example.net").await;
        server.reachable("Søren", "s.kierke@corp.example.net").await;
        for (typed, names) in [
            ("meijer", &["Anna-Meijer"][..]),
            ("EIJ", &["Anna-Meijer"]),
            ("anna", &["anna", "Anna-Meijer"]),
            ("example.com", &["Anna-Meijer"]),
            ("jose", &["José"]),
            ("José", &["José"]),
            ("%E4%BC%9F", &["王伟"]),
            ("soren", &["Søren"]),
            ("example.net", &["José", "Søren", "王伟"]),
            ("@corp", &["Søren"]),
            ("%25", &[]),
            ("_____", &[]),
            ("e%27%20OR%201%3D1", &[]),
            ("%22%20OR%20%22a", &[]),
            ("meijer*", &[]),
        ] {
            let (found, _) = walk(&anna, &format!("/console/users?q={typed}"), "Next page").await;
            assert_eq!(found, names, "{typed}");
        }
        let list = call(&server, &["--json", "user", "list", "--search", "JOSE"]).json();
        assert_eq!(list[0]["name"], "José");
        // The lists of what people have are filtered by the same parts.
        let page = anna.visits("/console/audit?user=meijer").await;
        assert!(page.text().contains("Anna-Meijer") && !page.text().contains("José"), "{}", page.text());
        for list in ["devices", "sessions", "browsers"] {
            assert_eq!(anna.visits(&format!("/console/{list}?user=meijer")).await.status, 200);
        }
    }

    async fn people_from_before_there_was_a_search_are_found_once_it_has_caught_up(at: At) {
        let server = Server::start(at).await;
        let anna = at_console(&server).await;
        crowd(&server, 300).await;
        server.database.execute("DELETE FROM user_search; UPDATE users SET is_searchable = FALSE");
        assert_eq!(walk(&anna, "/console/users?q=ser29", "Next page").await.0.len(), 0);
        assert_eq!(keyward_actions::user::catch_up_with_search(&server.app).await.ok(), Some(301));
        assert_eq!(keyward_actions::user::catch_up_with_search(&server.app).await.ok(), Some(0));
        assert_eq!(walk(&anna, "/console/users?q=ser29", "Next page").await.0.len(), 10);
        server.database.execute("DELETE FROM users WHERE name = 'User290'");
        assert_eq!(walk(&anna, "/console/users?q=ser29", "Next page").await.0.len(), 9);
    }

    async fn the_number_of_people_without_a_device_leads_to_them(at: At) {
        let server = Server::start(at).await;
        let anna = at_console(&server).await;
        crowd(&server, 60).await;
        let overview = anna.visits("/console").await;
        let link = overview.link("60 without a device").expect("a way to them");
        let (found, pages) = walk(&anna, &link, "Next page").await;
        assert_eq!((found.len(), pages), (60, 2));
        assert!(!found.contains(&"anna".to_owned()));
        let some = format!("{link}&q=ser05");
        assert_eq!(walk(&anna, &some, "Next page").await.0.len(), 10);
        let none = anna.visits(&format!("{link}&q=nobody")).await;
        assert!(none.text().contains("has nobody in it"), "{}", none.text());
    }

    async fn a_list_of_the_command_line_ends_where_it_is_told_to_and_says_so(at: At) {
        let server = Server::start(at).await;
        crowd(&server, 12).await;
        let some = call(&server, &["--json", "user", "list", "--limit", "5"]);
        assert_eq!(some.json().as_array().map(Vec::len), Some(5));
        let all = call(&server, &["--json", "user", "list", "--limit", "0"]).json();
        assert_eq!(all.as_array().map(Vec::len), Some(12));
        let exactly = call(&server, &["--json", "user", "list", "--limit", "12"]).json();
        assert_eq!(exactly.as_array().map(Vec::len), Some(12));
    }

    async fn who_is_found_by_name_and_by_address_is_shown_once(at: At) {
        let server = Server::start(at).await;
        let anna = at_console(&server).await;
        for (name, email) in [("ben@example.org", "ben@example.org"), ("carl", "ben@example.com")] {
            let page = anna.visits("/console/users/new").await;
            let form = page.form("Save").fill("Username", name).fill("Email", email);
            anna.browser.submit(&page, &form).await;
        }
        let (found, _) = walk(&anna, "/console/users?q=Ben", "Next page").await;
        assert_eq!(found, ["ben@example.org", "carl"]);
    }

    async fn what_nobodys_page_offers_is_refused_and_never_a_fault_of_ours(at: At) {
        let server = Server::start(at).await;
        let anna = at_console(&server).await;
        let long = "x".repeat(400);
        let mut wrong = 0;
        for (path, status) in [
            ("/console/users?q=%00", 400),
            ("/console/users?q=a%0Ab", 400),
            (&format!("/console/users?q={long}"), 400),
            ("/console/users?q=1&q=2", 400),
            ("/console/users?after=anna", 400),
            ("/console/users?after=email:1:2", 400),
            ("/console/users?after=name:%00", 400),
            ("/console/users?q=%FF%FE", 200),
            ("/console/users?q='%22%3B--", 200),
            ("/console/users?q=%25", 200),
            ("/console/users?after=", 200),
            ("/console/users?after=name:zzz&q=a", 200),
            ("/console/users?after=name:a&q=zzz", 200),
            ("/console/users/1", 404),
            ("/console/users/%00", 404),
            (&format!("/console/users/{long}"), 404),
            ("/console/users/018f0000-0000-7000-8000-000000000001", 404),
            ("/console/devices?kind=fax", 400),
            ("/console/devices?unused_days=many", 400),
            ("/console/devices?unused_days=-1", 400),
            ("/console/devices?unused_days=36501", 400),
            ("/console/devices?unused_days=99999999999999999999", 400),
            ("/console/devices?state=lost", 400),
            ("/console/devices?after=1", 400),
            ("/console/devices?after=x-018f0000-0000-7000-8000-000000000001", 400),
            ("/console/devices?user=%00", 400),
            ("/console/devices?user=nobody&unused_days=36500&kind=&state=&after=", 200),
            ("/console/devices?after=-9223372036854775808-018f0000-0000-7000-8000-000000000001", 400),
            ("/console/devices?after=9223372036854775807-018f0000-0000-7000-8000-000000000001", 200),
            ("/console/devices/1/remove", 404),
            ("/console/devices/018f0000-0000-7000-8000-000000000001/remove", 404),
            ("/console/services/1", 404),
            ("/console/services/018f0000-0000-7000-8000-000000000001", 404),
            ("/console/services/018f0000-0000-7000-8000-000000000001/remove", 404),
            ("/console/audit?kind=nothing", 400),
            ("/console/audit?since=yesterday", 400),
            ("/console/devices?state=active", 400),
            ("/console/audit?after=1", 400),
            ("/console/audit?user=%00", 400),
            ("/console/audit?user=nobody&kind=&after=", 200),
        ] {
            let page = anna.browser.get(path).await;
            assert_eq!(page.status, status, "{path}: {}", page.text());
            assert!(status == 200 || page.body.contains("<h1"), "{path}: {}", page.body);
            wrong += 1;
        }
        let unknown = "018f0000-0000-7000-8000-000000000001";
        for (path, status) in [
            (format!("/console/users/{unknown}/disable"), 404),
            (format!("/console/users/{unknown}/enable"), 404),
            (format!("/console/users/{unknown}/unlock"), 404),
            (format!("/console/users/{unknown}/superuser"), 400),
            ("/console/users/1/disable".to_owned(), 404),
            (format!("/console/sessions/{unknown}/end"), 404),
            ("/console/sessions/1/end".to_owned(), 404),
            (format!("/console/devices/{unknown}/remove"), 404),
            (format!("/console/devices/{unknown}/release"), 404),
            (format!("/console/services/{unknown}/remove"), 404),
            (format!("/console/services/{unknown}/test"), 400),
            (format!("/console/services/{unknown}"), 400),
        ] {
            let answer = anna.browser.post(&path, &[]).await;
            assert_eq!(answer.status, status, "{path}: {}", answer.text());
            wrong += 1;
        }
        assert!(wrong > 40);
    }

    async fn a_user_who_is_disabled_is_out_everywhere_and_stays_out(at: At) {
        let server = Server::start(at).await;
        let anna = at_console(&server).await;
        let ben = with_app(&server, "ben").await;
        let half = ben.elsewhere(&server.base);
        let second_step = half.types_password().await;

        let page = anna.visits(&page_of(&server, "ben").await).await;
        assert!(page.text().contains("1 open session ends."), "{}", page.text());
        let page = anna.presses(&page, "Disable ben").await;
        assert!(page.text().contains("One open session ends"), "{}", page.text());
        let page = anna.presses(&page, "Disable ben").await;
        assert_eq!(page.notice(), "ben can no longer sign in, and is signed out everywhere.");
        assert_eq!(told(&server, "user.disabled", "anna", Some("ben"), "").await, 1);

        assert_eq!(ben.visits("/account").await.path, "/sign-in?next=%2Faccount");
        server.clock.turn(std::time::Duration::from_secs(60));
        let form = second_step.form("Continue").fill("Code", &half.code());
        half.browser.submit(&second_step, &form).await;
        assert_ne!(half.visits("/account").await.path, "/account");
        let again = ben.elsewhere(&server.base);
        assert!(again.types_password().await.notice().contains("do not match"));

        let page = anna.visits(&page_of(&server, "ben").await).await;
        assert!(page.text().contains("Account disabled"), "the reason of the refusal");
        let page = anna.presses(&page, "Enable ben").await;
        assert_eq!(page.notice(), "ben can sign in again.");
        assert_eq!(told(&server, "user.enabled", "anna", Some("ben"), "").await, 1);
        server.clock.turn(std::time::Duration::from_secs(60));
        assert_eq!(ben.signs_in().await.path, "/account");
    }

    async fn nobody_disables_themselves_or_gives_the_console_up(at: At) {
        let server = Server::start(at).await;
        let anna = at_console(&server).await;
        server.superuser("olga").await;
        let own = page_of(&server, "anna").await;
        let page = anna.visits(&own).await;
        assert!(page.try_form("Disable anna").is_none(), "a button that does nothing");
        for (act, fields, kind) in [
            ("disable", &[][..], "user.disabled"),
            ("superuser", &[("grant", "false")], "user.superuser_withdrawn"),
        ] {
            let answer = anna.browser.post(&format!("{own}/{act}"), fields).await;
            assert_eq!(answer.location(), Some(own.as_str()), "{act}: {}", answer.status);
            let page = anna.browser.follow(answer).await;
            assert!(page.notice().starts_with("You cannot do this to your own account."));
            assert_eq!(told(&server, kind, "anna", Some("anna"), "user.self").await, 1);
            assert_eq!(told(&server, kind, "anna", Some("anna"), "").await, 0);
        }
        let anna = user(&server, "anna").await;
        assert!(anna.is_enabled && anna.is_superuser);
    }

    async fn of_two_superusers_who_turn_on_each_other_one_stays(at: At) {
        for (act, field) in [("disable", ("", "")), ("superuser", ("grant", "false"))] {
            let server = Server::start(at).await;
            let mut pair = Vec::new();
            for name in ["one", "two"] {
                let mut person = server.superuser(name).await;
                person.signs_in().await;
                person.adds_an_app().await;
                let path = format!("{}/{act}", page_of(&server, name).await);
                pair.push((person, path));
            }
            let fields = [field];
            let [(one, at_one), (two, at_two)] = &pair[..] else { panic!("two") };
            let blows = [one.browser.post(at_two, &fields), two.browser.post(at_one, &fields)];
            let answers = futures_util::future::join_all(blows).await;
            assert!(answers.iter().all(|answer| answer.status < 500), "{act}");
            let last = "users WHERE is_superuser AND is_enabled";
            let count = format!("SELECT COUNT(*) FROM {last}");
            assert_eq!(server.database.number(&count), 1, "{act}");

            let last = server.database.text(&format!("SELECT name FROM {last}"));
            let id = user(&server, &last).await.id;
            let administrator = Administrator::at_command_line();
            let refused = match act {
                "disable" => keyward_actions::user::disable(&server.app, &administrator, id).await,
                _ => keyward_actions::user::withdraw_superuser(&server.app, &administrator, id).await,
            };
            let problem = refused.expect_err("the last superuser");
            assert_eq!(problem.code().name, "user.last_superuser");
            let told = "SELECT COUNT(*) FROM events WHERE refusal = 'user.last_superuser'";
            assert!(server.database.number(told) > 0, "{act}");
            assert_eq!(server.database.number(&count), 1, "{act}");
        }
    }

    async fn the_console_is_given_and_taken(at: At) {
        let server = Server::start(at).await;
        let anna = at_console(&server).await;
        let ben = with_app(&server, "ben").await;
        assert_eq!(ben.browser.get("/console").await.status, 403);

        let page = anna.visits(&page_of(&server, "ben").await).await;
        let page = anna.presses(&page, "Make superuser").await;
        assert!(page.text().contains("all 2 accounts"), "{}", page.text());
        assert_eq!(ben.browser.get("/console").await.status, 403);
        let page = anna.presses(&page, "Make superuser").await;
        assert_eq!(page.notice(), "ben is now a superuser.");
        assert_eq!(ben.browser.get("/console").await.status, 200);

        let page = anna.presses(&page, "Withdraw superuser").await;
        assert!(page.text().contains("One superuser is left"), "{}", page.text());
        let page = anna.presses(&page, "Withdraw superuser").await;
        assert_eq!(page.notice(), "ben is no longer a superuser.");
        assert_eq!(ben.browser.get("/console").await.status, 403);
        for kind in ["user.superuser_granted", "user.superuser_withdrawn"] {
            assert_eq!(told(&server, kind, "anna", Some("ben"), "").await, 1, "{kind}");
        }
    }

    async fn a_locked_out_user_is_let_in_again(at: At) {
        let server = Server::with(at, &[("lockout.user_failures", "3")]).await;
        let anna = at_console(&server).await;
        let ben = server.user("ben").await;
        let mut guesser = ben.clone();
        guesser.password = "a wrong guess".to_owned();
        for _ in 0..3 {
            guesser.types_password().await;
        }
        assert!(ben.types_password().await.notice().contains("do not match"), "no lock");

        let page = anna.visits(&page_of(&server, "ben").await).await;
        assert!(page.text().contains("Locked out after too many failed tries."), "{}", page.text());
        for reason in ["Wrong password", "Locked out"] {
            assert!(page.text().contains(reason), "{reason}: {}", page.text());
        }
        let page = anna.presses(&page, "Unlock now").await;
        assert_eq!(page.notice(), "ben can try again at once.");
        assert!(page.try_form("Unlock now").is_none());
        assert_eq!(told(&server, "user.unlocked", "anna", Some("ben"), "").await, 1);
        assert_eq!(ben.types_password().await.path, "/account");
    }

    async fn one_session_is_ended_and_the_others_stay(at: At) {
        let server = Server::start(at).await;
        let anna = at_console(&server).await;
        let ben = with_app(&server, "ben").await;
        server.clock.turn(std::time::Duration::from_secs(60));
        let newer = ben.elsewhere(&server.base);
        newer.signs_in().await;

        let page = anna.visits(&page_of(&server, "ben").await).await;
        let page = anna.presses(&page, "End").await;
        assert_eq!(page.notice(), "A session of ben was ended.");
        assert_eq!(told(&server, "session.ended", "anna", Some("ben"), "").await, 1);
        // The newest stands first.
        assert_eq!(newer.visits("/account").await.path, "/sign-in?next=%2Faccount");
        assert_eq!(ben.visits("/account").await.path, "/account");
        assert_eq!(rows_of(&page).iter().filter(|row| *row == "Unknown browser").count(), 1);
    }

    async fn a_session_that_idleness_ended_is_not_called_open(at: At) {
        let server = Server::with(at, &[("session.idle", "\"1h\"")]).await;
        let anna = at_console(&server).await;
        with_app(&server, "ben").await;
        let page = anna.visits("/console").await;
        assert!(page.text().contains("2 open sessions"), "{}", page.text());
        for _ in 0..2 {
            server.clock.turn(std::time::Duration::from_secs(40 * 60));
            anna.visits("/console").await;
        }
        let page = anna.visits("/console").await;
        assert!(page.text().contains("1 open session"), "{}", page.text());
        let page = anna.visits(&page_of(&server, "ben").await).await;
        assert!(page.text().contains("No session is open."), "{}", page.text());
    }
}

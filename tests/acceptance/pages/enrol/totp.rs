//! Authenticator apps, from the code on the page to the code that was used.

use std::time::Duration;

use keyward_test_support::on_every_database;
use keyward_test_support::person::Person;
use keyward_test_support::server::Server;

async fn with_an_app(server: &Server) -> Person {
    let mut anna = server.user("anna").await;
    anna.signs_in().await;
    let page = anna.adds_an_app().await;
    assert_eq!(page.path, "/account/devices", "{}", page.text());
    server.clock.turn(Duration::from_secs(120));
    anna.elsewhere(&server.base)
}

on_every_database! {
    async fn an_app_counts_only_after_a_code_of_it(at: At) {
        let server = Server::start(at).await;
        let mut anna = server.user("anna").await;
        anna.signs_in().await;
        let page = anna.visits("/account/devices/add/totp").await;
        assert!(page.body.contains("<svg"), "there is no QR code");
        assert!(!page.body.contains("<img"), "the QR code is no inline drawing");
        let form = page.form("Confirm").fill("Code", "000000");
        let answer = anna.browser.submit(&page, &form).await;
        let again = anna.browser.follow(answer).await;
        assert!(again.notice().contains("not right"), "{}", again.text());
        assert_eq!(again.link_to("otpauth:"), page.link_to("otpauth:"), "the scanned code is void");

        let stranger = anna.elsewhere(&server.base);
        assert_eq!(stranger.signs_in().await.path, "/account", "an unconfirmed app is asked for");
        anna.adds_an_app().await;
        let page = stranger.elsewhere(&server.base).types_password().await;
        assert_eq!(page.heading(), "Enter your code");
    }

    async fn the_secret_can_be_typed_in_place_of_the_picture(at: At) {
        let server = Server::start(at).await;
        let anna = server.user("anna").await;
        anna.signs_in().await;
        let page = anna.visits("/account/devices/add/totp").await;
        let address = url::Url::parse(&page.link_to("otpauth:").expect("a link")).expect("an address");
        let secret = address
            .query_pairs()
            .find_map(|(name, value)| (name == "secret").then(|| value.into_owned()))
            .expect("a secret");
        // The script sets its groups of four apart, so that what is copied has no spaces.
        assert!(page.text().contains(&secret), "{}", page.text());
        assert_eq!(page.header("cache-control"), "no-store");
    }

    async fn a_replayed_code_is_refused(at: At) {
        let server = Server::start(at).await;
        let anna = with_an_app(&server).await;
        let code = anna.code();
        let page = anna.types_password().await;
        assert_eq!(anna.types_code(&page, &code).await.path, "/account");
        let thief = anna.elsewhere(&server.base);
        let page = thief.types_password().await;
        let page = thief.types_code(&page, &code).await;
        assert!(page.notice().contains("already used"), "{}", page.text());
    }

    async fn an_older_code_is_refused_after_a_newer_one(at: At) {
        let server = Server::start(at).await;
        let anna = with_an_app(&server).await;
        let older = anna.code();
        server.clock.turn(Duration::from_secs(30));
        assert_eq!(anna.signs_in().await.path, "/account");
        let thief = anna.elsewhere(&server.base);
        let page = thief.types_password().await;
        let page = thief.types_code(&page, &older).await;
        assert_ne!(page.path, "/account", "an older code was taken");
    }

    async fn the_code_that_enrolled_an_app_does_not_sign_in(at: At) {
        let server = Server::start(at).await;
        let mut anna = server.user("anna").await;
        anna.signs_in().await;
        let page = anna.visits("/account/devices/add/totp").await;
        anna.scans(&page);
        let code = anna.code();
        let form = page.form("Confirm").fill("Code", &code);
        assert_eq!(anna.browser.submit(&page, &form).await.location(), Some("/account/devices"));
        let thief = anna.elsewhere(&server.base);
        let page = thief.types_password().await;
        let page = thief.types_code(&page, &code).await;
        assert_ne!(page.path, "/account", "the code of the enrolment was taken again");
    }

    async fn a_code_of_the_neighbouring_steps_is_taken_and_of_further_ones_not(at: At) {
        let server = Server::with(at, &[("totp.sync", "false")]).await;
        let anna = with_an_app(&server).await;
        let app = anna.app.clone().expect("an app");
        for (steps, taken) in [(-2, false), (2, false), (-1, true), (1, true)] {
            server.clock.turn(Duration::from_secs(300));
            let anna = anna.elsewhere(&server.base);
            let page = anna.types_password().await;
            let now = server.app.now().seconds();
            // From the middle of a step, so that the request does not cross into the next one.
            server.clock.turn(Duration::from_secs((45 - now.rem_euclid(30)).unsigned_abs() % 30));
            let now = server.app.now().seconds();
            let code = app.code(keyward_core::clock::Timestamp::from_seconds(now + steps * 30));
            let page = anna.types_code(&page, &code).await;
            assert_eq!(page.path == "/account", taken, "{steps} steps away: {}", page.text());
        }
    }

    async fn a_clock_that_drifts_is_followed(at: At) {
        let server = Server::start(at).await;
        let anna = with_an_app(&server).await;
        let app = anna.app.clone().expect("an app");
        // Each sign-in finds the app's clock one step further behind.
        for steps in 1..=4 {
            server.clock.turn(Duration::from_secs(300));
            let anna = anna.elsewhere(&server.base);
            let page = anna.types_password().await;
            let now = server.app.now().seconds();
            let code = app.code(keyward_core::clock::Timestamp::from_seconds(now - steps * 30));
            let page = anna.types_code(&page, &code).await;
            assert_eq!(page.path, "/account", "{steps} steps behind: {}", page.text());
        }
    }

    async fn eight_digits_are_asked_for_where_the_settings_say_so(at: At) {
        let server = Server::with(at, &[("totp.digits", "8")]).await;
        let anna = with_an_app(&server).await;
        assert_eq!(anna.code().len(), 8);
        assert_eq!(anna.signs_in().await.path, "/account");
    }

    async fn guessing_codes_locks_the_factor_and_a_right_password_does_not_unlock_it(at: At) {
        let settings = [("lockout.user_failures", "4"), ("lockout.address_failures", "1000")];
        let server = Server::with(at, &settings).await;
        let anna = with_an_app(&server).await;
        for _ in 0..4 {
            // A new journey, browser and right password for each guess.
            let thief = anna.elsewhere(&server.base);
            let page = thief.types_password().await;
            let _ = thief.types_code(&page, "000000").await;
        }
        let page = anna.types_password().await;
        let page = anna.types_code(&page, &anna.code()).await;
        assert_ne!(page.path, "/account", "the fifth guess was taken");
        server.clock.turn(Duration::from_secs(3600));
        let anna = anna.elsewhere(&server.base);
        assert_eq!(anna.signs_in().await.path, "/account");
    }

    async fn a_secret_at_rest_is_no_secret_in_the_database(at: At) {
        let server = Server::start(at).await;
        let anna = with_an_app(&server).await;
        let page = anna.signs_in().await;
        assert_eq!(page.path, "/account");
        let secret = anna.app.as_ref().expect("an app").secret().to_vec();
        let dump = server.database.stolen();
        assert!(dump.len() > 1000, "nothing was dumped");
        for form in [
            secret.clone(),
            data_encoding::BASE32_NOPAD.encode(&secret).into_bytes(),
            data_encoding::HEXLOWER.encode(&secret).into_bytes(),
            data_encoding::BASE64.encode(&secret).into_bytes(),
        ] {
            assert!(!dump.windows(form.len()).any(|window| window == form), "the seed lies open");
        }
        let cookie = anna.browser.cookies();
        let value = cookie.split_once('=').expect("a cookie").1.as_bytes();
        assert!(!dump.windows(value.len()).any(|window| window == value), "the session lies open");
    }
}

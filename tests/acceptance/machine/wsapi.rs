//! The validation server as its clients see it, line by line. Expected answers are those of the
//! protocol's description and of the reference server.

use std::time::Duration;

use keyward_actions::validation;
use keyward_core::protocols::yubico::LONGEST_QUESTION;

use keyward_test_support::on_every_database;
use keyward_test_support::server::Server;
use keyward_test_support::soft_yubikey::SoftYubikey;
use keyward_test_support::validation_client::{nonce, query};

const NONCE: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
const TWO: &str = "/wsapi/2.0/verify";
const ONE: &str = "/wsapi/verify";

/// What differs from a good request (an empty value leaves the field out), the status, and whether
/// the client is known by then.
type Case<'a> = (&'a [(&'a str, &'a str)], &'a str, bool);

/// A touch of a key whose letters came through a Dvorak layout.
fn on_dvorak(typed: &str) -> String {
    let place = |letter| "cbdefghijklnrtuv".find(letter).expect("modhex");
    typed
        .chars()
        .map(|letter| "jxe.uidchtnbpygk".as_bytes()[place(letter)] as char)
        .collect()
}

on_every_database! {
    async fn a_good_otp_is_ok_once(at: At) {
        let server = Server::start(at).await;
        let mut key = SoftYubikey::numbered(1);
        server.holds(&key).await;
        let client = server.plain_client().await;
        let otp = key.touch();
        let reply = client.asks_with(&otp, NONCE, &[]).await;
        assert_eq!(reply.names(), ["h", "t", "otp", "nonce", "sl", "status"]);
        assert_eq!((reply.status(), reply.field("sl")), ("OK", "0"));
        assert_eq!((reply.field("otp"), reply.field("nonce")), (otp.as_str(), NONCE));
        assert!(reply.kind.starts_with("text/plain"), "{reply:?}");
        // The same request, the same touch under another nonce, and an older touch.
        let again = client.asks_with(&otp, NONCE, &[]).await;
        assert_eq!(again.names(), ["h", "t", "otp", "nonce", "status"]);
        assert_eq!(again.status(), "REPLAYED_REQUEST");
        let replay = client.asks(&otp).await;
        assert_eq!(replay.names(), ["h", "t", "otp", "nonce", "status"]);
        assert_eq!(replay.status(), "REPLAYED_OTP");
        let older = key.touch();
        assert_eq!(client.asks(&key.touch()).await.status(), "OK");
        assert_eq!(client.asks(&older).await.status(), "REPLAYED_OTP");
        key.plug_in_again();
        assert_eq!(client.asks(&key.touch()).await.status(), "OK");
        assert_eq!(server.events("validation.refused"), 0);
        assert_eq!(server.trail("validation.refused"), ["replayed_request", "replayed_code"]);
    }

    async fn counters_are_told_under_the_signature_to_who_asks_for_them(at: At) {
        let server = Server::start(at).await;
        let mut key = SoftYubikey::numbered(1);
        server.holds(&key).await;
        let client = server.plain_client().await;
        key.touch();
        let reply = client.asks_with(&key.touch(), NONCE, &[("timestamp", "1")]).await;
        let lines = ["h", "t", "otp", "nonce", "sl", "timestamp", "sessioncounter", "sessionuse", "status"];
        assert_eq!(reply.names(), lines);
        assert_eq!((reply.field("sessioncounter"), reply.field("sessionuse")), ("1", "1"));
        let clock: u32 = reply.field("timestamp").parse().expect("a number");
        assert!(clock > 0x00c2_3000 && clock < 0x0100_0000, "{clock}");
        for one in ["01", "1.0", "1e0", " 1 "] {
            let reply = client.asks_with(&key.touch(), &nonce(), &[("timestamp", one)]).await;
            assert_eq!((reply.status(), reply.field("sessioncounter")), ("OK", "1"), "{one}");
        }
        for other in ["0", "2", "10", "1x", "0x1", "true", "yes", ""] {
            let reply = client.asks_with(&key.touch(), &nonce(), &[("timestamp", other)]).await;
            assert_eq!((reply.status(), reply.field("timestamp")), ("OK", ""), "{other}");
        }
    }

    async fn the_time_is_told_in_its_odd_form(at: At) {
        let server = Server::start(at).await;
        let client = server.plain_client().await;
        server.clock.turn(Duration::from_millis(229));
        let reply = client.gets(TWO).await;
        let t = reply.field("t");
        let (moment, fraction) = t.split_once('Z').expect("UTC");
        assert_eq!(moment.len(), "2026-11-22T03:57:15".len(), "{t}");
        assert!(fraction.len() == 4 && fraction.starts_with('0'), "{t}");
        assert!(fraction.bytes().all(|byte| byte.is_ascii_digit()), "{t}");
    }

    async fn capitals_and_other_layouts_are_read_and_answered_in_modhex(at: At) {
        let server = Server::start(at).await;
        let mut key = SoftYubikey::numbered(1);
        server.holds(&key).await;
        let client = server.plain_client().await;
        type Typing = fn(&str) -> String;
        let typings: [Typing; 4] = [
            |otp| otp.to_uppercase(),
            on_dvorak,
            |otp| on_dvorak(otp).to_uppercase(),
            |otp| format!(" {otp}\t"),
        ];
        for typing in typings {
            let otp = key.touch();
            let reply = client.asks_with(&typing(&otp), &nonce(), &[]).await;
            assert_eq!((reply.status(), reply.field("otp")), ("OK", otp.as_str()));
        }
    }

    async fn public_ids_of_other_lengths_are_known_too(at: At) {
        let server = Server::start(at).await;
        let client = server.plain_client().await;
        for public_id in ["v", "vvc", "vvcccc", "vvcccccccccccccc"] {
            let mut key = SoftYubikey::numbered(1);
            key.public_id = public_id.to_owned();
            server.holds(&key).await;
            assert_eq!(client.asks(&key.touch()).await.status(), "OK", "{public_id}");
        }
    }

    /// What a request must be, in the order in which the reference server looks.
    async fn every_mistake_has_its_status(at: At) {
        let server = Server::start(at).await;
        let mut key = SoftYubikey::numbered(1);
        let mut stranger = SoftYubikey::numbered(2);
        server.holds(&key).await;
        let client = server.plain_client().await;
        let otp = key.touch();
        let unknown = stranger.touch();
        let mut forged = SoftYubikey::new(&key.public_id, key.private_id, [7; 16]);
        let mut stolen_name = SoftYubikey::new(&key.public_id, [7; 6], key.secret);
        let (forged, stolen_name) = (forged.touch(), stolen_name.touch());
        let long = "c".repeat(49);
        let (nonce_15, nonce_41) = ("a".repeat(15), "a".repeat(41));
        let with_a_wide_space = format!("\u{2003}{otp}");
        let good = [("id", "1"), ("otp", otp.as_str()), ("nonce", NONCE)];
        let cases: &[Case<'_>] = &[
            (&[("nonce", "")], "MISSING_PARAMETER", false),
            (&[("nonce", "0")], "MISSING_PARAMETER", false),
            (&[("nonce", &nonce_15)], "MISSING_PARAMETER", false),
            (&[("nonce", &nonce_41)], "MISSING_PARAMETER", false),
            (&[("nonce", "aaaaaaaaaaaaaaaa-aaaa")], "MISSING_PARAMETER", false),
            (&[("nonce", "aaaaaaaaaaaaaaaaaaaa\u{e9}")], "MISSING_PARAMETER", false),
            (&[("nonce", "aaaaaaaaaaaaaaaaaaaa\r\nstatus=OK")], "MISSING_PARAMETER", false),
            (&[("nonce", "\u{a0}aaaaaaaaaaaaaaaaaaaa")], "MISSING_PARAMETER", false),
            (&[("id", "1\u{2003}")], "MISSING_PARAMETER", false),
            (&[("otp", &with_a_wide_space)], "BAD_OTP", false),
            (&[("sl", "\u{2003}")], "MISSING_PARAMETER", false),
            (&[("sl", "0")], "MISSING_PARAMETER", false),
            (&[("sl", "-1")], "MISSING_PARAMETER", false),
            (&[("sl", "00")], "MISSING_PARAMETER", false),
            (&[("sl", "0x5")], "MISSING_PARAMETER", false),
            (&[("sl", "slow")], "MISSING_PARAMETER", false),
            (&[("sl", "+5")], "MISSING_PARAMETER", false),
            (&[("sl", "0"), ("otp", "hello")], "MISSING_PARAMETER", false),
            (&[("timeout", "x")], "MISSING_PARAMETER", false),
            (&[("timeout", "-1")], "MISSING_PARAMETER", false),
            (&[("timeout", ".5")], "MISSING_PARAMETER", false),
            (&[("otp", "")], "BAD_OTP", false),
            (&[("otp", " ")], "BAD_OTP", false),
            (&[("otp", ""), ("id", "")], "BAD_OTP", false),
            (&[("otp", ""), ("nonce", "")], "MISSING_PARAMETER", false),
            (&[("otp", "hello")], "BAD_OTP", false),
            (&[("otp", &otp[13..])], "BAD_OTP", false),
            (&[("otp", &long)], "BAD_OTP", false),
            (&[("otp", "cccccccccccccccccccccccccccccccccccccccccca1")], "BAD_OTP", false),
            (&[("otp", "hello"), ("id", "")], "BAD_OTP", false),
            (&[("id", "")], "MISSING_PARAMETER", false),
            (&[("id", "0")], "MISSING_PARAMETER", false),
            (&[("id", "-1")], "MISSING_PARAMETER", false),
            (&[("id", "1x")], "MISSING_PARAMETER", false),
            (&[("id", "1.0")], "MISSING_PARAMETER", false),
            (&[("id", "00")], "MISSING_PARAMETER", false),
            (&[("id", "99999999999999999999")], "MISSING_PARAMETER", false),
            (&[("id", "10000000000")], "MISSING_PARAMETER", false),
            (&[("id", "00000000001")], "MISSING_PARAMETER", false),
            (&[("id", "9999999999")], "NO_SUCH_CLIENT", false),
            (&[("id", "2")], "NO_SUCH_CLIENT", false),
            (&[("id", "9223372036854775807")], "MISSING_PARAMETER", false),
            (&[("h", "AAAAAAAAAAAAAAAAAAAAAAAAAAA=")], "BAD_SIGNATURE", true),
            (&[("h", "nonsense")], "BAD_SIGNATURE", true),
            (&[("h", "nonsense"), ("otp", &unknown)], "BAD_SIGNATURE", true),
            (&[("otp", &unknown)], "BAD_OTP", true),
            (&[("otp", &otp[12..])], "BAD_OTP", true),
            (&[("otp", &otp[12..]), ("h", "nonsense")], "BAD_SIGNATURE", true),
            (&[("otp", &forged)], "BAD_OTP", true),
            (&[("otp", &stolen_name)], "BAD_OTP", true),
        ];
        for (different, status, is_known) in cases {
            let mut fields: Vec<(&str, &str)> = good
                .into_iter()
                .filter(|(name, _)| !different.iter().any(|(other, _)| other == name))
                .collect();
            fields.extend(different.iter().filter(|(_, value)| !value.is_empty()));
            for reply in [
                client.gets(&format!("{TWO}?{}", query(&fields))).await,
                client.posts(TWO, query(&fields)).await,
            ] {
                assert_eq!(reply.code, 200, "{different:?}");
                assert_eq!(reply.status(), *status, "{different:?}");
                assert_eq!(reply.names(), ["h", "t", "status"], "{different:?}");
                let key: &[u8] = if *is_known { &client.key } else { &[] };
                assert!(reply.is_signed_by(key), "{different:?}");
            }
        }
        // None of it has spent the touch.
        assert_eq!(client.asks(&otp).await.status(), "OK");
    }

    async fn what_a_good_request_may_be_like(at: At) {
        let server = Server::start(at).await;
        let mut key = SoftYubikey::numbered(1);
        server.holds(&key).await;
        let client = server.plain_client().await;
        let (nonce_16, nonce_40) = ("Aa0".repeat(5) + "b", "a".repeat(40));
        let more: &[&[(&str, &str)]] = &[
            &[],
            &[("sl", "fast")],
            &[("sl", "SECURE")],
            &[("sl", "1")],
            &[("sl", "050")],
            &[("sl", "100")],
            &[("sl", "101")],
            &[("sl", "12abc")],
            &[("sl", "5x")],
            &[("sl", "99999999999999999999")],
            &[("sl", "\u{b}5\u{0}")],
            &[("timeout", "8")],
            &[("timeout", "0")],
            &[("timeout", "8s")],
            &[("timeout", "1.5")],
            &[("unknown", "value"), ("another", "a=b&c d+\u{e9}%")],
            &[("id", "01")],
        ];
        for more in more {
            // Signed and unsigned, in the address and as a form.
            let otp = key.touch();
            assert_eq!(client.asks_with(&otp, &nonce_16, more).await.status(), "OK", "{more:?}");
            let otp = key.touch();
            let mut fields = vec![("id", "1"), ("otp", otp.as_str()), ("nonce", nonce_40.as_str())];
            fields.extend(*more);
            let reply = client.posts(TWO, query(&fields)).await;
            assert_eq!(reply.status(), "OK", "{more:?}");
            let otp = key.touch();
            fields[1].1 = &otp;
            let reply = client.posts(TWO, client.signed(&fields)).await;
            assert_eq!(reply.status(), "OK", "{more:?}");
            assert!(reply.is_signed_by(&client.key));
        }
        // An empty signature is none.
        let otp = key.touch();
        let fields = [("id", "1"), ("otp", otp.as_str()), ("nonce", NONCE), ("h", "")];
        assert_eq!(client.gets(&format!("{TWO}?{}", query(&fields))).await.status(), "OK");
        // What the address asks counts, whatever the body says.
        let otp = key.touch();
        let fields = [("id", "1"), ("otp", otp.as_str()), ("nonce", NONCE)];
        let address = format!("{TWO}?{}", query(&fields));
        assert_eq!(client.posts(&address, "id=2&otp=x".to_owned()).await.status(), "OK");
    }

    /// As the reference server takes them: nothing is no value, names have one spelling, and of two
    /// the last counts, also where that is empty.
    async fn parameters_that_are_empty_doubled_or_in_capitals(at: At) {
        let server = Server::start(at).await;
        let mut key = SoftYubikey::numbered(1);
        server.holds(&key).await;
        let client = server.plain_client().await;
        let otp = key.touch();
        for (query, status) in [
            ("id=&otp=OTP&nonce=NONCE", "MISSING_PARAMETER"),
            ("id=1&otp=&nonce=NONCE", "BAD_OTP"),
            ("id=1&otp=OTP&nonce=", "MISSING_PARAMETER"),
            ("id&otp&nonce", "MISSING_PARAMETER"),
            ("id=1&OTP=OTP&nonce=NONCE", "BAD_OTP"),
            ("ID=1&otp=OTP&nonce=NONCE", "MISSING_PARAMETER"),
            ("id=1&otp=OTP&Nonce=NONCE", "MISSING_PARAMETER"),
            ("id=1&otp=OTP&otp=&nonce=NONCE", "BAD_OTP"),
            ("id=1&id=&otp=OTP&nonce=NONCE", "MISSING_PARAMETER"),
            ("id=1&id=2&otp=OTP&nonce=NONCE", "NO_SUCH_CLIENT"),
            ("id=1&otp=OTP&nonce=NONCE&nonce=0", "MISSING_PARAMETER"),
            ("id=1&otp=OTP&nonce=NONCE&sl=5&sl=0", "MISSING_PARAMETER"),
            ("id=1&otp=OTP&nonce=NONCE&timeout=8&timeout=x", "MISSING_PARAMETER"),
            ("id=1&otp=OTP&nonce=NONCE&h=&h=nonsense", "BAD_SIGNATURE"),
        ] {
            let query = query.replace("=OTP", &format!("={otp}")).replace("=NONCE", &format!("={NONCE}"));
            for reply in [client.gets(&format!("{TWO}?{query}")).await, client.posts(TWO, query.clone()).await] {
                assert_eq!(reply.status(), status, "{query}");
            }
        }
        for query in [
            "id=1&otp=OTP&nonce=NONCE&sl=&timeout=&timestamp=&h=",
            "id=2&id=1&otp=x&otp=OTP&nonce=0&nonce=NONCE&sl=0&sl=&timeout=x&timeout=&h=nonsense&h=",
        ] {
            let query = query.replace("=OTP", &format!("={}", key.touch())).replace("=NONCE", &format!("={NONCE}"));
            assert_eq!(client.gets(&format!("{TWO}?{query}")).await.status(), "OK", "{query}");
        }
    }

    async fn a_signature_has_one_spelling(at: At) {
        let server = Server::start(at).await;
        let mut key = SoftYubikey::numbered(1);
        server.holds(&key).await;
        let client = server.plain_client().await;
        type Spelling = fn(&str) -> String;
        let wrong: [Spelling; 5] = [
            |h| h.trim_end_matches('=').to_owned(),
            |h| format!("{h}="),
            |h| h.to_ascii_lowercase(),
            |h| format!("{h}\u{a0}"),
            |h| data_encoding::HEXLOWER.encode(&data_encoding::BASE64.decode(h.as_bytes()).expect("base64")),
        ];
        for (number, spell) in wrong.into_iter().enumerate() {
            let otp = key.touch();
            let signed = client.signed(&[("id", "1"), ("otp", &otp), ("nonce", NONCE)]);
            let (rest, h) = signed.rsplit_once("&h=").expect("a signature");
            let h: String = url::form_urlencoded::parse(format!("h={h}").as_bytes())
                .map(|(_, value)| value.into_owned())
                .collect();
            let respelt = query(&[("h", &spell(&h))]);
            let reply = client.gets(&format!("{TWO}?{rest}&{respelt}")).await;
            assert_eq!(reply.status(), "BAD_SIGNATURE", "{number}");
            let around = query(&[("h", &format!(" {h}\n"))]);
            let reply = client.gets(&format!("{TWO}?{rest}&{around}")).await;
            assert_eq!(reply.status(), "OK", "{number}");
        }
    }

    async fn of_two_parameters_of_one_name_the_last_counts_for_the_signature_too(at: At) {
        let server = Server::start(at).await;
        let mut key = SoftYubikey::numbered(1);
        server.holds(&key).await;
        let client = server.plain_client().await;
        let (first, second) = (key.touch(), key.touch());
        let signed = client.signed(&[("id", "1"), ("otp", &second), ("nonce", NONCE)]);
        let reply = client.gets(&format!("{TWO}?otp={first}&{signed}")).await;
        assert_eq!((reply.status(), reply.field("otp")), ("OK", second.as_str()));
        // An OTP that somebody on the way adds behind breaks the signature.
        let third = key.touch();
        let signed = client.signed(&[("id", "1"), ("otp", &third), ("nonce", NONCE)]);
        let reply = client.gets(&format!("{TWO}?{signed}&otp={}", key.touch())).await;
        assert_eq!(reply.status(), "BAD_SIGNATURE");
    }

    async fn no_parameter_can_write_a_line_of_the_answer(at: At) {
        let server = Server::start(at).await;
        let mut key = SoftYubikey::numbered(1);
        server.holds(&key).await;
        let client = server.plain_client().await;
        let otp = key.touch();
        client.asks_with(&otp, NONCE, &[]).await;
        let evil = "%0d%0astatus=OK%0d%0a";
        for parameter in ["id", "otp", "nonce", "h", "timestamp", "sl", "timeout", "x", evil] {
            let others = query(&[("id", "1"), ("otp", &otp), ("nonce", NONCE)]);
            for value in [format!("1{evil}"), format!("{evil}1"), format!("{otp}{evil}"), format!("{NONCE}{evil}")] {
                let reply = client.gets(&format!("{TWO}?{others}&{parameter}={value}")).await;
                assert_eq!(reply.code, 200);
                assert!(reply.names().len() <= 5, "{parameter}={value}: {reply:?}");
                assert_ne!(reply.status(), "OK", "{parameter}={value}");
            }
        }
    }

    async fn version_one_has_its_own_address_and_says_less(at: At) {
        let server = Server::start(at).await;
        let mut key = SoftYubikey::numbered(1);
        server.holds(&key).await;
        let client = server.plain_client().await;
        let otp = key.touch();
        let address = format!("{ONE}?{}", client.signed(&[("id", "1"), ("otp", &otp)]));
        let reply = client.gets(&address).await;
        assert_eq!((reply.status(), reply.names()), ("OK", vec!["h", "t", "status"]));
        assert!(reply.is_signed_by(&client.key));
        // Without a nonce no two requests are the same.
        let reply = client.gets(&address).await;
        assert_eq!((reply.status(), reply.names()), ("REPLAYED_OTP", vec!["h", "t", "status"]));
        let otp = key.touch();
        let fields = [("id", "1"), ("otp", otp.as_str()), ("timestamp", "1"), ("sl", "0")];
        let reply = client.posts(ONE, client.signed(&fields)).await;
        let lines = ["h", "t", "timestamp", "sessioncounter", "sessionuse", "status"];
        assert_eq!((reply.status(), reply.names()), ("OK", lines.to_vec()));
    }

    async fn what_is_too_long_or_no_text_is_answered_all_the_same(at: At) {
        let server = Server::start(at).await;
        let mut key = SoftYubikey::numbered(1);
        server.holds(&key).await;
        let client = server.plain_client().await;
        let otp = key.touch();
        let good = query(&[("id", "1"), ("otp", &otp), ("nonce", NONCE)]);
        let stuffed = format!("{good}&x={}", "x".repeat(LONGEST_QUESTION));
        let many = format!("{good}{}", "&x=1".repeat(200));
        for reply in [
            client.gets(TWO).await,
            client.gets(&format!("{TWO}?{stuffed}")).await,
            client.gets(&format!("{TWO}?{many}")).await,
            client.posts(TWO, String::new()).await,
            client.posts(TWO, stuffed).await,
            client.posts(TWO, "x".repeat(200_000)).await,
            client.posts(TWO, "%".repeat(4000)).await,
            client.posts(TWO, "\u{0}\u{1}".to_owned()).await,
        ] {
            assert_eq!((reply.code, reply.status()), (200, "MISSING_PARAMETER"), "{reply:?}");
        }
        let bytes = format!("{TWO}?id=1&otp={otp}&nonce={NONCE}&x=%ff%fe");
        assert_eq!(client.gets(&bytes).await.status(), "OK");
    }

    async fn other_methods_spend_nothing(at: At) {
        let server = Server::start(at).await;
        let mut key = SoftYubikey::numbered(1);
        server.holds(&key).await;
        let client = server.plain_client().await;
        let otp = key.touch();
        let good = query(&[("id", "1"), ("otp", &otp), ("nonce", NONCE)]);
        for method in ["PUT", "DELETE", "PATCH", "OPTIONS"] {
            let reply = client.does(method, &format!("{TWO}?{good}")).await;
            assert!(matches!(reply.code, 404 | 405), "{method}: {reply:?}");
        }
        let head = client.does("HEAD", &format!("{TWO}?{good}")).await;
        assert_eq!((head.code, head.body.as_str()), (200, ""));
        assert!(head.kind.starts_with("text/plain"));
        assert_eq!(client.asks(&otp).await.status(), "OK");
    }

    async fn a_key_out_of_use_is_answered_as_unknown(at: At) {
        let server = Server::start(at).await;
        let mut key = SoftYubikey::numbered(1);
        server.holds(&key).await;
        let client = server.plain_client().await;
        let id = key.public_id.clone();
        let switch = async |is_active| {
            let administrator = keyward_core::flows::permit::Administrator::at_command_line();
            let public_id = keyward_core::protocols::yubico::PublicId::parse(&id);
            validation::switch_otp_key(&server.app, &administrator, public_id.expect("a public id"), is_active)
                .await
                .expect("a held key");
        };
        switch(false).await;
        let otp = key.touch();
        assert_eq!(client.asks(&otp).await.status(), "BAD_OTP");
        switch(true).await;
        assert_eq!(client.asks(&otp).await.status(), "OK");
    }

    async fn a_database_that_fails_is_a_backend_error_under_the_clients_signature(at: At) {
        let server = Server::start(at).await;
        let mut key = SoftYubikey::numbered(1);
        server.holds(&key).await;
        let client = server.plain_client().await;
        let otp = key.touch();
        // A secret that was moved here from another row does not open.
        server.database.execute("UPDATE otp_keys SET public_id = 'vv'");
        let mut moved = key.clone();
        moved.public_id = "vv".to_owned();
        let reply = client.asks(&moved.touch()).await;
        assert_eq!((reply.status(), reply.names()), ("BACKEND_ERROR", vec!["h", "t", "status"]));
        server.database.execute("ALTER TABLE otp_keys RENAME TO elsewhere");
        let reply = client.gets(&format!("{TWO}?{}", query(&[("id", "1"), ("otp", &otp), ("nonce", NONCE)]))).await;
        assert_eq!((reply.code, reply.status()), (200, "BACKEND_ERROR"));
        server.database.execute("ALTER TABLE elsewhere RENAME TO otp_keys");
        server.database.execute(&format!("UPDATE otp_keys SET public_id = '{}'", key.public_id));
        assert_eq!(client.asks(&otp).await.status(), "OK");
    }
}

//! The database in a thief's hands: what must not stand in it, and what does not open elsewhere.

use std::collections::HashSet;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use actix_web::cookie::{Cookie, CookieJar, Key};
use keyward_actions::App;
use keyward_actions::start::Migrations;
use keyward_actions::{browser_session, validation_service};
use keyward_core::clock::{SystemClock, SystemEntropy};
use keyward_core::domain::validation_service::ValidationServiceSettings;
use keyward_core::flows::permit::Administrator;
use keyward_core::secret::Token;
use keyward_settings::{Environment, Settings};
use secrecy::SecretString;
use sha2::{Digest as _, Sha256};

use keyward_test_support::hostile_validation::{HostileServer, Lie};
use keyward_test_support::log;
use keyward_test_support::on_every_database;
use keyward_test_support::person::{PASSWORD, Person};
use keyward_test_support::server::Server;
use keyward_test_support::soft_authenticator::SoftAuthenticator;
use keyward_test_support::soft_yubikey::SoftYubikey;

/// A password that somebody types into the field of the name.
const MISTYPED: &str = "correct-horse-in-the-wrong-field";
const API_KEY: &[u8] = b"sixteen bytes!!!";

/// A secret in every writing.
fn writings(secret: &[u8]) -> Vec<Vec<u8>> {
    vec![
        secret.to_vec(),
        data_encoding::HEXLOWER.encode(secret).into_bytes(),
        data_encoding::HEXUPPER.encode(secret).into_bytes(),
        data_encoding::BASE32_NOPAD.encode(secret).into_bytes(),
        data_encoding::BASE64_NOPAD.encode(secret).into_bytes(),
        data_encoding::BASE64URL_NOPAD.encode(secret).into_bytes(),
    ]
}

fn holds(dump: &[u8], needle: &[u8]) -> bool {
    // PostgreSQL's dumps write bytes as hex, which `writings` has.
    needle.len() > 7 && dump.windows(needle.len()).any(|window| window == needle)
}

/// The key inside a browser's cookie, which only the master key opens.
fn session_key(server: &Server, browser: &keyward_test_support::client::Client) -> String {
    let key = Key::from(browser_session::cookie_key(&server.app).as_slice());
    let cookies = browser.cookies();
    let name = &server.app.settings().cookies.session;
    let cookie = cookies
        .split("; ")
        .find(|cookie| cookie.starts_with(&format!("{name}=")))
        .expect("a session");
    let cookie = Cookie::parse_encoded(cookie.to_owned()).expect("a cookie");
    let mut jar = CookieJar::new();
    jar.add_original(cookie);
    let opened = jar.private(&key).get(name).expect("our own cookie");
    opened.value().to_owned()
}

/// Every text of the dump that could be a token, by what is kept of it.
fn tokens(dump: &[u8]) -> Vec<[String; 2]> {
    let is_letter = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_".contains(byte);
    let runs = dump
        .split(|byte| !is_letter(byte))
        .filter(|run| run.len() >= 43);
    let windows = runs.flat_map(|run| run.windows(43));
    let texts: HashSet<&[u8]> = windows.collect();
    texts
        .into_iter()
        .filter_map(|text| {
            let token = Token::parse(std::str::from_utf8(text).ok()?)?;
            let of_text = data_encoding::HEXLOWER.encode(&Sha256::digest(text));
            Some([token.hash().as_str().to_owned(), of_text])
        })
        .collect()
}

async fn add_service(server: &Server, name: &str, url: &str, api_key: &[u8]) {
    let settings = ValidationServiceSettings {
        ca: None,
        name: name.to_owned(),
        urls: vec![url.parse().expect("an address")],
        client_id: 7,
        api_key: Some(SecretString::from(data_encoding::BASE64.encode(api_key))),
        sync_level: None,
        timeout: Duration::from_secs(5),
        is_enabled: true,
    };
    validation_service::add(&server.app, &Administrator::at_command_line(), settings)
        .await
        .expect("a service");
}

async fn with_an_app(server: &Server, name: &str) -> Person {
    let mut person = server.user(name).await;
    person.signs_in().await;
    person.adds_an_app().await;
    server.clock.turn(Duration::from_secs(60));
    person
}

/// Opens the server's database anew, under the key of this file.
async fn opens_under(server: &Server, key: &Path) -> Result<(), String> {
    let file = server.folder().join("copy.toml");
    let settings = format!(
        "database.url = \"{}\"\nsecrets.master_key_file = \"{}\"",
        server.database.url(),
        key.display()
    );
    fs::write(&file, settings).expect("the folder is ours");
    let settings = Settings::load(Some(&file), Environment::empty()).expect("good settings");
    let (clock, entropy) = (Arc::new(SystemClock), Arc::new(SystemEntropy));
    match App::open(settings, Migrations::ApplyToNew, clock, entropy).await {
        Ok(_) => Ok(()),
        Err(problem) => Err(problem.code().name.to_owned()),
    }
}

on_every_database! {
    async fn nothing_that_opens_anything_stands_in_the_database_or_the_log(at: At) {
        let service = HostileServer::start(Lie::Truth);
        let server = Server::start(at).await;
        let link = server.setup_link().await;
        add_service(&server, "one", &service.url(), b"a key of 20 bytes ok").await;
        add_service(&server, "two", "http://127.0.0.1:1/", API_KEY).await;
        let mut needles: Vec<Vec<u8>> = Vec::new();
        let mut touch = SoftYubikey::numbered(1);

        // Anna is inside, with everything; a second browser of hers waits for the second factor.
        let anna = with_an_app(&server, "anna").await;
        let mut key = SoftAuthenticator::passkey();
        anna.registers("passkey", &mut key).await;
        let (enrolled, used) = (touch.touch(), touch.touch());
        anna.adds_a_yubikey(&enrolled).await;
        let waiting = anna.elsewhere(&server.base);
        waiting.types_password().await;
        waiting.asks_to_authenticate().await;
        let inside = anna.elsewhere(&server.base);
        inside.types_password().await;
        let page = inside.visits("/sign-in?method=yubikey").await;
        assert_eq!(inside.touches(&page, &used).await.path, "/account");
        let code = anna.code();
        // Ben is about to enrol an app and a passkey, and somebody mistyped.
        let mut ben = server.user("ben").await;
        ben.signs_in().await;
        let page = ben.visits("/account/devices/add/totp").await;
        ben.scans(&page);
        ben.asks_to_register("passkey").await;
        let mistaken = server.stranger(MISTYPED);
        mistaken.types_password().await;

        for person in [&anna, &ben] {
            needles.extend(writings(person.app.as_ref().expect("an app").secret()));
        }
        for secret in [API_KEY, b"a key of 20 bytes ok", PASSWORD.as_bytes(), MISTYPED.as_bytes()] {
            needles.extend(writings(secret));
        }
        let challenge = waiting.asks_to_authenticate().await.json()["challenge"].clone();
        needles.push(challenge.as_str().expect("a challenge").as_bytes().to_vec());
        for browser in [&anna.browser, &waiting.browser, &inside.browser, &ben.browser] {
            needles.push(session_key(&server, browser).into_bytes());
        }
        let setup_token = link.rsplit('=').next().expect("a token");
        needles.push(setup_token.as_bytes().to_vec());
        let key = fs::read_to_string(server.folder().join("master.key")).expect("a key");
        assert_eq!(key.trim().len(), 43);
        needles.push(key.trim().as_bytes().to_vec());
        needles.extend([enrolled.into_bytes(), used.into_bytes()]);

        let dump = server.database.stolen();
        assert!(holds(&dump, b"sign_in.completed"), "nothing was dumped");
        let logged = log::all();
        for needle in &needles {
            let shown = String::from_utf8_lossy(needle);
            assert!(!holds(&dump, needle), "{shown} lies open in the database");
            assert!(!holds(&logged, needle), "{shown} lies open in the log");
        }
        assert!(!holds(&logged, format!("code={code}").as_bytes()));

        let kept = [
            "SELECT id AS line FROM journeys", "SELECT identifier_hash AS line FROM sessions",
            "SELECT key_hash AS line FROM browser_sessions", "SELECT token_hash AS line FROM setup_links",
        ];
        let kept: HashSet<String> = kept.iter().flat_map(|query| server.database.lines(query)).collect();
        assert!(kept.len() >= 10, "{kept:?}");
        for hashes in tokens(&dump) {
            assert!(hashes.iter().all(|hash| !kept.contains(hash)), "a token lies open");
        }
    }

    async fn a_seed_moved_to_another_device_opens_nothing(at: At) {
        let server = Server::start(at).await;
        let (anna, ben) = (with_an_app(&server, "anna").await, with_an_app(&server, "ben").await);
        // Ben writes his own seed into anna's row, to sign in as her with his app.
        let [annas, bens] = [&anna, &ben].map(|person| {
            let query = format!(
                "SELECT devices.id AS line FROM devices JOIN users ON users.id = user_id \
                 WHERE users.name = '{}'", person.name
            );
            server.database.lines(&query)[0].clone()
        });
        server.database.execute(&format!(
            "UPDATE totp_secrets SET secret = (SELECT secret FROM totp_secrets WHERE device_id = '{bens}') \
             WHERE device_id = '{annas}'"
        ));
        let thief = anna.elsewhere(&server.base);
        let page = thief.types_password().await;
        let page = thief.types_code(&page, &ben.code()).await;
        assert_eq!(page.status, 500, "{}", page.text());
        assert!(!thief.is_in().await, "a moved seed signed somebody in");
        assert!(!page.body.contains("totp_secrets"), "{}", page.text());
        let said = log::lines_with(&annas);
        assert!(said.iter().any(|line| line.contains("master_key.wrong")), "{said:?}");
        assert_eq!(ben.elsewhere(&server.base).signs_in().await.path, "/account");
    }

    async fn an_api_key_moved_to_another_service_opens_nothing(at: At) {
        let service = HostileServer::start(Lie::Truth);
        let server = Server::start(at).await;
        add_service(&server, "one", &service.url(), b"a key of 20 bytes ok").await;
        add_service(&server, "two", "http://127.0.0.1:1/", API_KEY).await;
        server.database.execute(
            "UPDATE validation_services SET api_key = \
             (SELECT api_key FROM validation_services WHERE name = 'one') WHERE name = 'two'",
        );
        server.database.execute("UPDATE validation_services SET is_enabled = FALSE WHERE name = 'one'");
        let anna = server.user("anna").await;
        anna.signs_in().await;
        let page = anna.adds_a_yubikey(&SoftYubikey::numbered(1).touch()).await;
        assert!(page.text().contains("cannot be checked"), "{}", page.text());
        assert!(service.questions().is_empty(), "a service was asked with a moved key");
        assert!(anna.devices().await.is_empty());
    }

    async fn a_session_or_a_journey_moved_to_another_row_opens_nothing(at: At) {
        let server = Server::start(at).await;
        let (anna, ben) = (with_an_app(&server, "anna").await, with_an_app(&server, "ben").await);
        let [for_anna, for_ben] = [&anna, &ben].map(|person| person.elsewhere(&server.base));
        for_anna.types_password().await;
        for_ben.types_password().await;
        // Whoever may write to the database gives ben's journey to anna's browser.
        server.database.execute(
            "UPDATE journeys SET stage = \
             (SELECT stage FROM journeys JOIN users ON users.id = user_id WHERE name = 'ben') \
             WHERE user_id = (SELECT id FROM users WHERE name = 'anna')",
        );
        assert_eq!(for_anna.browser.get("/sign-in").await.status, 500);
        for code in [anna.code(), ben.code()] {
            let fields = [("turn", "0"), ("code", code.as_str())];
            assert_eq!(for_anna.browser.post("/sign-in/totp", &fields).await.status, 500);
        }
        assert!(!for_anna.is_in().await);
        let page = for_ben.visits("/sign-in").await;
        assert_eq!(for_ben.types_code(&page, &ben.code()).await.path, "/account");
        assert!(anna.is_in().await && ben.is_in().await);
        let key_hash = |person: &Person| {
            let key = session_key(&server, &person.browser);
            data_encoding::HEXLOWER.encode(&Sha256::digest(key.as_bytes()))
        };
        server.database.execute(&format!(
            "UPDATE browser_sessions SET state = \
             (SELECT state FROM browser_sessions WHERE key_hash = '{}') WHERE key_hash = '{}'",
            key_hash(&anna), key_hash(&ben)
        ));
        assert_ne!(ben.browser.get("/account").await.status, 200, "anna's session opened for ben");
        assert!(anna.is_in().await);
    }

    async fn a_copied_database_does_not_open_under_another_key_or_none(at: At) {
        let server = Server::start(at).await;
        let folder = server.folder();
        let other = folder.join("other.key");
        let text = keyward_core::secret::MasterKey::generate(&SystemEntropy).expose();
        fs::write(&other, text.as_str()).expect("the folder is ours");
        fs::set_permissions(&other, Permissions::from_mode(0o600)).expect("it is ours");
        assert_eq!(opens_under(&server, &other).await, Err("master_key.wrong".to_owned()));
        let none = folder.join("none.key");
        assert_eq!(opens_under(&server, &none).await, Err("master_key.missing".to_owned()));
        assert!(!none.exists(), "a new key was made for an old database");
        fs::write(&other, "nonsense").expect("the folder is ours");
        assert_eq!(opens_under(&server, &other).await, Err("master_key.wrong".to_owned()));
        assert_eq!(opens_under(&server, &folder.join("master.key")).await, Ok(()));
    }

    async fn the_master_key_is_its_owners_alone(at: At) {
        let server = Server::start(at).await;
        let key = fs::metadata(server.folder().join("master.key")).expect("it is there");
        assert_eq!(key.permissions().mode() & 0o777, 0o600);
    }
}

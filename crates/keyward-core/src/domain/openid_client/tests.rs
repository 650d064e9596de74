//! What clients may be, and where browsers may be led.

use super::*;
use std::time::Duration;

use crate::clock::{SystemEntropy, Timestamp};
use crate::domain::application::{Requirement, Who};

fn uri(text: &str) -> RedirectUri {
    RedirectUri::parse(text).unwrap_or_else(|problem| panic!("{text}: {problem}"))
}

fn settings() -> ClientSettings {
    let id = ClientId::parse("wiki").expect("an id");
    ClientSettings {
        redirect_uris: vec![uri("https://wiki.example.org/callback")],
        ..ClientSettings::usual(id, "Wiki")
    }
}

#[test]
fn addresses_that_lead_back_are_taken() {
    for text in [
        "https://app.example.org/callback",
        "https://app.example.org",
        "https://app.example.org/",
        "https://app.example.org:8443/a/b?x=1&y=%2F",
        "https://xn--bcher-kva.example/cb",
        "https://10.0.0.1/cb",
        "http://localhost:3000/cb",
        "http://127.0.0.1/cb",
        "http://127.0.0.1:5000/cb?x=1",
        "http://[::1]/cb",
        "org.example.app:/callback",
        "org.example.app://callback",
    ] {
        uri(text);
    }
}

#[test]
fn attack_addresses_that_lead_elsewhere_than_they_read() {
    for text in [
        "",
        "/callback",
        "app.example.org/callback",
        "//app.example.org/callback",
        "http://app.example.org/callback",
        "http://127.0.0.2/cb",
        "http://127.1/cb",
        "http://2130706433/cb",
        "http://0x7f.0.0.1/cb",
        "http://localhost.example.org/cb",
        "https://app.example.org/callback#fragment",
        "https://app.example.org/callback#",
        "https://anna@app.example.org/",
        "https://@app.example.org/",
        "https://anna:secret@app.example.org/",
        "https://app.example.org@example.net/",
        "https://*.example.org/callback",
        "https://app.example.org/*",
        "https://app.example.org/a/../callback",
        "https://app.example.org/./callback",
        "https://app.example.org/a/%2e%2e/callback",
        "https://app.example.org/a/.%2E/callback",
        "https://app.example.org/a\\..\\callback",
        "https://app.example.org\\@example.net/",
        "https://app.example.org/ callback",
        "https://app.example.org/callback\n",
        " https://app.example.org/callback",
        "https://app.example.org/\u{fc}",
        "https://b\u{fc}cher.example/cb",
        "HTTPS://app.example.org/cb",
        "https://App.example.org/cb",
        "https://app.example.org:443/cb",
        "https:app.example.org/cb",
        "https:///app.example.org/cb",
        "javascript:alert(1)",
        "data:text/html,x",
        "file:///etc/passwd",
        "vbscript:x",
        "about:blank",
        "myapp:/callback",
        "org.example.app:callback",
        "https://",
        "urn:ietf:wg:oauth:2.0:oob",
    ] {
        assert!(RedirectUri::parse(text).is_err(), "{text} was taken");
    }
    assert!(RedirectUri::parse(&format!("https://app.example.org/{}", "a".repeat(2048))).is_err());
}

#[test]
fn an_address_means_itself_alone() {
    let registered = uri("https://app.example.org/callback");
    assert!(registered.matches("https://app.example.org/callback"));
    for asked in [
        "https://app.example.org/callback/",
        "https://app.example.org/callback?x=1",
        "https://app.example.org/callback#x",
        "https://app.example.org/Callback",
        "https://app.example.org/callbac",
        "https://app.example.org/callback/../evil",
        "https://app.example.org:443/callback",
        "https://APP.example.org/callback",
        "https://app.example.org.example.net/callback",
        "https://app.example.org@example.net/callback",
        "http://app.example.org/callback",
        "",
    ] {
        assert!(!registered.matches(asked), "{asked} was taken");
    }
    let bare = uri("https://app.example.org");
    assert!(bare.matches("https://app.example.org") && !bare.matches("https://app.example.org/"));
}

#[test]
fn at_the_browsers_own_machine_the_port_alone_may_differ() {
    for (registered, taken) in [
        (
            "http://127.0.0.1/cb",
            vec![
                "http://127.0.0.1/cb",
                "http://127.0.0.1:1/cb",
                "http://127.0.0.1:65535/cb",
            ],
        ),
        (
            "http://127.0.0.1:5000/cb",
            vec!["http://127.0.0.1:6000/cb", "http://127.0.0.1/cb"],
        ),
        ("http://[::1]/cb?x=1", vec!["http://[::1]:8080/cb?x=1"]),
        ("http://127.0.0.1", vec!["http://127.0.0.1:8080"]),
    ] {
        for asked in taken {
            assert!(
                uri(registered).matches(asked),
                "{registered} did not take {asked}"
            );
        }
    }
    for (registered, asked) in [
        ("http://127.0.0.1/cb", "http://127.0.0.1:8080/other"),
        ("http://127.0.0.1/cb", "http://127.0.0.1:8080/cb?x"),
        ("http://127.0.0.1/cb", "http://127.0.0.1:0/cb"),
        ("http://127.0.0.1/cb", "http://127.0.0.1:65536/cb"),
        ("http://127.0.0.1/cb", "http://127.0.0.1:/cb"),
        ("http://127.0.0.1/cb", "http://127.0.0.1:80@example.net/cb"),
        ("http://127.0.0.1/cb", "http://127.0.0.1:+80/cb"),
        ("http://127.0.0.1/cb", "http://127.0.0.1.example.net/cb"),
        ("http://127.0.0.1/cb", "http://127.0.0.1@example.net/cb"),
        ("http://127.0.0.1/cb", "https://127.0.0.1:8080/cb"),
        ("http://127.0.0.1/cb", "http://[::1]:8080/cb"),
        ("http://localhost:3000/cb", "http://localhost:3001/cb"),
        ("https://127.0.0.1/cb", "https://127.0.0.1:8443/cb"),
        ("https://10.0.0.1/cb", "https://10.0.0.1:8443/cb"),
    ] {
        assert!(!uri(registered).matches(asked), "{registered} took {asked}");
    }
}

#[test]
fn a_client_id_needs_no_escapes() {
    for text in ["wiki", "a", "A.b_c~d-9", &"x".repeat(64)] {
        assert!(ClientId::parse(text).is_ok(), "{text}");
    }
    for text in [
        "",
        "a b",
        "a:b",
        "a/b",
        "\u{fc}",
        "a%20",
        "a\n",
        &"x".repeat(65),
    ] {
        assert!(ClientId::parse(text).is_err(), "{text}");
    }
    let made = ClientId::generate(&SystemEntropy);
    assert_eq!(ClientId::parse(made.as_str()).expect("reads"), made);
}

#[test]
fn what_contradicts_itself_is_no_client() {
    let good = settings();
    assert!(good.clone().checked().is_ok());
    let own = Scope::parse("payroll:read").expect("a scope");
    let with = |change: fn(&mut ClientSettings)| {
        let mut changed = settings();
        change(&mut changed);
        changed.checked()
    };
    let mut machine = settings();
    machine.redirect_uris.clear();
    machine.grants = [GrantType::ClientCredentials].into();
    machine.scopes = [own.clone()].into();
    assert!(machine.clone().checked().is_ok());
    machine.authentication = ClientAuthentication::None;
    assert!(machine.checked().is_err());
    let mut both = settings();
    both.scopes.insert(own);
    assert!(both.clone().checked().is_err());
    both.grants.insert(GrantType::ClientCredentials);
    assert!(both.checked().is_ok());
    let changes: [fn(&mut ClientSettings); 10] = [
        |s| s.name = " ".to_owned(),
        |s| s.contact = "a\nb".to_owned(),
        |s| s.grants.clear(),
        |s| s.grants = [GrantType::RefreshToken].into(),
        |s| s.redirect_uris.clear(),
        |s| s.scopes.clear(),
        |s| s.who = Who::Bypass,
        |s| {
            s.redirect_uris
                .push(RedirectUri::from_stored("org.example.app:/cb"))
        },
        |s| s.logo_uri = "http://wiki.example.org/logo.png".parse().ok(),
        |s| s.logo_uri = "https://a;script-src.example.org/logo.png".parse().ok(),
    ];
    for (number, change) in (0..).zip(changes) {
        assert!(with(change).is_err(), "change {number} was taken");
    }
    let mut offline = settings();
    offline
        .scopes
        .insert(Scope::from_stored(Scope::OFFLINE_ACCESS));
    assert!(offline.clone().checked().is_ok());
    offline.grants.remove(&GrantType::RefreshToken);
    assert!(offline.checked().is_err());
}

#[test]
fn codes_of_a_public_client_are_always_bound_to_whoever_asked() {
    let mut public = settings();
    public.authentication = ClientAuthentication::None;
    public.requires_pkce = false;
    assert!(public.checked().expect("a client").requires_pkce);
    let mut confidential = settings();
    confidential.requires_pkce = false;
    assert!(!confidential.checked().expect("a client").requires_pkce);
}

#[test]
fn a_sector_is_the_one_host_of_all_addresses() {
    let mut pairwise = settings();
    pairwise.subject = SubjectType::Pairwise;
    pairwise
        .redirect_uris
        .push(uri("https://wiki.example.org:8443/other"));
    let pairwise = pairwise.checked().expect("a client");
    assert_eq!(pairwise.sector().as_deref(), Some("wiki.example.org"));
    let mut torn = pairwise;
    torn.redirect_uris.push(uri("https://app.example.org/cb"));
    assert!(torn.checked().is_err());
}

#[test]
fn keys_are_a_set_or_an_address_and_never_private_ones() {
    let keys = ClientKeys::parse(" https://wiki.example.org/jwks ").expect("an address");
    assert!(matches!(&keys, ClientKeys::At(url) if url.path() == "/jwks"));
    let way =
        ClientAuthentication::parse("private_key_jwt", Some(keys.clone()), None).expect("a way");
    assert_eq!(way.keys(), Some(&keys));
    assert!(ClientAuthentication::parse("private_key_jwt", None, None).is_err());
    assert!(ClientAuthentication::parse("none", Some(keys), None).is_err());
    assert!(ClientAuthentication::parse("client_secret_jwt", None, None).is_err());
    for text in [
        "",
        "{",
        "https://anna@wiki.example.org/",
        "ftp://x",
        r#"{"kty":"EC","d":"x"}"#,
    ] {
        assert!(ClientKeys::parse(text).is_err(), "{text}");
    }
    for name in ["none", "client_secret_basic", "client_secret_post"] {
        assert_eq!(
            ClientAuthentication::parse(name, None, None)
                .expect("a way")
                .as_str(),
            name
        );
    }
}

#[test]
fn words_are_read_as_they_are_written() {
    for grant in GrantType::ALL {
        assert_eq!(GrantType::parse(grant.as_str()), Some(grant));
        assert_eq!(GrantType::parse(grant.registered()), Some(grant));
    }
    assert_eq!(GrantType::parse("password"), None);
    assert_eq!(GrantType::parse("implicit"), None);
    for text in ["", "a b", "a\"b", "a\\b", "\u{fc}", &"x".repeat(129)] {
        assert!(Scope::parse(text).is_err(), "{text}");
    }
    let requires = Requirement::default();
    assert_eq!(settings().requires, requires);
}

#[test]
fn a_secret_is_taken_while_it_works_and_nothing_else_is() {
    let now = Timestamp::from_seconds(1_795_000_000);
    let [old, new] = [(); 2].map(|()| ClientSecret::generate(&SystemEntropy));
    let stored = |secret: &ClientSecret, expires_at| StoredClientSecret {
        hash: secret.hash(),
        created_at: now,
        expires_at,
    };
    let later = now + Duration::from_secs(60);
    let registered = RegisteredClient {
        client: OpenidClient {
            id: OpenidClientId::nil(),
            settings: settings(),
            version: 0,
            created_at: now,
        },
        secrets: vec![stored(&new, None), stored(&old, Some(later))],
    };
    assert!(registered.has_secret(new.expose(), now) && registered.has_secret(old.expose(), now));
    assert!(
        registered.has_secret(new.expose(), later) && !registered.has_secret(old.expose(), later)
    );
    for shown in [
        "",
        "kwc_",
        &new.expose()[1..],
        new.hash().as_str(),
        &format!("{} ", new.expose()),
    ] {
        assert!(!registered.has_secret(shown, now), "{shown}");
    }
    assert_eq!(format!("{new:?}"), "ClientSecret(..)");
    assert!(ClientSecret::parse(new.expose()).is_ok());
    for text in [
        "short",
        &"a b".repeat(20),
        &"\u{fc}".repeat(40),
        &"x".repeat(257),
    ] {
        assert!(ClientSecret::parse(text).is_err(), "{text}");
    }
}

//! One crate, one door: replacing a dependency opens one folder.

use std::collections::BTreeSet;

use super::rings::list;
use super::source;

/// What may be named where: a path, and the modules that are its door.
const DOORS: &[(&str, &[&str])] = &[
    ("actix_http", &["web"]),
    ("actix_server", &["web"]),
    ("actix_service", &["web"]),
    ("actix_session", &["web"]),
    ("actix_tls", &["web"]),
    ("actix_web", &["web"]),
    ("argon2", &["factors"]),
    ("bcrypt", &["factors"]),
    ("cbc::", &["protocols"]),
    ("chacha20poly1305", &["secret"]),
    ("clap", &["cli", "main"]),
    ("csv::Reader", &["import"]),
    ("curve25519_dalek", &["factors", "domain"]),
    ("diesel", &["store"]),
    ("diesel_migrations", &["store"]),
    ("figment", &["settings"]),
    ("flate2", &["views"]),
    ("fluent_bundle", &["views"]),
    ("hkdf", &["secret"]),
    ("icu_normalizer", &["domain"]),
    ("icu_properties", &["domain"]),
    ("idna::", &["domain"]),
    ("jiff::", &["domain"]),
    ("lettre", &["gateways"]),
    ("indicatif", &["cli"]),
    ("libsqlite3_sys", &["store"]),
    ("minijinja", &["views"]),
    ("p256", &["factors", "domain", "protocols"]),
    ("p384", &["factors", "domain"]),
    ("p521", &["factors"]),
    ("phonenumber::", &["domain"]),
    ("prometheus_client", &["actions"]),
    ("qrcode", &["views"]),
    // `ring` lets nobody else give it what blinds a signature.
    ("rand::", &["clock", "protocols/jose/signing_key"]),
    ("reqwest", &["gateways"]),
    ("ring::hmac", &["protocols"]),
    ("ring::signature", &["factors", "protocols"]),
    ("ring::pbkdf2", &["factors", "protocols"]),
    ("roxmltree", &["protocols"]),
    ("rsa::", &["protocols"]),
    ("scrypt::", &["factors"]),
    ("serde_saphyr", &["apply"]),
    ("std::env", &["settings"]),
    ("encoding_rs_io", &["import"]),
    ("env::var", &["settings"]),
    ("tokio_rustls", &["gateways"]),
    ("toml::", &["apply"]),
    ("totp_rs", &["factors"]),
    ("tracing_actix_web", &["web"]),
    ("tracing_subscriber", &["cli"]),
    ("rust_embed", &["views"]),
    // Connections that come in, and those that go out.
    ("rustls::", &["web", "gateways"]),
    ("rustix::", &["web"]),
    ("rustls_pki_types", &["protocols"]),
    ("unic_langid", &["views"]),
    ("utoipa", &["web", "rows"]),
    ("webauthn_rs_core", &["factors"]),
    ("webpki::", &["protocols"]),
    ("webpki_roots", &["protocols"]),
    ("zxcvbn", &["domain"]),
    // Certificates of authenticators, and of servers that we ask.
    ("x509_parser", &["factors", "gateways"]),
    // Time and chance come as parameters; only a span is measured elsewhere.
    ("SystemTime", &["clock"]),
];

#[test]
fn every_crate_has_one_door() {
    let mut wrong = BTreeSet::new();
    for file in source::all() {
        for (name, doors) in DOORS {
            if doors.iter().any(|door| stands_in(&file.path, door)) {
                continue;
            }
            for at in file.find(name) {
                wrong.insert(format!(
                    "{}: `{name}` belongs into {}",
                    file.place(at),
                    doors.join(" or ")
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", list(&wrong));
}

/// Whether a file is the module `door` or lies in its folder.
fn stands_in(path: &str, door: &str) -> bool {
    path.strip_prefix(door)
        .is_some_and(|rest| rest == ".rs" || rest.starts_with('/'))
}

#[test]
fn a_door_is_a_file_or_a_folder_and_no_prefix() {
    assert!(stands_in("store/user.rs", "store"));
    assert!(stands_in("secret.rs", "secret"));
    assert!(!stands_in("storefront/user.rs", "store"));
    assert!(!stands_in("web/store/user.rs", "store"));
}

//! Good and bad settings, and what is said of the bad ones.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use secrecy::ExposeSecret;

use super::*;
use keyward_core::problem::codes;

fn load(file: &str, environment: &[(&str, &str)]) -> Result<Settings> {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("keyward.toml");
    fs::write(&path, file).expect("a file");
    let environment = environment
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    Settings::load(Some(&path), Environment::of(environment))
}

fn refusal(file: &str, environment: &[(&str, &str)]) -> String {
    let problem = load(file, environment).expect_err("a refusal");
    assert_eq!(problem.code(), codes::SETTINGS_INVALID);
    let said = problem.to_string();
    assert!(!said.contains('\n'), "{said}");
    said
}

#[test]
fn without_settings_the_defaults_hold() {
    let settings = load("", &[]).expect("settings");
    assert_eq!(settings.server.listen.to_string(), "127.0.0.1:8080");
    assert_eq!(settings.server.origin(), "http://localhost:8080");
    assert!(!settings.server.is_https());
    assert_eq!(settings.relying_party.id, "localhost");
    assert_eq!(
        settings.session.sign_in_timeout.map(|t| t.as_secs()),
        Some(600)
    );
    assert_eq!(settings.lockout.user_failures, 10);
    assert_eq!(
        settings.audit.retention.map(|kept| kept.as_secs() / 86_400),
        Some(730)
    );
    assert!(settings.validation_services.is_empty());
}

#[test]
fn a_database_address_that_cannot_be_read_is_refused_before_anybody_quotes_its_password() {
    for url in [
        "postgres://keyward:Se%cret@db.example.org/keyward",
        "postgres://keyward:Secret%@db.example.org/keyward",
        "postgres://keyward:Secret%00@db.example.org/keyward",
        "postgres://keyward:Sec@ret@db.example.org/keyward",
        "postgres://keyward:Sec/ret@db.example.org/keyward",
        "postgres://keyward:1/Secret@db.example.org/keyward",
        "postgres://keyward@db.example.org/keyward?password=Secret%",
        "postgres://keyward@db.example.org/keyward?Secret",
        "postgres://keyward@db.example.org:Secret/keyward",
        "postgresql://keyward@a,b:0/keyward",
        "postgres://keyward@[::1]5432/keyward",
    ] {
        let said = refusal(&format!("[database]\nurl = \"{url}\""), &[]);
        assert!(said.contains("database.url"), "{url}: {said}");
        assert!(!said.contains("cret"), "{url}: {said}");
    }
    for url in [
        "postgres://keyward:Se%25c:r?et@db.example.org/keyward?sslmode=verify-full",
        "postgresql://keyward@a:5432,b:,[::1]:5433,[::1]/keyward?target_session_attrs=read-write",
        "postgres:///keyward?host=/run/postgresql&user=a@b",
        "postgres://%2Frun%2Fpostgresql/keyward",
        "postgres://db.example.org",
        "sqlite://100%/@home.db",
    ] {
        let settings = load(&format!("[database]\nurl = \"{url}\""), &[]);
        let settings = settings.unwrap_or_else(|problem| panic!("{url}: {problem}"));
        assert_eq!(settings.database.url.expose_secret(), url);
    }
}

#[test]
fn bad_settings_are_refused_with_file_key_reason_and_nearest_key() {
    let cases: &[(&str, &[&str])] = &[
        (
            "[server]\nlisen = \"x\"",
            &[
                "keyward.toml",
                "server.lisen",
                "nearest one is server.listen",
            ],
        ),
        (
            "[sevrer]\nlisten = \"x\"",
            &["sevrer.listen", "nearest one is server.listen"],
        ),
        (
            "listen = \"127.0.0.1:1\"",
            &["listen is not a setting", "server.listen"],
        ),
        ("server = 5", &["server is a section"]),
        (
            "[session.idle]\nminutes = 5",
            &["session.idle must be a duration"],
        ),
        ("[totp]\nstep.x = 1", &["totp.step must be a whole number"]),
        (
            "[server]\nlisten = \"localhost\"",
            &["server.listen", "127.0.0.1:8080"],
        ),
        ("[server]\nlisten = 8080", &["server.listen must be text"]),
        (
            "[server]\npublic_url = \"http://login.example.com\"",
            &["public_url", "https://"],
        ),
        (
            "[server]\npublic_url = \"https://192.0.2.1\"",
            &["public_url", "name its host"],
        ),
        (
            "[server]\npublic_url = \"http://127.0.0.1:8080\"",
            &["public_url", "http://localhost"],
        ),
        (
            "[server]\npublic_url = \"https://[::1]\"",
            &["public_url", "name its host"],
        ),
        (
            "[server]\npublic_url = \"https://a.example/b\"",
            &["public_url", "without a path"],
        ),
        (
            "[server]\npublic_url = \"https://u:p@a.example\"",
            &["public_url", "a user"],
        ),
        (
            "[server]\npublic_url = \"ftp://a.example\"",
            &["public_url", "https://"],
        ),
        (
            "[server]\npublic_url = \"a.example\"",
            &["public_url", "not an address"],
        ),
        (
            "[server]\ntrusted_proxies = -1",
            &["trusted_proxies", "between 0 and 16"],
        ),
        (
            "[server]\ntrusted_proxies = \"1\"",
            &["trusted_proxies", "whole number"],
        ),
        ("[server]\nworkers = 0", &["workers", "between 1"]),
        (
            "[server.tls]\nclient_ca = \"a\"",
            &["server.tls.client_ca", "needs server.tls.certificate"],
        ),
        (
            "[server]\ntrusted_proxies = 1\n[server.tls]\ncertificate = \"a\"\nkey = \"b\"\nclient_ca = \"c\"",
            &["server.tls.client_ca", "trusted_proxies"],
        ),
        (
            "[server.tls]\ncertificate = \"a\"",
            &["server.tls.certificate", "needs server.tls.key"],
        ),
        (
            "[server]\ntls.key = \"a\"",
            &["server.tls.key", "needs server.tls.certificate"],
        ),
        (
            "[server.tls]\ncertificate = \"a\"\nkey = \"b\"",
            &["public_url", "HTTPS"],
        ),
        (
            "[database]\nurl = \"mysql://a\"",
            &["database.url", "sqlite://"],
        ),
        (
            "[database]\nurl = \"sqlite://:memory:\"",
            &["database.url", "name a file"],
        ),
        (
            "[database]\nurl = \"sqlite://keyward.db?mode=ro\"",
            &["database.url", "without parameters"],
        ),
        (
            "[database]\nurl = \"sqlite://\"",
            &["database.url", "a path"],
        ),
        (
            "[database]\nurl_file = \"/nowhere/at/all\"",
            &["database.url_file", "cannot be read"],
        ),
        (
            "[database]\nurl = \"sqlite://a\"\nurl_file = \"b\"",
            &["both given"],
        ),
        (
            "[secrets]\nmaster_key = \"short\"",
            &["secrets.master_key", "43 characters"],
        ),
        (
            "[webauthn]\nrp_id = \"example.com\"",
            &["webauthn.rp_id", "localhost"],
        ),
        (
            "[webauthn]\nrp_id = \"127.0.0.1\"",
            &["webauthn.rp_id", "IP"],
        ),
        (
            "[webauthn]\nrp_id = \"https://localhost\"",
            &["webauthn.rp_id", "not a domain"],
        ),
        (
            "[webauthn]\nuser_verification = \"always\"",
            &["required, preferred, discouraged"],
        ),
        (
            "[webauthn]\nrelated_origins = [\"https://a.example/\", \"b\"]",
            &["related_origins", "\"b\""],
        ),
        (
            "[webauthn]\nrelated_origins = \"https://a.example\"",
            &["square brackets"],
        ),
        ("[session]\nidle = 10", &["session.idle", "\"10m\""]),
        (
            "[session]\nidle = \"0\"",
            &["session.idle", "between 1m and 365d"],
        ),
        (
            "[session]\nsign_in_timeout = \"soon\"",
            &["session.sign_in_timeout", "a duration"],
        ),
        ("[totp]\ndigits = 7", &["totp.digits", "neither 6 nor 8"]),
        ("[totp]\nissuer = \"A:B\"", &["totp.issuer", "colon"]),
        ("[totp]\nsync = \"yes\"", &["totp.sync", "true or false"]),
        (
            "[policy]\nrequire_second_factor = \"everybody\"",
            &["none of superusers, all, optional"],
        ),
        (
            "[policy]\nrequire_second_factor = []",
            &["must name a group"],
        ),
        (
            "[policy]\nrequire_second_factor = [\"a b\"]",
            &["not a group"],
        ),
        ("[passwords]\nmemory = 1024", &["passwords.memory", "19456"]),
        (
            "[log]\nlevel = \"loud\"",
            &["log.level", "error, warn, info"],
        ),
        (
            "[yubikey]\nservices = [{ name = \"a\" }]",
            &["yubikey.services table 1: urls is missing"],
        ),
        (
            "[[yubikey.services]]\nname = \"a\"\nurls = [\"https://a.example\"]\nclient = 1",
            &["table 1: client is not a setting", "client_id"],
        ),
        (
            "[[yubikey.services]]\nname = \"a\"\nurls = [\"file:///a\"]\nclient_id = 1",
            &["yubikey.services", "not an http"],
        ),
        (
            "[[yubikey.services]]\nname = \"a\"\nurls = []\nclient_id = 1",
            &["yubikey.services", "at least one URL"],
        ),
        (
            "[[yubikey.services]]\nname = \"a\"\nurls = [\"https://u:p@a.example\"]\nclient_id = 1",
            &["yubikey.services", "name or a password"],
        ),
        (
            "[yubikey]\nservices = [{ name = \"a\", urls = [\"https://a.example\"], client_id = 1 }, \
             { name = \"A\", urls = [\"https://b.example\"], client_id = 1 }]",
            &["yubikey.services", "two services", "A"],
        ),
        (
            "[mail]\ntransport = \"smtp\"",
            &["mail.transport smtp needs mail.url"],
        ),
        ("[server", &["not TOML", "line 1"]),
        ("a = 1\na = 2", &["not TOML", "duplicate key"]),
    ];
    for (file, words) in cases {
        let said = refusal(file, &[]);
        for word in *words {
            assert!(
                said.contains(word),
                "{file:?} gave {said:?} without {word:?}"
            );
        }
    }
}

#[test]
fn the_environment_is_refused_by_its_own_name() {
    let said = refusal("", &[("KEYWARD_SERVER__LISEN", "x")]);
    assert!(
        said.contains("environment variable KEYWARD_SERVER__LISEN"),
        "{said}"
    );
    assert!(said.contains("server.listen"), "{said}");
    let said = refusal(
        "[server]\nlisten = \"127.0.0.1:1\"",
        &[("KEYWARD_SERVER__LISTEN", "y")],
    );
    assert!(
        said.contains("environment variable KEYWARD_SERVER__LISTEN"),
        "{said}"
    );
}

#[test]
fn the_environment_counts_more_than_the_file() {
    let file = "[server]\nlisten = \"127.0.0.1:1\"\nworkers = 3\n[totp]\nissuer = \"A\"";
    let environment = [
        ("KEYWARD_SERVER__LISTEN", "127.0.0.1:2"),
        ("KEYWARD_SERVER__TLS__KEY", "k"),
        ("KEYWARD_SERVER__TLS__CERTIFICATE", "c"),
        ("KEYWARD_SERVER__PUBLIC_URL", "https://login.example.com"),
        ("KEYWARD_WEBAUTHN__RP_ID", "example.com"),
        (
            "KEYWARD_WEBAUTHN__RELATED_ORIGINS",
            "https://a.example, https://b.example:8443",
        ),
        ("KEYWARD_TOTP__ISSUER", "0042"),
        ("KEYWARD_TOTP__DIGITS", "8"),
        ("KEYWARD_TOTP__SYNC", "false"),
        ("KEYWARD_SESSION__SIGN_IN_TIMEOUT", "0"),
        (
            "KEYWARD_POLICY__REQUIRE_SECOND_FACTOR",
            "[admins, \"staff\"]",
        ),
        ("KEYWARD_LOG__LEVEL", ""),
        ("KEYWARD_PORT", "tcp://10.0.0.1:80"),
    ];
    let settings = load(file, &environment).expect("settings");
    assert_eq!(settings.server.listen.port(), 2);
    assert_eq!(settings.server.workers, Some(3));
    assert_eq!(settings.server.tls().expect("tls").key, Path::new("k"));
    assert_eq!(settings.relying_party.id, "example.com");
    let origins = [
        "https://login.example.com",
        "https://a.example",
        "https://b.example:8443",
    ];
    assert_eq!(settings.relying_party.origins, origins);
    assert_eq!(settings.totp.issuer, "0042");
    assert_eq!(settings.totp.digits, 8);
    assert!(!settings.totp.sync);
    assert_eq!(settings.session.sign_in_timeout, None);
    let required = format!("{:?}", settings.policy.require_second_factor);
    assert!(
        required.contains("admins") && required.contains("staff"),
        "{required}"
    );
}

#[test]
fn services_can_stand_in_the_environment() {
    let services = "[{name = \"a\", urls = [\"https://a.example/v\"], client_id = 7, sl = 50}]";
    let settings = load("", &[("KEYWARD_YUBIKEY__SERVICES", services)]).expect("settings");
    let service = &settings.validation_services[0].settings;
    assert_eq!((service.name.as_str(), service.client_id), ("a", 7));
    assert_eq!(
        service.sync_level.map(|level| level.to_string()).as_deref(),
        Some("50")
    );
}

#[test]
fn a_secret_can_stand_in_a_file_and_the_environment_still_counts_more() {
    let folder = tempfile::tempdir().expect("a folder");
    let secret = folder.path().join("url");
    fs::write(&secret, "sqlite://from-a-file.db\n").expect("a file");
    fs::set_permissions(&secret, fs::Permissions::from_mode(0o600)).expect("it is ours");
    let file = format!("[database]\nurl_file = {:?}", secret.display().to_string());
    let url = |settings: Settings| settings.database.url.expose_secret().to_owned();
    assert_eq!(
        url(load(&file, &[]).expect("settings")),
        "sqlite://from-a-file.db"
    );
    let direct = [("KEYWARD_DATABASE__URL", "sqlite://direct.db")];
    assert_eq!(
        url(load(&file, &direct).expect("settings")),
        "sqlite://direct.db"
    );
    let named = [(
        "KEYWARD_DATABASE__URL_FILE",
        secret.to_str().expect("a path"),
    )];
    let file = "[database]\nurl = \"sqlite://direct.db\"";
    assert_eq!(
        url(load(file, &named).expect("settings")),
        "sqlite://from-a-file.db"
    );
}

#[test]
fn secrets_never_print() {
    let file = "[database]\nurl = \"postgres://anna:hunter2@db/keyward\"\n\
        [secrets]\nmaster_key = \"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"\n\
        [[yubikey.services]]\nname = \"a\"\nurls = [\"https://a.example\"]\nclient_id = 1\n\
        api_key = \"aHVudGVyMg==\"";
    let printed = format!("{:?}", load(file, &[]).expect("settings"));
    for secret in ["hunter2", "AAAAAA", "aHVudGVyMg"] {
        assert!(!printed.contains(secret), "{secret}");
    }
    let said = refusal("[database]\nurl = \"hunter2\"", &[]);
    assert!(!said.contains("hunter2"), "{said}");
    let said = refusal("[database]\nurl = \"postgres://hunter2\" x", &[]);
    assert!(!said.contains("hunter2"), "{said}");
}

#[test]
fn a_file_that_is_named_must_be_there() {
    let problem = Settings::load(
        Some(Path::new("/nowhere/keyward.toml")),
        Environment::empty(),
    )
    .expect_err("a refusal");
    assert!(
        problem
            .to_string()
            .contains("/nowhere/keyward.toml cannot be read")
    );
}

#[test]
fn the_reference_of_settings_is_the_one_that_is_checked_in() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/settings.md");
    let written = fs::read_to_string(path).expect("docs/settings.md");
    assert_eq!(
        reference(),
        written,
        "run: keyward docs settings > docs/settings.md"
    );
}

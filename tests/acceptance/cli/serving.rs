//! `keyward serve`: the first start, the last answer, HTTPS, and what every answer carries.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use keyward_test_support::command::Serving;

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().expect("a temporary folder")
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path)
        .expect("it is there")
        .permissions()
        .mode()
        & 0o777
}

async fn get(serving: &Serving, path: &str) -> reqwest::Response {
    let url = format!("http://localhost:{}{path}", serving.port);
    reqwest::get(url).await.expect("an answer")
}

#[tokio::test]
async fn no_line_of_the_log_holds_a_token_however_much_is_asked_for() {
    for (level, format) in [("info", "json"), ("trace", "text")] {
        let folder = folder();
        let log = folder.path().join("log");
        let file = fs::File::create(&log).expect("the folder is ours");
        let variables = [
            ("KEYWARD_LOG__LEVEL", level),
            ("KEYWARD_LOG__FORMAT", format),
        ];
        let mut serving = Serving::logging(folder.path(), &variables, file.into());
        serving.line();
        let link = serving.line();
        let token = link.trim().rsplit('=').next().expect("a token").to_owned();
        assert_eq!(token.len(), 43, "{link}");
        let others = ["A".repeat(43), "B".repeat(43), "C".repeat(43)];
        let paths = [
            format!("/setup?token={token}"),
            format!("/recover/{}", others[0]),
            format!("/invite/{}", others[1]),
            format!("/objection/{}", others[2]),
            format!("/nowhere/{}", others[2]),
        ];
        for path in &paths {
            get(&serving, path).await;
        }
        let body = format!("token={token}&username=a&password=b");
        let url = format!("http://localhost:{}/setup", serving.port);
        let post = reqwest::Client::new()
            .post(url)
            .header("content-type", "application/x-www-form-urlencoded")
            .header("origin", "http://localhost:8080")
            .body(body);
        post.send().await.expect("an answer");
        serving.signal("TERM");
        assert_eq!(serving.ended().code(), Some(0));
        let log = fs::read_to_string(&log).expect("a log");
        assert!(log.contains("/setup"), "{level}: nothing was logged");
        let told: Vec<&str> = log
            .lines()
            .filter(|line| line.contains(&token) || others.iter().any(|one| line.contains(one)))
            .collect();
        assert!(told.is_empty(), "{level}: {told:#?}");
    }
}

#[tokio::test]
async fn no_stranger_makes_the_log_warn() {
    let folder = folder();
    let log = folder.path().join("log");
    let file = fs::File::create(&log).expect("the folder is ours");
    let mut serving = Serving::logging(folder.path(), &[], file.into());
    serving.line();
    let address = format!("http://localhost:{}", serving.port);
    let name = format!("keyward-{}", serving.port);
    for cookie in [
        "x",
        "",
        "%00%ff",
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "\"a\u{1b}[31m\"",
    ] {
        for path in [
            "/sign-in",
            "/account",
            "/nothing",
            "/webauthn/authentication/options",
        ] {
            let asked = reqwest::Client::new()
                .get(format!("{address}{path}"))
                .header(
                    "cookie",
                    format!("{name}={cookie}; keyward={cookie}; keyward-8080={cookie}"),
                )
                .header("user-agent", "a\tb ERROR forged");
            let _ = asked.send().await;
        }
    }
    for nonsense in [
        "\0\0\r\n\r\n",
        "\x16\x03\x01\x02",
        "GET / HTTP/9\r\n\r\n",
        "POST / HTTP/1.1\r\ntransfer-encoding: x\r\n\r\n",
    ] {
        let mut stream = TcpStream::connect(("127.0.0.1", serving.port)).expect("a connection");
        let _ = stream.write_all(nonsense.as_bytes());
        let _ = stream.shutdown(std::net::Shutdown::Write);
        let _ = stream.read_to_end(&mut Vec::new());
    }
    serving.signal("TERM");
    assert_eq!(serving.ended().code(), Some(0));
    let log = fs::read_to_string(&log).expect("a log");
    assert!(log.contains("/sign-in"), "nothing was logged");
    let loud: Vec<&str> = log
        .lines()
        .filter(|line| line.contains("WARN") || line.contains("ERROR"))
        .collect();
    assert!(loud.is_empty(), "{loud:#?}");
}

#[tokio::test]
async fn the_first_start_needs_no_settings_and_every_signal_ends_it_well() {
    let folder = folder();
    let mut serving = Serving::start(folder.path(), &[]);
    serving.line();
    let link = serving.line();
    let link = link
        .trim()
        .strip_prefix("http://localhost:8080")
        .expect("a link")
        .to_owned();
    assert!(link.starts_with("/setup?token="), "{link}");

    let data = folder.path().join("keyward-data");
    assert_eq!(mode(&data), 0o700);
    assert_eq!(mode(&data.join("master.key")), 0o600);
    assert_eq!(mode(&data.join("keyward.db")), 0o600);
    let key = fs::read_to_string(data.join("master.key")).expect("a key");
    assert!(
        !serving.said.contains(key.trim()),
        "the master key was printed"
    );

    assert_eq!(get(&serving, "/health/live").await.status(), 200);
    assert_eq!(get(&serving, "/health/ready").await.status(), 200);
    assert_eq!(get(&serving, &link).await.status(), 200);
    serving.signal("TERM");
    assert_eq!(serving.ended().code(), Some(0));

    let mut serving = Serving::start(folder.path(), &[]);
    serving.line();
    assert!(
        !serving.line().contains(&link),
        "the old link is printed again"
    );
    assert_ne!(
        get(&serving, &link).await.status(),
        200,
        "the old link still works"
    );
    assert_eq!(
        fs::read_to_string(data.join("master.key")).expect("a key"),
        key
    );
    serving.signal("INT");
    assert_eq!(serving.ended().code(), Some(0));
}

#[test]
fn a_request_in_flight_is_answered_before_the_end() {
    for signal in ["TERM", "INT"] {
        let folder = folder();
        let serving = Serving::start(folder.path(), &[]);
        let mut stream = TcpStream::connect(("127.0.0.1", serving.port)).expect("a connection");
        let body = "name=anna&password=x";
        let head = format!(
            "POST /sign-in/password HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\
             Content-Type: application/x-www-form-urlencoded\r\nExpect: 100-continue\r\n\
             Content-Length: {}\r\n\r\n",
            body.len()
        );
        stream.write_all(head.as_bytes()).expect("sent");
        // From here on the request is in flight: the server waits for its body.
        let mut ready = [0; 25];
        stream.read_exact(&mut ready).expect("an answer");
        assert_eq!(&ready, b"HTTP/1.1 100 Continue\r\n\r\n");
        serving.signal(signal);
        stream.write_all(body.as_bytes()).expect("sent");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("an answer");
        assert!(answer.starts_with("HTTP/1.1 "), "{signal}: {answer}");
        assert!(!answer.starts_with("HTTP/1.1 5"), "{signal}: {answer}");
        assert_eq!(serving.ended().code(), Some(0), "{signal}");
    }
}

#[tokio::test]
async fn a_superuser_of_the_command_line_makes_the_set_up_link_useless() {
    let folder = folder();
    keyward_test_support::command::keyward(folder.path(), &["user", "add", "anna", "--superuser"])
        .done();
    let serving = Serving::start(folder.path(), &[]);
    assert_eq!(get(&serving, "/health/ready").await.status(), 200);
    serving.signal("TERM");
    assert!(!serving.said.contains("/setup"), "{}", serving.said);
}

#[tokio::test]
async fn every_answer_carries_the_secure_defaults_and_is_documented() {
    let folder = folder();
    let serving = Serving::start(folder.path(), &[]);
    for path in [
        "/",
        "/sign-in",
        "/nothing",
        "/console",
        "/health/live",
        "/webauthn/none",
    ] {
        let answer = get(&serving, path).await;
        let header = |name: &str| {
            let value = answer.headers().get(name);
            value
                .and_then(|value| value.to_str().ok())
                .unwrap_or_default()
                .to_owned()
        };
        let policy = header("content-security-policy");
        assert!(
            policy.contains("frame-ancestors 'none'") && !policy.contains("unsafe"),
            "{path}"
        );
        assert_eq!(header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(header("referrer-policy"), "same-origin", "{path}");
        assert_eq!(header("cache-control"), "no-store", "{path}");
        assert_eq!(header("strict-transport-security"), "", "{path}");
    }
    let document: serde_json::Value = get(&serving, "/api/v1/openapi.json")
        .await
        .json()
        .await
        .expect("JSON");
    for (path, methods) in document["paths"].as_object().expect("paths") {
        // There where a setting says so.
        if path == "/metrics" {
            continue;
        }
        for method in methods.as_object().expect("methods").keys() {
            let url = format!("http://localhost:{}{path}", serving.port);
            let method = method.to_uppercase().parse().expect("a method");
            let answer = reqwest::Client::new().request(method, url).send().await;
            let status = answer.expect("an answer").status();
            assert_ne!(status, 404, "{path} is documented and not there");
        }
    }
}

#[tokio::test]
async fn a_post_of_another_site_is_refused() {
    let folder = folder();
    let serving = Serving::start(folder.path(), &[]);
    let url = format!("http://localhost:{}/sign-in/password", serving.port);
    for (name, value) in [
        ("origin", "https://evil.example"),
        ("origin", "null"),
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
    ] {
        let answer = reqwest::Client::new()
            .post(&url)
            .header(name, value)
            .send()
            .await;
        let answer = answer.expect("an answer");
        assert_eq!(answer.status(), 403, "{name}: {value}");
        let policy = answer.headers().get("content-security-policy");
        assert!(policy.is_some(), "a refusal without the secure defaults");
    }
}

#[tokio::test]
async fn https_is_spoken_with_the_files_of_the_settings() {
    let folder = folder();
    let signed = rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("a pair");
    let (certificate, key) = (folder.path().join("c.pem"), folder.path().join("k.pem"));
    fs::write(&certificate, signed.cert.pem()).expect("a certificate");
    fs::write(&key, signed.signing_key.serialize_pem()).expect("a key");
    fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).expect("it is ours");
    let serving = Serving::start(
        folder.path(),
        &[
            ("KEYWARD_SERVER__PUBLIC_URL", "https://localhost"),
            ("KEYWARD_SERVER__TLS__CERTIFICATE", "c.pem"),
            ("KEYWARD_SERVER__TLS__KEY", "k.pem"),
        ],
    );
    let root = reqwest::Certificate::from_pem(signed.cert.pem().as_bytes()).expect("a root");
    let client = reqwest::Client::builder()
        .use_rustls_tls()
        .tls_built_in_root_certs(false)
        .add_root_certificate(root)
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .expect("a client");
    let base = format!("https://localhost:{}", serving.port);
    let answer = client
        .get(format!("{base}/sign-in"))
        .send()
        .await
        .expect("an answer");
    let strict = answer
        .headers()
        .get("strict-transport-security")
        .expect("HSTS");
    assert!(strict.to_str().expect("text").starts_with("max-age="));
    for cookie in answer.headers().get_all("set-cookie") {
        let cookie = cookie.to_str().expect("text");
        for part in ["__Host-", "Secure", "HttpOnly", "SameSite=Lax", "Path=/"] {
            assert!(cookie.contains(part), "{cookie}");
        }
    }
    let plain = reqwest::get(format!("http://localhost:{}/", serving.port)).await;
    assert!(plain.is_err(), "plain HTTP is answered on the HTTPS port");
}

//! Bodies, fields, cookies and addresses that nobody's browser sends: never our fault, and nothing
//! is lost by them.

use std::process::Command;
use std::time::Duration;

use reqwest::{Method, StatusCode};

use keyward_test_support::client::Client;
use keyward_test_support::on_every_database;
use keyward_test_support::page::Page;
use keyward_test_support::person::Person;
use keyward_test_support::server::Server;
use keyward_test_support::soft_authenticator::SoftAuthenticator;

/// Every address that takes a POST. Ids are anna's own, the console's are ben's.
const POSTS: &[&str] = &[
    "/phone/calls/ID/{speech}",
    "/upstream/{name}/backchannel-logout",
    "/setup",
    "/sign-in/password",
    "/sign-in/confirm",
    "/sign-in/totp",
    "/sign-in/backup-code",
    "/sign-in/yubikey",
    "/sign-in/phone",
    "/sign-in/email",
    "/sign-in/send",
    "/sign-in/pass",
    "/sign-in/restart",
    "/password/strength",
    "/recover",
    "/recover/{token}",
    "/found",
    "/activate",
    "/invite/{token}",
    "/objection/{token}",
    "/step-up/password",
    "/step-up/totp",
    "/step-up/backup-code",
    "/step-up/yubikey",
    "/step-up/phone",
    "/step-up/email",
    "/step-up/send",
    "/webauthn/registration/options",
    "/webauthn/registration/verify",
    "/webauthn/authentication/options",
    "/webauthn/authentication/verify",
    "/webauthn/step-up/options",
    "/webauthn/step-up/verify",
    "/webauthn/desk/options",
    "/webauthn/desk/verify",
    "/webauthn/activation/options",
    "/webauthn/activation/verify",
    "/webauthn/touch/options",
    "/webauthn/touch/verify",
    "/account/backup-codes",
    "/account/profile",
    "/account/email",
    "/account/email/confirm",
    "/account/email/send",
    "/account/email/restart",
    "/account/password",
    "/account/password/new",
    "/account/browsers/ID/end",
    "/account/sessions/others/end",
    "/account/sessions/ID/end",
    "/account/devices/add/totp",
    "/account/devices/add/yubikey",
    "/account/devices/add/phone",
    "/account/devices/add/phone/send",
    "/account/devices/add/phone/confirm",
    "/account/devices/add/phone/restart",
    "/account/devices/add/email",
    "/account/devices/add/email/send",
    "/account/devices/add/email/confirm",
    "/account/devices/add/email/restart",
    "/account/devices/ID/rename",
    "/account/devices/ID/default",
    "/account/devices/ID/remove",
    "/account/keys/ID/lost",
    "/account/applications/end",
    "/account/upstream/{name}/unlink",
    "/sign-out",
    "/oauth2/authorize",
    "/oauth2/consent",
    "/device",
    "/oauth2/end-session",
    "/oauth2/sign-out",
    "/console/invites",
    "/console/invites/ID/resend",
    "/console/invites/ID/revoke",
    "/console/users/ID/pass",
    "/console/users/ID/pass/revoke",
    "/console/users",
    "/console/users/ID/enable",
    "/console/users/ID/disable",
    "/console/users/ID/superuser",
    "/console/users/ID/unlock",
    "/console/users/ID/delete",
    "/console/users/ID/edit",
    "/console/users/ID/password/link",
    "/console/users/ID/password/ask",
    "/console/sessions/everybody",
    "/console/phones/stop",
    "/console/phones/start",
    "/console/users/ID/sessions/end",
    "/console/sessions/ID/end",
    "/console/browsers/ID/end",
    "/console/lockouts/clear",
    "/console/groups",
    "/console/groups/members",
    "/console/groups/remove",
    "/console/groups/roles",
    "/console/policies/edit",
    "/console/policies/switch-on",
    "/console/policies/discard",
    "/console/policies/remove",
    "/console/devices/ID/remove",
    "/console/devices/ID/release",
    "/console/clients",
    "/console/clients/ID",
    "/console/clients/ID/revoke",
    "/console/clients/ID/restore",
    "/console/keys",
    "/console/keys/find",
    "/console/keys/import",
    "/console/keys/ID",
    "/console/keys/ID/link",
    "/console/keys/ID/unlink",
    "/console/keys/ID/moves/ID",
    "/console/keys/ID/moves/lost",
    "/console/keys/ID/spare",
    "/console/keys/ID/enrolments/ID/code",
    "/console/keys/ID/enrolments/ID/withdraw",
    "/console/users/ID/enrolment",
    "/console/key-proposals",
    "/console/found-reports/ID/close",
    "/console/keys/ID/replaced",
    "/console/otp-keys/ID/activate",
    "/console/otp-keys/ID/deactivate",
    "/console/services",
    "/console/services/ID",
    "/console/services/ID/test",
    "/console/services/ID/remove",
    "/console/applications",
    "/console/applications/ID",
    "/console/applications/ID/remove",
    "/console/users/ID/upstream/ID/remove",
    "/console/openid-clients",
    "/console/openid-clients/ID",
    "/console/openid-clients/ID/rotate",
    "/console/openid-clients/ID/remove",
    "/console/tokens",
    "/console/tokens/ID/revoke",
    "/console/webhooks",
    "/console/webhooks/ID",
    "/console/webhooks/ID/test",
    "/console/webhooks/ID/rotate",
    "/console/webhooks/ID/resend",
    "/console/webhooks/ID/remove",
];

/// What acts whatever its body says (it ends the journey, removes the device, makes new codes) is
/// tried by a stranger alone.
const ENDS: &[&str] = &[
    "/sign-in/restart",
    "/account/backup-codes",
    "/account/sessions/others/end",
    "/account/devices/ID/remove",
    "/console/users/ID/delete",
    "/console/users/ID/password/ask",
    "/console/sessions/everybody",
    "/sign-out",
    "/oauth2/sign-out",
];

const FORM: &str = "application/x-www-form-urlencoded";
const JSON: &str = "application/json";

fn bodies() -> Vec<(&'static str, Vec<u8>)> {
    let mut bodies: Vec<(&'static str, Vec<u8>)> = Vec::new();
    let forms = [
        "",
        "&",
        "=",
        "=&=",
        "turn",
        "turn=",
        "turn=&code=&otp=",
        "turn=abc&code=1&otp=1",
        "turn=-1&code=123456&otp=1",
        "turn=-9223372036854775808&code=1&otp=1",
        "turn=99999999999999999999&code=1&otp=1",
        "turn=1.5&code=1&otp=1",
        "turn=0x1&code=1&otp=1",
        "turn=0&turn=0&code=1&otp=1",
        "turn=+0&code=1&otp=1",
        "turn=0&code=%00&otp=%00",
        "turn=0&code=%FF%FE&otp=%FF",
        "turn=0&code=%E2%80%AE123456&otp=%F0%9F%94%91",
        "turn=0&code=%D9%A1%D9%A2%D9%A3%D9%A4%D9%A5%D9%A6&otp=1",
        "%",
        "%zz=%zz",
        "%FF=%FF",
        "token=%00&username=%00&password=%00",
        "token=&username=&password=",
        "token=x&username=a%00b&password=four+words+at+random",
        "username=anna",
        "password=four+words+at+random",
        "username[]=anna&password[]=x",
        "username=anna&username=ben&password=x",
        "username=nobody&password=x&next=%00",
        "username=nobody&password=x&next=//evil.example",
        "username=%F0%9F%98%80&password=x",
        "username=nobody%00&password=x",
        "name=%00",
        "name=",
        "name=%C2%80",
        "name=%EF%BF%BF",
        "kind=passkey",
    ];
    bodies.extend(forms.map(|text| (FORM, text.as_bytes().to_vec())));
    let jsons = [
        "",
        "null",
        "true",
        "1",
        "-1",
        "1e999999",
        "\"x\"",
        "[]",
        "{}",
        "{",
        "}",
        "{\"",
        "[1,2",
        "{\"kind\":null}",
        "{\"kind\":1}",
        "{\"kind\":\"nonsense\"}",
        "{\"kind\":[\"passkey\"]}",
        "{\"kind\":\"passkey\",\"kind\":\"passkey\"}",
        "{\"name\":1}",
        "{\"name\":\"\\u0000\"}",
        "{\"name\":\"\\ud800\"}",
        "{\"id\":\"\"}",
        "{\"id\":\"\",\"rawId\":\"\",\"type\":\"public-key\",\"response\":{}}",
        "{\"id\":\"\",\"rawId\":\"\",\"type\":\"public-key\",\"response\":[]}",
        "{\"id\":1,\"rawId\":2,\"type\":3,\"response\":4}",
        "{\"id\":\"AA\",\"rawId\":\"AA\",\"type\":\"public-key\",\"response\":{\"clientDataJSON\":\"\",\
         \"attestationObject\":\"\",\"authenticatorData\":\"\",\"signature\":\"\"}}",
        "{\"id\":\"AA\",\"rawId\":\"AA\",\"type\":\"public-key\",\"response\":{\"clientDataJSON\":\"e30\",\
         \"attestationObject\":\"oA\",\"authenticatorData\":\"AA\",\"signature\":\"AA\",\
         \"transports\":[\"\\u0000\"],\"userHandle\":\"\"}}",
        "{\"id\":\"!!\",\"rawId\":\"!!\",\"type\":\"public-key\",\"response\":{\"clientDataJSON\":\"!!\",\
         \"attestationObject\":\"!!\",\"authenticatorData\":\"!!\",\"signature\":\"!!\"}}",
    ];
    bodies.extend(jsons.map(|text| (JSON, text.as_bytes().to_vec())));
    let deep =
        |open: &str, close: &str| format!("{}1{}", open.repeat(10_000), close.repeat(10_000));
    bodies.extend([
        (JSON, deep("[", "]").into_bytes()),
        (JSON, "{\"response\":".repeat(5_000).into_bytes()),
        (JSON, b"{\"id\":\"\xff\xfe\"}".to_vec()),
        (JSON, b"{\"id\":\"a\0b\"}".to_vec()),
        (JSON, b"\xef\xbb\xbf{}".to_vec()),
        (
            JSON,
            format!("{{\"name\":\"{}\"}}", "a".repeat(60_000)).into_bytes(),
        ),
        (JSON, vec![b' '; 200_000]),
        (FORM, vec![b'a'; 200_000]),
        (FORM, vec![0; 1_000]),
        (FORM, (0_u8..=255).collect()),
        (
            FORM,
            format!(
                "turn=0&code={0}&otp={0}&name={0}&username={0}&password=x",
                "1".repeat(12_000)
            )
            .into_bytes(),
        ),
        (FORM, "a=1&".repeat(10_000).into_bytes()),
        ("text/plain", b"turn=0&code=1".to_vec()),
        ("", b"turn=0&code=1".to_vec()),
        (
            "application/x-www-form-urlencoded; charset=utf-16",
            b"turn=0&code=1".to_vec(),
        ),
        (
            "multipart/form-data; boundary=x",
            b"--x\r\n\r\n--x--".to_vec(),
        ),
        ("nonsense", b"\0".to_vec()),
    ]);
    bodies
}

/// The session of one browser, without the changes that answers make to it.
async fn sends(browser: &Client, path: &str, kind: &str, body: Vec<u8>) -> Page {
    let mut request = browser.our_post(path).body(body);
    if !kind.is_empty() {
        request = request.header("content-type", kind);
    }
    browser.send(request).await
}

/// Somebody with an app and a passkey, and the settings under which guesses do not lock them.
async fn with_everything(server: &Server, name: &str) -> (Person, SoftAuthenticator) {
    let mut person = server.superuser(name).await;
    person.signs_in().await;
    person.adds_an_app().await;
    let mut key = SoftAuthenticator::passkey();
    assert_eq!(person.registers("passkey", &mut key).await.status, 200);
    (person, key)
}

const UNBOUNDED: &[(&str, &str)] = &[
    ("lockout.user_failures", "1000"),
    ("lockout.address_failures", "100000"),
];

on_every_database! {
    async fn no_body_breaks_an_address_or_loses_anything(at: At) {
        let server = Server::with(at, UNBOUNDED).await;
        let (anna, mut key) = with_everything(&server, "anna").await;
        let ben = server.user("ben").await;
        assert_eq!(ben.signs_in().await.path, "/account");
        let id = anna.devices().await[1].id.clone();
        let bens = server.database.lines("SELECT id AS line FROM users WHERE name = 'ben'");
        let waiting = anna.elsewhere(&server.base);
        waiting.types_password().await;
        waiting.asks_to_authenticate().await;
        let stranger = server.stranger("nobody");
        for (who, person) in [("a stranger", &stranger), ("a sign-in", &waiting), ("anna", &anna)] {
            for path in POSTS {
                if ENDS.contains(path) && who != "a stranger" {
                    continue;
                }
                // Where a session is asked for, a sign-in that waits is a stranger.
                let asks_for_session = ["/console", "/account"].iter().any(|part| path.starts_with(part));
                if asks_for_session && who == "a sign-in" {
                    continue;
                }
                let id = if path.starts_with("/console") { &bens[0] } else { &id };
                let path = path.replace("ID", id);
                // A stranger is turned away there before a body is read: a few of each kind say so.
                let every = if asks_for_session && who == "a stranger" { 8 } else { 1 };
                for (kind, body) in bodies().into_iter().step_by(every) {
                    let shown = String::from_utf8_lossy(&body[..body.len().min(60)]).into_owned();
                    let answer = sends(&person.browser, &path, kind, body).await;
                    assert!(answer.status < 500, "{who} {path} {kind} {shown}: {}", answer.body);
                    assert_eq!(answer.header("cache-control"), "no-store", "{path} {shown}");
                }
            }
        }
        assert!(!stranger.is_in().await && !waiting.is_in().await);
        assert!(anna.is_in().await, "anna is out");
        assert_eq!(anna.devices().await.len(), 2);
        server.clock.turn(Duration::from_secs(60));
        let page = waiting.visits("/sign-in?method=totp").await;
        assert_eq!(waiting.types_code(&page, &waiting.code()).await.path, "/account");
        let other = anna.elsewhere(&server.base);
        other.types_password().await;
        assert_eq!(other.confirms_with(&mut key).await.status, 200);
    }

    async fn no_cookie_breaks_a_page(at: At) {
        let server = Server::start(at).await;
        let anna = server.user("anna").await;
        let name = &server.app.settings().cookies.session;
        let notice = |json: &str| {
            let value = data_encoding::BASE64URL_NOPAD.encode(json.as_bytes());
            format!("{name}-notice={value}")
        };
        let cookies = [
            format!("{name}="), format!("{name}=x"), format!("{name}={}", "A".repeat(3_000)),
            format!("{name}=%00%FF"), format!("{name}=\"x\""), format!("{name}=a; {name}=b"),
            format!("{name}-notice="), format!("{name}-notice=!"),
            format!("{name}-notice={}", "A".repeat(7_000)), notice("null"), notice("[]"), notice("{}"),
            notice(r#"{"notice":{"notice":"refused","code":"nonsense"}}"#),
            notice(r#"{"notice":{"notice":"refused","code":"../../x"}}"#),
            notice(r#"{"notice":{"notice":"refused","code":""}}"#),
            notice(r#"{"notice":{"notice":"device-added","name":"<script>alert(1)</script>"}}"#),
            notice(r#"{"notice":{"notice":"nonsense"},"typed":"<script>alert(1)</script>"}"#),
            notice(r#"{"notice":null,"typed":"\u0000\u202e<script>alert(1)</script>"}"#),
            ";;;=;=;".to_owned(), "a=b".repeat(500),
        ];
        for cookie in cookies {
            for path in ["/sign-in", "/account", "/nothing", "/setup", "/assets/nothing"] {
                let browser = server.browser();
                let request = browser.request(Method::GET, path).header("cookie", &cookie);
                let page = browser.send(request).await;
                assert!(page.status < 500, "{path} with {cookie}: {}", page.body);
                assert!(!page.body.contains("<script>alert"), "{path} with {cookie}");
            }
        }
        assert_eq!(anna.signs_in().await.path, "/account");
    }

    async fn no_address_breaks_anything(at: At) {
        let server = Server::start(at).await;
        let anna = server.user("anna").await;
        anna.signs_in().await;
        let long = format!("/{}", "a".repeat(5_000));
        let paths = [
            "/sign-in?next=%FF&method=%00", "/sign-in?next=a&next=b", "/sign-in?%", "/sign-in?=&=",
            "/sign-in?next[]=x", "/setup?token=%00", "/setup?token=a&token=b", "/setup?token=%F0%9F%94%91",
            "/%00", "/%FF", "/%", "/%2e%2e/%2e%2e/etc/passwd", "/assets/%00", "/assets/../../etc/passwd",
            "/assets/%2e%2e%2f%2e%2e%2fetc%2fpasswd", "/assets//css/base.css", "/assets/", "/assets",
            "/account/devices/%00/remove", "/account/devices/add/%FF", "/account/devices/add/", &long,
            "/account/devices/add/password", "/.well-known/webauthn", "/.well-known/nothing", "/api/v1/",
        ];
        for browser in [&server.browser(), &anna.browser] {
            for path in paths {
                let page = browser.get_unread(path).await;
                assert!(page.status < 500, "{path}: {} {}", page.status, page.body);
                assert!(!page.body.contains("root:"), "{path}");
            }
        }
        assert!(anna.is_in().await);
    }

    async fn a_body_that_is_too_large_is_called_that(at: At) {
        let server = Server::start(at).await;
        let browser = server.browser();
        for (path, kind) in [("/sign-in/password", FORM), ("/webauthn/authentication/verify", JSON)] {
            for (length, is_too_large) in [(64 * 1024 + 1, true), (64, false)] {
                let request = browser
                    .our_post(path)
                    .header("accept", "application/json")
                    .header("content-type", kind)
                    .body(vec![b'a'; length]);
                let answer = browser.send(request).await;
                let is_called = answer.body.contains("request.too_large");
                assert_eq!(is_called, is_too_large, "{path}: {}", answer.body);
                assert!(!is_too_large || answer.status == 413, "{path}: {}", answer.status);
            }
        }
    }

    async fn a_compressed_body_is_no_way_around_the_limit(at: At) {
        let server = Server::start(at).await;
        let browser = server.browser();
        // Ten megabytes of zeros, and something that only says that it is compressed.
        let bomb = compressed_zeros();
        for (encoding, body) in [("gzip", bomb.clone()), ("gzip", b"nonsense".to_vec()), ("br", bomb), ("x", vec![0])] {
            for (path, kind) in [("/sign-in/password", FORM), ("/webauthn/authentication/verify", JSON)] {
                let request = browser
                    .our_post(path)
                    .header("content-encoding", encoding)
                    .header("content-type", kind)
                    .body(body.clone());
                let answer = browser.send(request).await;
                let status = StatusCode::from_u16(answer.status).expect("a status");
                assert!(status.is_client_error(), "{encoding} {path}: {status} {}", answer.body);
            }
        }
    }
}

/// 10 MiB of zeros as gzip.
fn compressed_zeros() -> Vec<u8> {
    let output = Command::new("/bin/sh")
        .args(["-c", "head -c 10485760 /dev/zero | gzip -9"])
        .output()
        .expect("gzip is there");
    assert!(output.stdout.len() > 1000, "nothing was compressed");
    output.stdout
}

/// The table above names every address that takes a POST.
#[test]
fn no_address_is_missing_from_the_table() {
    let routes = [
        include_str!("../../src/web/routes.rs"),
        include_str!("../../src/web/console/mod.rs"),
    ]
    .concat();
    let mut posts = 0;
    for route in routes.split(".route(").skip(1) {
        let Some(path) = route.split('"').nth(1) else {
            continue;
        };
        let handler = route.split(".to(").next().unwrap_or_default();
        if !handler.contains("post()") {
            continue;
        }
        posts += 1;
        let names = ["{id}", "{link}", "{move}", "{enrolment}"];
        let path = names
            .iter()
            .fold(path.to_owned(), |path, name| path.replace(name, "ID"));
        assert!(
            POSTS.iter().any(|known| known.ends_with(&path)),
            "{path} is missing"
        );
    }
    assert!(posts >= POSTS.len(), "only {posts} routes were found");
}

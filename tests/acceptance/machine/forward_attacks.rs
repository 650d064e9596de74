//! What strangers send to Debian's proxies to get past them, as it stands on the wire.

use keyward_test_support::client::Client;
use keyward_test_support::forward::{Application, Front, PROXIES};
use keyward_test_support::on_every_database;
use keyward_test_support::server::Server;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::forward_auth::with_an_app;

const HOST: &str = "wiki.example.org";
/// What the application behind the proxies answers with, and nobody else.
const REACHED: &str = "\"headers\":";

/// The whole answer to these bytes, as text; empty where the connection is closed.
async fn sends(front: &Front, request: &str) -> String {
    let stream = TcpStream::connect(("127.0.0.1", front.port)).await;
    let mut stream = stream.expect("the proxy runs");
    stream.write_all(request.as_bytes()).await.expect("sent");
    let mut answer = Vec::new();
    // One that closes at once is an answer too.
    let _ = stream.read_to_end(&mut answer).await;
    String::from_utf8_lossy(&answer).into_owned()
}

fn request(target: &str, host: &str, headers: &[&str]) -> String {
    let mut lines = format!("GET {target} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n");
    for header in headers {
        lines.push_str(header);
        lines.push_str("\r\n");
    }
    lines + "\r\n"
}

/// The wiki, which strangers may see a part of, and applications beside it that let everybody pass.
async fn protected(server: &Server) {
    let rules = ["/open/secret deny", "/open bypass", "/ anyone"];
    server.protects("Wiki", HOST, &rules).await;
    server
        .protects("Public", "public.example.org", &["/ bypass"])
        .await;
    server
        .protects("Below", "*.wiki.example.org", &["/ bypass"])
        .await;
    server
        .protects("Elsewhere", "*.example.net", &["/ bypass"])
        .await;
}

/// The cookie by which somebody is known at the wiki.
async fn cookie_there(server: &Server) -> String {
    let person = with_an_app(server, "anna").await;
    person.browser.cookies()
}

on_every_database! {
    async fn attack_the_host_of_another_application_opens_none_behind_a_proxy(at: At) {
        let server = Server::start(at).await;
        protected(&server).await;
        let behind = Application::start();
        for proxy in PROXIES {
            let front = Front::of(proxy, &server.base, HOST, &behind.address);
            let open = sends(&front, &request("/open", HOST, &[])).await;
            assert!(open.contains(REACHED), "{proxy}: {open}");
            let whole = format!("http://{HOST}/page");
            for (target, host) in [
                (whole.as_str(), "public.example.org"),
                ("http://public.example.org/page", HOST),
                ("/page", "wiki.example.org,public.example.org"),
                ("/page", "public.example.org,wiki.example.org"),
                ("/page", "a.wiki.example.org"),
                ("/page", "wiki.example.org.b.example.net"),
                ("/page", "wiki.example.org:80,public.example.org"),
                ("/page", "wiki.example.org@public.example.org"),
                ("/page", "wiki.example.org\r\nHost: public.example.org"),
                ("/page", "public.example.org\r\nHost: wiki.example.org"),
            ] {
                let answer = sends(&front, &request(target, host, &[])).await;
                assert!(!answer.contains(REACHED), "{proxy}: {target} {host}: {answer}");
            }
        }
    }

    async fn attack_a_path_that_servers_end_earlier_gets_past_no_rule(at: At) {
        let server = Server::start(at).await;
        protected(&server).await;
        let behind = Application::start();
        for proxy in PROXIES {
            let front = Front::of(proxy, &server.base, HOST, &behind.address);
            for target in ["/open/secret#x", "/open/secret%23x", "/open/secret?x#y", "/open#/../page"] {
                let answer = sends(&front, &request(target, HOST, &[])).await;
                // An encoded one is a part of the name, and no end of it.
                let is_safe = answer.contains("/open/secret%23x");
                assert!(is_safe || !answer.contains(REACHED), "{proxy}: {target}: {answer}");
            }
            for target in ["/x%0d%0aSet-Cookie:%20evil=1", "/open/%0d%0aSet-Cookie:%20evil=1"] {
                let answer = sends(&front, &request(target, HOST, &["Accept: text/html"])).await;
                let answer = answer.to_lowercase();
                assert!(!answer.contains("\nset-cookie: evil"), "{proxy}: {target}: {answer}");
            }
        }
    }

    async fn attack_remote_headers_in_any_spelling_do_not_reach_the_application(at: At) {
        let server = Server::with(at, &[("session.cookie_domain", "\"localhost\"")]).await;
        let rules = ["/open bypass", "/ anyone"];
        server.protects("Wiki", "wiki.localhost", &rules).await;
        let cookie = format!("Cookie: {}", cookie_there(&server).await);
        let behind = Application::start();
        for proxy in PROXIES {
            let front = Front::of(proxy, &server.base, "wiki.localhost", &behind.address);
            let forged = [
                cookie.as_str(), "Remote-Auth_Time: 9", "Remote_Auth-Time: 9", "Remote.User: ben",
                "REMOTE-user: ben", "remote_user: ben", "Remote-User : ben", "Remote-Groups: admin",
            ];
            for (at, lines) in [&forged[..6], &forged[1..6], &forged[..8]].into_iter().enumerate() {
                let answer = sends(&front, &request("/open", "wiki.localhost", lines)).await;
                let Some(body) = answer.split("\r\n\r\n").nth(1).filter(|body| body.contains(REACHED)) else {
                    assert!(answer.is_empty() || answer.contains(" 400 "), "{proxy}: {answer}");
                    continue;
                };
                let told: serde_json::Value = serde_json::from_str(body).expect("JSON");
                let user = if at == 1 { "" } else { "anna" };
                for (name, values) in told["headers"].as_object().expect("headers") {
                    if name.starts_with("remote") {
                        assert!(!name.contains(['_', '.']), "{proxy}: {name}");
                        assert_eq!(values.as_array().map(Vec::len), Some(1), "{proxy}: {name}");
                        let value = values[0].as_str().unwrap_or_default();
                        assert!(!["9", "ben", "admin"].contains(&value), "{proxy}: {name}");
                    }
                }
                let told = told["headers"]["remote-user"][0].as_str();
                assert_eq!(told.unwrap_or_default(), user, "{proxy}");
            }
            // Headers that are named so are for the proxy alone, and would not go on.
            let hop = request("/page", "wiki.localhost", &[&cookie]);
            let hop = hop.replace("Connection: close", "Connection: close, Remote-User, remote-acr");
            let answer = sends(&front, &hop).await;
            let is_told = answer.contains("\"remote-user\":[\"anna\"]");
            assert!(is_told || !answer.contains(REACHED), "{proxy}: {answer}");
        }
    }

    async fn attack_a_connection_is_not_turned_into_one_that_nobody_judges(at: At) {
        let server = Server::start(at).await;
        protected(&server).await;
        let behind = Application::start();
        for proxy in PROXIES {
            let front = Front::of(proxy, &server.base, HOST, &behind.address);
            for protocol in ["h2c", "foo", "TLS/1.0"] {
                let upgrade = format!("Upgrade: {protocol}");
                let lines = request("/open", HOST, &[&upgrade]);
                let lines = lines.replace("Connection: close", "Connection: Upgrade, close");
                let answer = sends(&front, &lines).await.to_lowercase();
                assert!(!answer.contains("\"upgrade\":[\""), "{proxy}: {answer}");
            }
        }
    }

    async fn attack_a_websocket_beside_another_protocol_opens_no_tunnel(at: At) {
        let server = Server::start(at).await;
        protected(&server).await;
        let behind = Application::start();
        for proxy in PROXIES {
            let front = Front::of(proxy, &server.base, HOST, &behind.address);
            for lines in [
                "Upgrade: h2c\r\nUpgrade: websocket",
                "Upgrade: websocket\r\nUpgrade: h2c",
                "Upgrade: h2c, websocket",
                "Upgrade: websocket, h2c",
                "Upgrade: websocket\r\nUPGRADE: H2C",
            ] {
                let lines = format!("{lines}\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\nSec-WebSocket-Version: 13");
                let lines = request("/open", HOST, &[&lines]);
                let lines = lines.replace("Connection: close", "Connection: Upgrade, HTTP2-Settings, close");
                let answer = sends(&front, &lines).await.to_lowercase();
                assert!(!answer.contains("h2c"), "{proxy}: {answer}");
            }
        }
    }

    async fn attack_a_flood_of_cookies_ends_no_proxy(at: At) {
        let server = Server::start(at).await;
        protected(&server).await;
        let behind = Application::start();
        for proxy in PROXIES {
            let front = Front::of(proxy, &server.base, HOST, &behind.address);
            for count in [50, 96, 97, 98, 150] {
                let lines = vec!["Cookie: a"; count];
                sends(&front, &request("/page", HOST, &lines)).await;
            }
            let answer = sends(&front, &request("/open", HOST, &[])).await;
            assert!(answer.contains(REACHED), "{proxy} has gone: {answer}");
        }
    }

    async fn a_proxy_that_takes_few_statuses_is_answered_by_those(at: At) {
        let server = Server::start(at).await;
        protected(&server).await;
        let stranger = Client::new(&server.base);
        for url in ["http://wiki.example.org", "https://[::/", "http://wiki.example.org:x/"] {
            let asked = stranger.request(reqwest::Method::GET, "/forward-auth/nginx");
            let asked = asked.header("x-original-method", "GET");
            let answer = stranger.send(asked.header("x-original-url", url)).await;
            assert_eq!(answer.status, 403, "{url}: nginx makes 500 of 400");
        }
        let asked = stranger.request(reqwest::Method::GET, "/forward-auth/caddy");
        assert_eq!(stranger.send(asked).await.status, 400);
    }
}

//! What a stranger can hold and order, by bytes and by connections.

use std::net::{Ipv4Addr, SocketAddr};

use reqwest::Method;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};

use crate::on_every_database;
use crate::support::log;
use crate::support::process;
use crate::support::server::Server;

/// A connection from this address of the loopback network.
async fn from(last: u8, server: &Server) -> TcpStream {
    let port = server.base.rsplit(':').next().expect("a port");
    let to = SocketAddr::from((Ipv4Addr::LOCALHOST, port.parse().expect("a port")));
    let socket = TcpSocket::new_v4().expect("a socket");
    let here = SocketAddr::from((Ipv4Addr::new(127, 0, 2, last), 0));
    socket.bind(here).expect("an address of this machine");
    socket.connect(to).await.expect("the server listens")
}

async fn send(stream: &mut TcpStream, text: &str) {
    let _ = stream.write_all(text.as_bytes()).await;
}

/// Everything until the server closes.
async fn rest(mut stream: TcpStream) -> String {
    let mut bytes = Vec::new();
    let _ = stream.read_to_end(&mut bytes).await;
    String::from_utf8_lossy(&bytes).into_owned()
}

/// The first answer's head.
async fn head(stream: &mut TcpStream) -> String {
    let mut text = String::new();
    let mut piece = [0; 1024];
    while !text.contains("\r\n\r\n") {
        match stream.read(&mut piece).await {
            Ok(0) | Err(_) => break,
            Ok(length) => text.push_str(&String::from_utf8_lossy(&piece[..length])),
        }
    }
    text
}

const LIVE: &str = "GET /health/live HTTP/1.1\r\nhost: localhost\r\n\r\n";

fn half(headers: &str) -> String {
    format!(
        "POST /sign-in/password HTTP/1.1\r\nhost: localhost\r\n{headers}\
         content-type: application/x-www-form-urlencoded\r\ncontent-length: 40\r\n\r\nusername=anna"
    )
}

on_every_database! {
    async fn a_compressed_body_is_refused_whatever_is_in_it(at: At) {
        let server = Server::start(at).await;
        let browser = server.browser();
        for (path, kind) in [
            ("/sign-in/password", "application/x-www-form-urlencoded"),
            ("/password/strength", "application/json"),
            ("/webauthn/authentication/verify", "application/json"),
            ("/phone/calls/x/y", "application/x-www-form-urlencoded"),
        ] {
            for coding in ["gzip", "deflate", "br", "zstd", "x", "gzip, identity"] {
                let request = browser.our_post(path).header("content-encoding", coding);
                let request = request.header("content-type", kind).header("accept", "application/json");
                let answer = browser.send(request.body(b"{}".to_vec())).await;
                assert_eq!(answer.status, 415, "{coding} {path}: {}", answer.body);
                assert!(answer.body.contains("request.encoding") || path.starts_with("/webauthn"));
            }
            let plain = browser.our_post(path).header("content-encoding", "identity");
            let answer = browser.send(plain.header("content-type", kind).body("x")).await;
            assert_ne!(answer.status, 415, "{path}: {}", answer.body);
        }
    }

    async fn half_a_body_is_not_waited_for(at: At) {
        let server = Server::with(at, &[("server.body_timeout", "\"1s\"")]).await;
        let mut stream = from(1, &server).await;
        send(&mut stream, &half("")).await;
        let answer = rest(stream).await;
        assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
        let mut stream = from(1, &server).await;
        send(&mut stream, "POST /sign-in/password HTTP/1.1\r\nhost: localhost\r\n\
             transfer-encoding: chunked\r\n\r\n5\r\nuser").await;
        let answer = head(&mut stream).await;
        assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
    }

    async fn one_address_has_so_many_connections_and_no_more(at: At) {
        let server = Server::with(at, &[("server.connections_per_address", "4")]).await;
        let mut held = Vec::new();
        for _ in 0..4 {
            let mut stream = from(7, &server).await;
            send(&mut stream, LIVE).await;
            assert!(head(&mut stream).await.starts_with("HTTP/1.1 200 "));
            held.push(stream);
        }
        let mut fifth = from(7, &server).await;
        send(&mut fifth, LIVE).await;
        assert_eq!(head(&mut fifth).await, "");
        let mut other = from(8, &server).await;
        send(&mut other, LIVE).await;
        assert!(head(&mut other).await.starts_with("HTTP/1.1 200 "));
    }

    async fn behind_a_proxy_one_client_has_so_many_requests_under_way(at: At) {
        let settings = [("server.connections_per_address", "4"), ("server.trusted_proxies", "1")];
        let server = Server::with(at, &settings).await;
        let asks = "GET /health/live HTTP/1.1\r\nhost: localhost\r\nx-forwarded-for: 192.0.2.7\r\n\r\n";
        let mut held = Vec::new();
        for _ in 0..4 {
            let mut stream = from(7, &server).await;
            send(&mut stream, &half("x-forwarded-for: 192.0.2.7\r\n")).await;
            held.push(stream);
        }
        let mut refused = String::new();
        while !refused.starts_with("HTTP/1.1 429 ") {
            let mut stream = from(7, &server).await;
            send(&mut stream, asks).await;
            refused = head(&mut stream).await;
        }
        assert!(refused.to_lowercase().contains("retry-after: 1"), "{refused}");
        let mut other = from(7, &server).await;
        send(&mut other, &asks.replace("192.0.2.7", "192.0.2.8")).await;
        assert!(head(&mut other).await.starts_with("HTTP/1.1 200 "));
    }

    async fn ceremonies_take_json_alone(at: At) {
        let server = Server::start(at).await;
        let browser = server.browser();
        for path in ["/webauthn/authentication/options", "/webauthn/authentication/verify"] {
            for kind in ["text/plain", "application/x-www-form-urlencoded", "", "application/jsonx"] {
                let mut request = browser.our_post(path).body("{}");
                if !kind.is_empty() {
                    request = request.header("content-type", kind);
                }
                let answer = browser.send(request).await;
                assert_eq!(answer.status, 415, "{path} {kind}: {}", answer.body);
            }
            let kind = "Application/JSON; charset=utf-8";
            let request = browser.our_post(path).header("content-type", kind).body("{}");
            assert_ne!(browser.send(request).await.status, 415, "{path}");
        }
    }

    async fn what_cannot_be_read_is_no_error_of_ours(at: At) {
        let server = Server::start(at).await;
        for nonsense in ["\0\0\0\0\r\n\r\n", "GET / HTTP/9.9\r\n\r\n", "POST / HTTP/1.1\r\ncontent-length: x\r\n\r\n"] {
            let mut stream = from(1, &server).await;
            send(&mut stream, nonsense).await;
            let answer = head(&mut stream).await;
            assert!(answer.starts_with("HTTP/1.1 400 "), "{nonsense:?}: {answer}");
        }
        assert_eq!(log::lines_with("ERROR actix"), Vec::<String>::new());
    }

    async fn an_origin_that_is_hidden_is_taken_where_the_browser_tells_the_site(at: At) {
        let server = Server::start(at).await;
        let browser = server.browser();
        let post = |site: Option<&str>| {
            let mut request = browser.request(Method::POST, "/sign-in/restart").header("origin", "null");
            if let Some(site) = site {
                request = request.header("sec-fetch-site", site.to_owned());
            }
            request
        };
        assert_eq!(browser.send(post(Some("same-origin"))).await.status, 303);
        for site in ["none", "same-site", "cross-site"] {
            let answer = browser.send(post(Some(site))).await;
            assert_eq!(answer.status, 403, "{site}");
        }
        let answer = browser.send(post(None)).await;
        assert_eq!(answer.status, 403);
        assert!(answer.text().contains("Referrer-Policy"), "{}", answer.text());
    }

    async fn cookies_of_two_ports_or_of_two_names_are_two(at: At) {
        let names = |server: &Server| {
            let cookies = &server.keyward.settings.cookies;
            (cookies.session.clone(), cookies.notice.clone())
        };
        let one = Server::start(at).await;
        let port = one.base.rsplit(':').next().expect("a port").to_owned();
        assert_eq!(names(&one), (format!("keyward-{port}"), format!("keyward-{port}-notice")));
        let two = Server::with(at, &[("session.cookie", "\"acme\"")]).await;
        assert_eq!(names(&two), ("acme".to_owned(), "acme-notice".to_owned()));
        let anna = two.user("anna").await;
        anna.signs_in().await;
        assert!(anna.browser.cookies().contains("acme="), "{}", anna.browser.cookies());
    }

    async fn plain_http_leads_to_the_same_address_over_tls(at: At) {
        let port = process::free_port();
        let from = format!("\"127.0.0.1:{port}\"");
        let server = Server::over_tls_with(at, &[("server.redirect_from", &from)]).await;
        let client = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .build()
            .expect("a client");
        for path in ["/", "/sign-in?next=%2Faccount&a=b", "//evil.example/x"] {
            let request = client.post(format!("http://127.0.0.1:{port}{path}")).header("host", "evil.example");
            let answer = request.send().await.expect("an answer");
            assert_eq!(answer.status(), 308);
            assert_eq!(answer.headers()["location"], format!("{}{path}", server.base));
        }
    }

    async fn each_encoding_of_an_asset_has_its_own_tag(at: At) {
        let server = Server::start(at).await;
        let browser = server.browser();
        let get = |encoding: &str, known: &str| {
            let request = browser.request(Method::GET, "/assets/css/all.css");
            let request = request.header("accept-encoding", encoding.to_owned());
            browser.send(request.header("if-none-match", known.to_owned()))
        };
        let plain = get("identity", "").await;
        let packed = get("gzip", "").await;
        let (tag, other) = (plain.header("etag"), packed.header("etag"));
        assert_ne!(tag, other);
        assert_eq!((plain.status, packed.header("content-encoding")), (200, "gzip"));
        for page in [&plain, &packed] {
            assert_eq!(page.header("vary"), "accept-encoding");
        }
        for known in [tag.to_owned(), format!("W/{tag}"), format!("\"x\", {tag}"), "*".to_owned()] {
            let again = get("identity", &known).await;
            assert_eq!((again.status, again.header("vary")), (304, "accept-encoding"), "{known}");
        }
        assert_eq!(get("gzip", tag).await.status, 200);
    }
}

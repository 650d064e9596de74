//! What a stranger can hold and order, by bytes and by connections.

use std::net::{Ipv4Addr, SocketAddr};

use reqwest::Method;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};

use keyward_test_support::log;
use keyward_test_support::on_every_database;
use keyward_test_support::process;
use keyward_test_support::server::Server;

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

/// Sends this without end, and says how much of it was taken until the server closed.
async fn flood(mut stream: TcpStream, piece: &[u8]) -> (usize, String) {
    let (mut answers, mut questions) = stream.split();
    let mut taken = 0;
    let sending = async {
        while questions.write_all(piece).await.is_ok() {
            taken += piece.len();
        }
    };
    let mut text = Vec::new();
    let reading = answers.read_to_end(&mut text);
    let _ = tokio::join!(sending, reading);
    (taken, String::from_utf8_lossy(&text).into_owned())
}

const ENDLESS: &str = "POST /sign-in/password HTTP/1.1\r\nhost: localhost\r\n\
     content-type: application/x-www-form-urlencoded\r\n";

/// More than both systems keep of what nobody has read.
const HOPELESS: usize = 32 * 1024 * 1024;

on_every_database! {
    async fn a_body_without_end_is_not_read_without_end(at: At) {
        let server = Server::start(at).await;
        let chunk = format!("4000\r\n{}\r\n", "a".repeat(0x4000));
        let bare = "a".repeat(0x4000);
        for (headers, piece) in [
            ("transfer-encoding: chunked\r\n", &chunk),
            ("content-encoding: gzip\r\ntransfer-encoding: chunked\r\n", &chunk),
            ("content-length: 99999999999\r\n", &bare),
            ("expect: 100-continue\r\ncontent-length: 99999999999\r\n", &bare),
            ("connection: upgrade\r\nupgrade: websocket\r\n", &bare),
        ] {
            for path in ["/sign-in/password", "/wsapi/2.0/verify", "/health/live", "/nothing", "/assets/css/all.css"] {
                let mut stream = from(9, &server).await;
                let head = ENDLESS.replace("/sign-in/password", path);
                send(&mut stream, &format!("{head}{headers}\r\n")).await;
                let (taken, answer) = flood(stream, piece.as_bytes()).await;
                assert!(taken < HOPELESS, "{headers} {path}: {taken}");
                // Who sends on while the connection is closed may lose the answer, and nothing else.
                assert!(answer.is_empty() || answer.contains("HTTP/1.1 4") || answer.contains("HTTP/1.1 200"),
                    "{headers} {path}: {answer}");
            }
        }
        // Chunks that carry nothing, and heads that do not end.
        for (start, piece) in [
            (format!("{ENDLESS}transfer-encoding: chunked\r\n\r\n"), "1\r\na\r\n"),
            (format!("{ENDLESS}transfer-encoding: chunked\r\n\r\n"), "1;aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\na\r\n"),
            (format!("{ENDLESS}transfer-encoding: chunked\r\n\r\n1;"), "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"),
            (format!("{ENDLESS}transfer-encoding: chunked\r\n\r\n0\r\n"), "trailer: aaaaaaaaaaaaaaaaaaaa\r\n"),
            (ENDLESS.to_owned(), "x: aaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n"),
            (format!("{ENDLESS}x: "), "aaaaaaaaaaaaaaaaaaaaaaaaa"),
            ("GET /".to_owned(), "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"),
        ] {
            let mut stream = from(9, &server).await;
            send(&mut stream, &start).await;
            let (taken, _) = flood(stream, piece.repeat(256).as_bytes()).await;
            assert!(taken < HOPELESS, "{start} {piece}: {taken}");
        }
    }

    async fn whoever_sends_a_little_too_much_reads_why_it_was_refused(at: At) {
        let server = Server::start(at).await;
        let body = "a".repeat(150_000);
        for (headers, body) in [
            ("content-length: 150000\r\n", body.clone()),
            ("transfer-encoding: chunked\r\n", format!("249f0\r\n{body}\r\n0\r\n\r\n")),
        ] {
            let mut stream = from(9, &server).await;
            send(&mut stream, &format!("{ENDLESS}{headers}\r\n{body}")).await;
            let answer = rest(stream).await;
            assert!(answer.starts_with("HTTP/1.1 413 "), "{headers}: {answer}");
            assert!(answer.to_lowercase().contains("connection: close"), "{answer}");
        }
    }

    async fn whoever_says_nothing_more_is_left(at: At) {
        let server = Server::with(at, &[("server.body_timeout", "\"1s\"")]).await;
        let expects = format!("{ENDLESS}content-length: 10\r\nexpect: 100-continue\r\n\r\n");
        for (name, text, ends_with) in [
            ("nothing", String::new(), ""),
            ("half a line", "GET /hea".to_owned(), ""),
            ("half a head", "GET /health/live HTTP/1.1\r\nhost:".to_owned(), ""),
            ("an answer, and half of the next head", format!("{LIVE}GET /health/live HTTP/1.1\r\nx"), "ok"),
            ("an answer, and nothing more", LIVE.to_owned(), "ok"),
            ("many at once, and half a head", format!("{}GET", LIVE.repeat(40)), "ok"),
            ("a promise", expects, "408"),
        ] {
            let mut stream = from(9, &server).await;
            send(&mut stream, &text).await;
            let answer = rest(stream).await;
            assert!(answer.contains(if ends_with == "ok" { "HTTP/1.1 200 " } else { ends_with }), "{name}: {answer}");
            let count = answer.matches("HTTP/1.1 200 ").count();
            assert_eq!(count, text.matches("\r\n\r\n").count() * usize::from(ends_with == "ok"), "{name}");
        }
    }

    async fn whoever_takes_no_answer_is_left(at: At) {
        let server = Server::with(at, &[("server.body_timeout", "\"1s\"")]).await;
        let mut stream = from(9, &server).await;
        let asks = LIVE.replace("/health/live", "/assets/css/all.css").repeat(64);
        let mut sent = 0;
        // It stops to take them when the answers lie there, and must then close.
        while stream.write_all(asks.as_bytes()).await.is_ok() {
            sent += asks.len();
            assert!(sent < HOPELESS, "questions are taken without end");
        }
    }

    async fn heads_longer_than_any_browsers_are_refused_before_they_are_read(at: At) {
        let server = Server::start(at).await;
        let browser = server.browser();
        let long = |length: usize| "a".repeat(length);
        for path in [
            format!("/{}", long(8 * 1024)), format!("/assets/{}", long(60_000)), format!("/recover/{}", long(60_000)),
            format!("/sign-in?next=/{}", long(9_000)), format!("/sign-in?{}", "a=1&".repeat(3_000)),
            format!("/webauthn/{}", long(9_000)),
        ] {
            let answer = browser.get_unread(&path).await;
            assert_eq!(answer.status, 414, "{} bytes of {}", path.len(), &path[..16]);
            assert_eq!(answer.header("x-content-type-options"), "nosniff");
        }
        let request = |name: &str, value: String| browser.request(Method::GET, "/sign-in").header(name.to_owned(), value);
        for (name, value) in [
            ("cookie", "a=b; ".repeat(4_000)), ("accept-language", "en;q=0.1,".repeat(2_000)),
            ("x-forwarded-for", "192.0.2.1,".repeat(2_000)), ("accept", "text/html,".repeat(2_000)),
            ("user-agent", long(17_000)), ("referer", format!("http://localhost/{}", long(17_000))), ("x", long(17_000)),
        ] {
            let answer = browser.send(request(name, value)).await;
            assert_eq!(answer.status, 431, "{name}");
        }
        let machine = browser.request(Method::GET, "/health/live").header("x", long(17_000));
        let answer = browser.send(machine.header("accept", "application/json")).await;
        assert!(answer.body.contains("request.headers_too_large"), "{}", answer.body);
        // What browsers with many neighbours send is taken.
        assert_eq!(browser.send(request("cookie", "neighbour=aaaaaaaaaaaaaaaa; ".repeat(400))).await.status, 200);
        assert_eq!(browser.get(&format!("/sign-in?next=/{}", long(4_000))).await.status, 200);
    }

    async fn a_handshake_that_does_not_end_is_not_waited_for(at: At) {
        let server = Server::over_tls_with(at, &[("server.body_timeout", "\"1s\"")]).await;
        for start in [&b""[..], b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", b"GET / HTTP/1.1\r\n\r\n"] {
            let mut stream = from(9, &server).await;
            let _ = stream.write_all(start).await;
            let answer = rest(stream).await;
            assert!(!answer.contains("HTTP/1.1"), "{answer}");
        }
    }

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
            let cookies = &server.app.settings().cookies;
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

    async fn no_shape_of_a_request_over_plain_http_leads_elsewhere(at: At) {
        let port = process::free_port();
        let from = format!("\"127.0.0.1:{port}\"");
        let server = Server::over_tls_with(at, &[("server.redirect_from", &from)]).await;
        for (head, path) in [
            ("GET http://evil.example/x HTTP/1.1\r\nHost: evil.example", "/x"),
            ("GET http://evil.example HTTP/1.1\r\nHost: evil.example", "/"),
            ("OPTIONS * HTTP/1.1\r\nHost: localhost", "/"),
            ("GET /a?b=c HTTP/1.0", "/a?b=c"),
            ("HEAD /a HTTP/1.1\r\nHost: evil.example\r\nX-Forwarded-Host: evil.example", "/a"),
            ("GET /\\evil.example HTTP/1.1\r\nHost: @evil.example", "/\\evil.example"),
            ("PUT /%0d%0aSet-Cookie:a=b HTTP/1.1\r\nHost: localhost", "/%0d%0aSet-Cookie:a=b"),
        ] {
            let mut stream = TcpStream::connect(("127.0.0.1", port)).await.expect("a connection");
            let request = format!("{head}\r\nConnection: close\r\n\r\n");
            stream.write_all(request.as_bytes()).await.expect("sent");
            let mut answer = String::new();
            stream.read_to_string(&mut answer).await.expect("an answer");
            if answer.starts_with("HTTP/1.1 400") || answer.starts_with("HTTP/1.0 400") {
                continue;
            }
            assert!(answer.contains(" 308 "), "{head}: {answer}");
            let location = answer.lines().find_map(|line| line.strip_prefix("location: "));
            assert_eq!(location, Some(format!("{}{path}", server.base).as_str()), "{head}");
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

//! The session check of a page, over HTTP, against a bare handler of the same framework. What the
//! client costs is not counted: it is a thread of its own. The servers have one processor and the
//! client has another: where the kernel wakes one beside the other as it likes, the same request
//! costs half as much at one time as at another.

use std::collections::HashMap;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use actix_session::storage::{LoadError, SaveError, SessionKey, SessionStore, UpdateError};
use actix_session::{Session, SessionMiddleware};
use actix_web::cookie::Key;
use actix_web::cookie::time::Duration as Ttl;
use actix_web::http::header::LOCATION;
use actix_web::web::{Data, get};
use actix_web::{HttpResponse, HttpServer};
use keyward::views::Views;
use keyward::web::Site;
use keyward::web::body::Bodies;
use keyward::web::browser_sessions::BrowserSessions;
use keyward::web::extract::permits::Permit;
use keyward_actions::App;
use keyward_core::flows::permit::SignedIn;

use super::cpu::{self, Bench};
use keyward_test_support::backends::At;
use keyward_test_support::server::Server;

/// Browsers that ask at the same time, each on a connection that stays open.
const BROWSERS: usize = 8;

pub fn measure(bench: &mut Bench) {
    cpu::keep_to(0);
    let runtime = super::runtime();
    let server = runtime.block_on(Server::start(At::Sqlite));
    let cookies = runtime.block_on(async {
        let mut anna = server.user("anna").await;
        anna.signs_in().await;
        anna.adds_an_app().await;
        let page = anna.visits("/account").await;
        assert_eq!((page.status, page.path.as_str()), (200, "/account"));
        anna.browser.cookies()
    });
    let port = server.base.rsplit(':').next().expect("a port");
    let ours: SocketAddr = format!("127.0.0.1:{port}").parse().expect("an address");
    let bare = bare();
    let (session, middleware) = (session_alone(&server), middleware_alone(&server));
    cpu::keep_to(1);
    // The sign-in page sends whoever is signed in away: the whole stack and the check, no page.
    for (name, address, path, status) in [
        ("page/bare", bare, "/sign-in", "303"),
        ("page/session", session, "/sign-in", "303"),
        ("page/actix-session", middleware, "/sign-in", "303"),
        ("page/stack", ours, "/sign-in", "303"),
        ("page/account", ours, "/account", "200"),
    ] {
        let mut browsers = Browsers::open(address, path, &cookies, status);
        bench.measure(name, 5, |times| browsers.ask(times));
    }
}

fn away() -> HttpResponse {
    HttpResponse::SeeOther()
        .insert_header((LOCATION, "/account"))
        .finish()
}

fn bare() -> SocketAddr {
    on_a_thread(|| {
        let app = || actix_web::App::new().route("/sign-in", get().to(async || away()));
        let server = HttpServer::new(app).workers(1).bind(ANY_PORT)?;
        Ok((server.addrs(), server.run()))
    })
}

fn cookie_key(app: &App) -> Key {
    Key::from(keyward_actions::browser_session::cookie_key(app).as_slice())
}

/// The bare handler with the middleware of sessions alone, over a store that looks nothing up: what
/// the framework's own part costs.
fn middleware_alone(server: &Server) -> SocketAddr {
    let key = cookie_key(&server.app);
    on_a_thread(move || {
        let app = move || {
            let session = SessionMiddleware::builder(Constant, key.clone())
                .cookie_name("keyward".to_owned())
                .build();
            actix_web::App::new()
                .wrap(session)
                .route("/sign-in", get().to(async |_: Session| away()))
        };
        let server = HttpServer::new(app).workers(1).bind(ANY_PORT)?;
        Ok((server.addrs(), server.run()))
    })
}

/// A store in which every key has the same session.
struct Constant;

impl SessionStore for Constant {
    async fn load(&self, _: &SessionKey) -> Result<Option<HashMap<String, String>>, LoadError> {
        Ok(Some(HashMap::from([(
            "identifier".to_owned(),
            "\"x\"".to_owned(),
        )])))
    }

    async fn save(&self, _: HashMap<String, String>, _: &Ttl) -> Result<SessionKey, SaveError> {
        Err(SaveError::Other(anyhow::anyhow!("nothing is saved")))
    }

    async fn update(
        &self,
        key: SessionKey,
        _: HashMap<String, String>,
        _: &Ttl,
    ) -> Result<SessionKey, UpdateError> {
        Ok(key)
    }

    async fn update_ttl(&self, _: &SessionKey, _: &Ttl) -> Result<(), anyhow::Error> {
        Ok(())
    }

    async fn delete(&self, _: &SessionKey) -> Result<(), anyhow::Error> {
        Ok(())
    }
}

/// The bare handler with the session and the permit, and without the rest of the server.
fn session_alone(server: &Server) -> SocketAddr {
    let app = server.app.clone();
    on_a_thread(move || {
        let key = cookie_key(&app);
        let views = Views::new().expect("the templates are there");
        let site = Data::new(Site {
            cookie_key: actix_web::cookie::Key::generate(),
            app,
            views,
            bodies: Bodies::new(Duration::from_secs(30), 1_000),
        });
        let app = move || {
            let sessions = BrowserSessions::new(&site.app);
            let session = SessionMiddleware::builder(sessions, key.clone())
                .cookie_name("keyward".to_owned())
                .build();
            actix_web::App::new()
                .app_data(site.clone())
                .wrap(session)
                .route("/sign-in", get().to(async |_: Permit<SignedIn>| away()))
        };
        let server = HttpServer::new(app).workers(1).bind(ANY_PORT)?;
        Ok((server.addrs(), server.run()))
    })
}

const ANY_PORT: (&str, u16) = ("127.0.0.1", 0);

/// Serves until the program ends.
fn on_a_thread<S>(start: S) -> SocketAddr
where
    S: FnOnce() -> std::io::Result<(Vec<SocketAddr>, actix_web::dev::Server)> + Send + 'static,
{
    let (bound, address) = mpsc::channel();
    thread::spawn(move || {
        actix_web::rt::System::new().block_on(async {
            let (addresses, server) = start().expect("a port is free");
            bound.send(addresses[0]).expect("somebody waits");
            server.await.expect("the server runs");
        });
    });
    address.recv().expect("the server starts")
}

/// Connections on which the same request is sent over and over.
struct Browsers {
    connections: Vec<TcpStream>,
    request: Vec<u8>,
    status: &'static str,
}

impl Browsers {
    fn open(address: SocketAddr, path: &str, cookies: &str, status: &'static str) -> Self {
        // What browsers send, about.
        let request = format!(
            "GET {path} HTTP/1.1\r\nHost: localhost:8080\r\nConnection: keep-alive\r\n\
             Upgrade-Insecure-Requests: 1\r\n\
             User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) \
             Chrome/140.0.0.0 Safari/537.36\r\n\
             Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8\r\n\
             Sec-Fetch-Site: same-origin\r\nSec-Fetch-Mode: navigate\r\n\
             Sec-Fetch-Dest: document\r\nAccept-Encoding: gzip, deflate, br, zstd\r\n\
             Accept-Language: en-GB,en;q=0.9\r\nCookie: {cookies}\r\n\r\n"
        );
        let connect = |_| {
            let connection = TcpStream::connect(address).expect("the server listens");
            connection.set_nodelay(true).expect("a socket");
            connection
        };
        Self {
            connections: (0..BROWSERS).map(connect).collect(),
            request: request.into_bytes(),
            status,
        }
    }

    /// Asks so many times in all; gives back what the server's threads spent.
    fn ask(&mut self, times: u64) -> Duration {
        let (process, client) = (cpu::of_process(), cpu::of_thread());
        let mut left = usize::try_from(times).expect("not that many");
        while left > 0 {
            let now = left.min(self.connections.len());
            for connection in &mut self.connections[..now] {
                connection
                    .write_all(&self.request)
                    .expect("an open connection");
            }
            for connection in &mut self.connections[..now] {
                read_answer(connection, self.status);
            }
            left -= now;
        }
        (cpu::of_process() - process).saturating_sub(cpu::of_thread() - client)
    }
}

fn read_answer(connection: &mut TcpStream, status: &str) {
    let mut buffer = [0; 64 * 1024];
    let mut filled = 0;
    loop {
        let read = connection.read(&mut buffer[filled..]).expect("an answer");
        assert!(read > 0, "the server hung up");
        filled += read;
        let Some(head) = buffer[..filled]
            .windows(4)
            .position(|end| end == b"\r\n\r\n")
        else {
            continue;
        };
        let text = String::from_utf8_lossy(&buffer[..head]).to_lowercase();
        assert_eq!(text.split(' ').nth(1), Some(status), "{text}");
        let length = text.split("content-length: ").nth(1).expect("a length");
        let length: usize = length
            .split("\r\n")
            .next()
            .and_then(|digits| digits.parse().ok())
            .expect("a length");
        if filled == head + 4 + length {
            return;
        }
    }
}

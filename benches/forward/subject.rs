//! What is asked: a bare handler, and Keyward on both databases, each in a process of its own.

use std::collections::HashMap;
use std::io::Write as _;
use std::net::TcpListener;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Duration;

use actix_web::HttpResponse;
use actix_web::http::header::{CACHE_CONTROL, HeaderName, HeaderValue};
use keyward::web::{self, Waits};
use keyward_actions::browser_session;
use keyward_core::flows::permit::Administrator;
use keyward_test_support::backends::At;
use keyward_test_support::server::Server;
use tokio::time::MissedTickBehavior;

use super::process::Process;

/// The bare handler before what it is compared with, on the same database and with the same commits.
pub const ROLES: [&str; 4] = ["bare, sqlite", "sqlite", "bare, postgres", "postgres"];
/// Another way to look whether a session is verified, in a process of the same processor.
pub const DJANGO: &str = "django-two-factor-auth";
/// Between two commits.
const EVERY: Duration = Duration::from_millis(2);

/// A server in a process of its own; it stops when this is dropped.
pub struct Subject {
    /// What it is called.
    pub name: &'static str,
    /// Where it listens.
    pub address: String,
    /// The cookies of somebody who is signed in.
    pub cookies: String,
    process: Process,
}

impl Subject {
    /// Starts one.
    pub fn start(name: &'static str) -> Self {
        let mut process = match name {
            DJANGO => {
                let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/forward/");
                let script = format!("{folder}django_two_factor.py");
                Process::start(name, ["python3".to_owned(), script])
            }
            _ => Process::of_this_program(name),
        };
        Self {
            name,
            address: process.line(),
            cookies: process.line(),
            process,
        }
    }

    /// Whether it is asked, and commits meanwhile.
    pub fn is_asked(&mut self, is_asked: bool) {
        let pipe = self.process.child.stdin.as_mut().expect("a pipe");
        let word = if is_asked { "asked" } else { "rests" };
        writeln!(pipe, "{word}").expect("it listens");
    }

    /// The processor time that it has used.
    pub fn cpu(&self) -> Duration {
        self.process.cpu()
    }
}

/// Is one of the servers, until standard input ends.
pub fn serve(role: &str, sessions: u64) {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let at = match role.contains("postgres") {
        true => At::Postgres,
        false => At::Sqlite,
    };
    let (server, address, cookies) = runtime.block_on(keyward(at, sessions));
    match role.starts_with("bare") {
        // The same question, which the handler does not look at.
        true => println!("address {}\ncookies {cookies}", bare()),
        false => println!("address {address}\ncookies {cookies}"),
    }
    let app = server.app.clone();
    let is_asked = Arc::new(AtomicBool::new(false));
    let commits = Arc::clone(&is_asked);
    let writing = runtime.spawn(async move {
        let mut ticks = tokio::time::interval(EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
        loop {
            ticks.tick().await;
            if !commits.load(Ordering::Relaxed) {
                continue;
            }
            let state = HashMap::new();
            let lasts = Duration::from_secs(60);
            browser_session::insert(&app, &state, lasts)
                .await
                .expect("a commit");
        }
    });
    // Nobody commits while another server is asked.
    for line in std::io::stdin().lines() {
        is_asked.store(line.expect("a pipe") == "asked", Ordering::Relaxed);
    }
    writing.abort();
    // Before the folder of its database goes.
    let _ = runtime.block_on(writing);
    drop(server);
}

async fn keyward(at: At, sessions: u64) -> (Server, String, String) {
    let server = Server::with(at, &[("server.workers", "1")]).await;
    let rules = [
        "/public bypass",
        "POST /admin group:none hardware",
        "/ anyone second-factor",
    ];
    let administrator = Administrator::at_command_line();
    let group = keyward_core::domain::group::GroupName::from_stored("none");
    keyward_actions::group::create(&server.app, &administrator, group)
        .await
        .expect("a group");
    server.protects("Wiki", "*.example.org", &rules).await;
    server.user("ben").await;
    server.database.execute(&crowd(at, sessions));
    let mut anna = server.user("anna").await;
    anna.signs_in().await;
    anna.adds_an_app().await;
    let port = server.base.rsplit(':').next().expect("a port").to_owned();
    let cookies = anna.browser.cookies();
    (server, format!("127.0.0.1:{port}"), cookies)
}

/// So many open sessions of somebody else, with the rows behind their browsers' cookies.
fn crowd(at: At, sessions: u64) -> String {
    let numbers = match at {
        At::Sqlite => format!(
            "(WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {sessions}) \
             SELECT i, printf('%012x', i) AS hex FROM n)"
        ),
        At::Postgres => format!(
            "(SELECT i, lpad(to_hex(i), 12, '0') AS hex FROM generate_series(1, {sessions}) AS i)"
        ),
    };
    format!(
        "INSERT INTO browser_sessions (key_hash, state, expires_at) \
         SELECT 'key' || i, '{{}}', 4102444800000 FROM {numbers} AS n; \
         INSERT INTO sessions (id, identifier_hash, user_id, assurance, methods, opened_at, \
             last_seen_at, expires_at, address, user_agent) \
         SELECT '018f0002-0000-7000-8000-' || hex, 'hash' || i, users.id, 'password', 'pwd', 0, \
             4102444800000, 4102444800000, '192.0.2.1', 'idle' \
         FROM {numbers} AS n, users WHERE users.name = 'ben'"
    )
}

fn bare() -> String {
    let (bound, address) = mpsc::channel();
    thread::spawn(move || {
        actix_web::rt::System::new().block_on(async move {
            let app = || {
                actix_web::App::new().route(
                    "/forward-auth/caddy",
                    actix_web::web::get().to(async || answer()),
                )
            };
            let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port");
            let address = listener.local_addr().expect("bound");
            let builder = actix_server::Server::build().workers(1).disable_signals();
            let waits = Waits {
                within: Duration::from_secs(30),
                connections: 1_000,
            };
            let server = web::serve(builder, listener, address, app, None, None, waits);
            let server = server.expect("it listens");
            bound.send(address.to_string()).expect("somebody waits");
            server.run().await.expect("it runs");
        });
    });
    address.recv().expect("it starts")
}

fn answer() -> HttpResponse {
    let mut answer = HttpResponse::Ok();
    for (name, value) in [
        ("remote-user", "anna"),
        ("remote-name", "anna"),
        ("remote-email", ""),
        ("remote-groups", ""),
        ("remote-amr", "pwd,otp,mfa"),
        ("remote-acr", "aal2"),
        ("remote-auth-time", "1795000000"),
    ] {
        let value = HeaderValue::from_static(value);
        answer.insert_header((HeaderName::from_static(name), value));
    }
    answer.insert_header((CACHE_CONTROL, HeaderValue::from_static("no-store")));
    answer.finish()
}

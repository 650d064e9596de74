//! Providers with users who are signed in to an application, each in a process of its own.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use keyward_test_support::backends::{At, Behind};
use keyward_test_support::node;
use keyward_test_support::openid::{RelyingParty, VERIFIER, query};
use keyward_test_support::postgres::Postgres;
use keyward_test_support::server::Server;
use serde::{Deserialize, Serialize};

use super::CALLERS;
use super::process::Process;

/// What is asked.
pub const ROLES: [&str; 3] = ["sqlite", "postgres", TWIN];
/// npm's provider, which keeps everything in memory.
const TWIN: &str = "oidc-provider";

/// A provider in a process of its own.
pub struct Subject {
    /// What it is called.
    pub name: &'static str,
    /// Where it listens.
    pub address: String,
    /// What its applications know.
    pub told: Told,
    process: Process,
}

/// What applications know of a provider.
#[derive(Clone, Deserialize, Serialize)]
pub struct Told {
    /// Where tokens are given.
    pub token: String,
    /// Where they are asked about.
    pub introspect: String,
    /// Who the bearer of a token is.
    pub userinfo: String,
    /// A request for a code; empty where no user has a session.
    pub authorize: String,
    /// What is sent besides a code.
    pub redeem: String,
    /// What the application proves itself by.
    pub proof: String,
    /// The session of a user who is sent for codes.
    pub cookies: String,
    /// A token of each caller's user.
    pub access_tokens: Vec<String>,
    /// And what it is renewed by.
    pub refresh_tokens: Vec<String>,
}

impl Subject {
    /// Starts one.
    pub fn start(name: &'static str) -> Self {
        let mut process = match name {
            TWIN => {
                let script = concat!(
                    env!("CARGO_MANIFEST_DIR"),
                    "/benches/openid/oidc_provider.mjs"
                );
                let packages = node::packages().display().to_string();
                let command = [
                    node::node(),
                    script.to_owned(),
                    packages,
                    CALLERS.to_string(),
                ];
                Process::start(name, command)
            }
            _ => Process::of_this_program(name),
        };
        Self {
            name,
            address: process.line(),
            told: serde_json::from_str(&process.line()).expect("JSON"),
            process,
        }
    }

    /// The processor time that it has used.
    pub fn cpu(&self) -> Duration {
        self.process.cpu()
    }
}

/// Is one of the providers, until standard input ends.
pub fn serve(role: &str) {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    // Beside the tests' own, which syncs nothing.
    let postgres = (role == "postgres").then(Postgres::durable);
    let database = postgres.as_ref().map(Postgres::database);
    let at = match postgres {
        Some(_) => At::Postgres,
        None => At::Sqlite,
    };
    let address = |behind: &Behind| match &database {
        Some(database) => database.url.clone(),
        None => behind.url(),
    };
    let settings = [("server.workers", "1")];
    let server = runtime.block_on(Server::reaching(at, &settings, address));
    let told = runtime.block_on(told(&server));
    let port = server.base.rsplit(':').next().expect("a port");
    println!("address 127.0.0.1:{port}");
    println!("told {}", serde_json::to_string(&told).expect("JSON"));
    for line in std::io::stdin().lines() {
        line.expect("a pipe");
    }
    drop(server);
}

async fn told(server: &Server) -> Told {
    let app: RelyingParty = server.registers("wiki", |_| {}).await;
    let secret = app.secret.as_deref().expect("a secret");
    let mut told = Told {
        token: "/oauth2/token".to_owned(),
        introspect: "/oauth2/introspect".to_owned(),
        userinfo: "/oauth2/userinfo".to_owned(),
        authorize: app.path(&[]),
        redeem: query(&[
            ("redirect_uri", &app.redirect_uri),
            ("code_verifier", VERIFIER),
        ]),
        proof: STANDARD.encode(format!("{}:{secret}", app.client_id)),
        cookies: String::new(),
        access_tokens: Vec::new(),
        refresh_tokens: Vec::new(),
    };
    for number in 0..CALLERS {
        let user = server.user(&format!("user{number}")).await;
        user.signs_in().await;
        let tokens = app.signs_in(&user, &[]).await;
        let token = |name: &str| tokens[name].as_str().expect("a token").to_owned();
        told.access_tokens.push(token("access_token"));
        told.refresh_tokens.push(token("refresh_token"));
    }
    let anna = server.user("anna").await;
    anna.signs_in().await;
    told.cookies = anna.browser.cookies();
    told
}

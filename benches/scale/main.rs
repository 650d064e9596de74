//! What a large table of credentials costs: a passwordless sign-in and its policy check, a page of
//! the console's lists, the dry run of a policy and the judging of everybody's devices, with a
//! thousand credentials and with a million.
//!
//! ```sh
//! cargo bench --all-features --bench scale
//! ```
//! Numbers after `--` are counts of credentials in place of these two. A sign-in and a page are to
//! cost the same with either; a dry run and a judgement grow with the number, by as much memory as
//! one batch needs.

#[path = "../../tests/support/mod.rs"]
mod support;

use std::net::{IpAddr, Ipv4Addr};
use std::time::{Duration, Instant};

use keyward::actions::sign_in::PasskeyOutcome;
use keyward::clock::SystemEntropy;
use keyward::domain::policy::{Rules, Scope};
use keyward::domain::session::Client;
use keyward::flows::next_path::NextPath;
use keyward::flows::permit::Administrator;
use keyward::secret::Token;
use serde_json::Value;

use support::backends::At;
use support::server::Server;
use support::soft_authenticator::SoftAuthenticator;

/// How often what is quick is done; the median is told.
const TIMES: usize = 200;

fn main() {
    let typed = std::env::args().filter_map(|argument| argument.parse().ok());
    let mut counts: Vec<u64> = typed.collect();
    if counts.is_empty() {
        counts = vec![1_000, 1_000_000];
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    for count in counts {
        runtime.block_on(measure(count));
    }
}

async fn measure(count: u64) {
    let server = Server::start(At::Sqlite).await;
    let anna = server.user("anna").await;
    anna.signs_in().await;
    let mut passkey = SoftAuthenticator::passkey();
    assert_eq!(anna.registers("passkey", &mut passkey).await.status, 200);
    server.database.execute(&crowd(count));
    let credentials = server.database.number("SELECT COUNT(*) FROM credentials");
    println!("{credentials} credentials");

    report(
        "passwordless sign-in",
        sign_ins(&server, &mut passkey).await,
    );
    report("a page of devices", pages(&server).await);
    let memory = peak();
    let (run, took) = dry_run(&server).await;
    println!(
        "  dry run: {took:.1?}, {run}; {} KiB more memory",
        peak() - memory
    );
    let took = switch_on(&server).await;
    println!(
        "  judging everybody: {took:.1?}; {} KiB more memory",
        peak() - memory
    );
    report(
        "passwordless sign-in under a policy",
        sign_ins(&server, &mut passkey).await,
    );
    report("a page of affected devices", affected(&server).await);
}

/// One credential each for so many people, every tenth of them synced.
fn crowd(count: u64) -> String {
    let numbers = format!(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {count})"
    );
    let user = "printf('018f0000-0000-7000-8000-%012x', i)";
    let device = "printf('018f0001-0000-7000-8000-%012x', i)";
    format!(
        "PRAGMA foreign_keys = OFF; PRAGMA synchronous = OFF; BEGIN IMMEDIATE;
         {numbers} INSERT INTO users (id, name, name_folded, handle, is_superuser, is_enabled,
             default_device, device_count, created_at)
         SELECT {user}, 'user' || i, 'user' || i, randomblob(32), 0, 1, {device}, 1, i FROM n;
         {numbers} INSERT INTO devices (id, user_id, kind, name, state, created_at, idle_since)
         SELECT {device}, {user}, 'passkey', 'Passkey', 'active', i, i FROM n;
         {numbers} INSERT INTO credentials (device_id, credential_id, public_key, sign_count,
             aaguid, transports, backup_eligible, backed_up, user_verified, attestation_format)
         SELECT {device}, randomblob(32), randomblob(77), 0,
             '00000000-0000-0000-0000-000000000000', 'internal', i % 10 = 0, 0, 1, 'none' FROM n;
         COMMIT;"
    )
}

async fn sign_ins(server: &Server, passkey: &mut SoftAuthenticator) -> Vec<Duration> {
    let keyward = &server.keyward;
    let client = client();
    let mut times = Vec::with_capacity(TIMES);
    for _ in 0..TIMES {
        let browser = Token::generate(&SystemEntropy);
        let start = Instant::now();
        let options = keyward.passwordless_options(&browser, None, &client).await;
        let asked = start.elapsed();
        let answer = passkey.authenticate(&options.expect("options"), &server.base);
        let answer = bytes(&answer);
        let start = Instant::now();
        let challenge = keyward.passwordless_challenge(&browser, &answer);
        let challenge = challenge.expect("a challenge of ours");
        let next = NextPath::default();
        let outcome = keyward
            .answer_passwordless(challenge, &answer, next, &client)
            .await;
        times.push(asked + start.elapsed());
        assert!(matches!(outcome, Ok(PasskeyOutcome::Opened(_))));
    }
    times
}

async fn pages(server: &Server) -> Vec<Duration> {
    let administrator = Administrator::at_command_line();
    let mut times = Vec::with_capacity(TIMES);
    for _ in 0..TIMES {
        let start = Instant::now();
        let page = server
            .keyward
            .devices(&administrator, Default::default(), 51);
        assert_eq!(page.await.expect("a database").len(), 51);
        times.push(start.elapsed());
    }
    times
}

async fn affected(server: &Server) -> Vec<Duration> {
    let administrator = Administrator::at_command_line();
    let mut times = Vec::with_capacity(TIMES);
    for _ in 0..TIMES {
        let start = Instant::now();
        let page = server.keyward.stopping_devices(&administrator, None, 51);
        assert!(!page.await.expect("a database").is_empty());
        times.push(start.elapsed());
    }
    times
}

/// Every tenth device is synced, and would stop.
fn rules() -> Rules {
    Rules {
        device_bound: true,
        ..Rules::default()
    }
}

async fn dry_run(server: &Server) -> (String, Duration) {
    let administrator = Administrator::at_command_line();
    let start = Instant::now();
    let run = server
        .keyward
        .dry_run(&administrator, Scope::Everybody, rules(), None, 50)
        .await
        .expect("a database");
    let told = format!("{} people, {} devices", run.people, run.devices);
    (told, start.elapsed())
}

async fn switch_on(server: &Server) -> Duration {
    let administrator = Administrator::at_command_line();
    let keyward = &server.keyward;
    let draft = keyward.draft_policy(&administrator, Scope::Everybody, rules());
    let draft = draft.await.expect("a draft");
    let start = Instant::now();
    let switched = keyward.switch_policy_on(&administrator, Scope::Everybody, draft.version);
    switched.await.expect("a policy");
    keyward.judge_again().await.expect("a judgement");
    start.elapsed()
}

fn client() -> Client {
    Client::new(
        IpAddr::V4(Ipv4Addr::LOCALHOST),
        "Mozilla/5.0 (X11; Linux x86_64)",
    )
}

fn bytes(answer: &Value) -> Vec<u8> {
    answer.to_string().into_bytes()
}

/// The most memory that this process ever had, in KiB.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux");
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let number = line.and_then(|line| line.split_whitespace().next()?.parse().ok());
    number.expect("a number of KiB")
}

fn report(what: &str, mut times: Vec<Duration>) {
    times.sort_unstable();
    let median = times[times.len() / 2];
    let late = times[times.len() * 99 / 100];
    println!("  {what}: median {median:.0?}, 99 % within {late:.0?}");
}

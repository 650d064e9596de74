//! What grows with the number of people: a sign-in and its policy check, the console's lists and
//! search, one person's changes, and what others wait for while a policy is judged, rows are swept and a
//! group is removed; with a thousand people, a credential each, and with a million.
//!
//! ```sh
//! cargo bench --all-features --bench scale
//! ```
//! Numbers after `--` are counts of people in place of these two. The last lines say how many times as long
//! each takes with the last of them as with the first; all of them are to stay near one. A dry run, a
//! judgement and a sweep grow with the number, by as much memory as one piece needs.

use std::net::{IpAddr, Ipv4Addr};
use std::time::{Duration, Instant};

use keyward_actions::device;
use keyward_actions::group;
use keyward_actions::overview;
use keyward_actions::policy;
use keyward_actions::session;
use keyward_actions::sign_in::{self, PasskeyOutcome};
use keyward_actions::user::{self, NewAccount};
use keyward_core::clock::SystemEntropy;
use keyward_core::domain::event::{Event, EventKind};
use keyward_core::domain::group::GroupName;
use keyward_core::domain::policy::{Rules, Scope};
use keyward_core::domain::session::Client;
use keyward_core::domain::user::UserName;
use keyward_core::flows::next_path::NextPath;
use keyward_core::flows::permit::Administrator;
use keyward_core::secret::Token;
use serde_json::Value;

use keyward_test_support::backends::At;
use keyward_test_support::server::Server;
use keyward_test_support::soft_authenticator::SoftAuthenticator;

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
    let runs: Vec<Figures> = counts
        .into_iter()
        .map(|count| runtime.block_on(measure(count)))
        .collect();
    compare(&runs);
}

/// What was measured, by name.
type Figures = Vec<(&'static str, Duration)>;

/// Each figure of the first run and of the last, and how many times the first the last is.
fn compare(runs: &[Figures]) {
    let (Some(first), Some(last)) = (runs.first(), runs.last()) else {
        return;
    };
    println!("\nhow many times as long");
    for ((what, few), (_, many)) in first.iter().zip(last) {
        let times = many.as_secs_f64() / few.as_secs_f64().max(1e-9);
        println!("  {what}: {few:.1?} and {many:.1?}, {times:.1} times");
    }
}

async fn measure(count: u64) -> Figures {
    let server = Server::start(At::Sqlite).await;
    let anna = server.user("anna").await;
    anna.signs_in().await;
    let mut passkey = SoftAuthenticator::passkey();
    assert_eq!(anna.registers("passkey", &mut passkey).await.status, 200);
    server.database.execute(&crowd(count));
    let credentials = server.database.number("SELECT COUNT(*) FROM credentials");
    println!("{credentials} credentials");
    let mut figures = Figures::new();

    let times = sign_ins(&server, &mut passkey).await;
    figures.push(report("passwordless sign-in", times));
    lists(&server, &mut figures).await;
    changes(&server, &mut figures).await;
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
    let times = sign_ins(&server, &mut passkey).await;
    figures.push(report("passwordless sign-in under a policy", times));
    figures.push(report(
        "a page of affected devices",
        affected(&server).await,
    ));
    let memory = peak();
    let (took, waits) = swept(&server, count).await;
    println!(
        "  sweeping: {took:.1?}; {} KiB more memory",
        peak() - memory
    );
    figures.push(report("a write while it is swept", waits));
    let (took, waits) = group_removed(&server, count).await;
    figures.push(("removing a group", took));
    figures.push(report("a write while a group empties", waits));
    figures
}

/// The console's lists, and its search.
async fn lists(server: &Server, figures: &mut Figures) {
    let administrator = Administrator::at_command_line();
    let app = &server.app;
    let caught_up = Instant::now();
    let found = user::catch_up_with_search(app).await.expect("a database");
    println!("  letting {found} be found: {:.1?}", caught_up.elapsed());
    figures.push(report("a page of devices", pages(server).await));
    figures.push(report(
        "a page of groups",
        timed(async || group::list(app, &administrator, None, 51).await.map(drop)).await,
    ));
    figures.push(report(
        "the page of policies",
        timed(async || {
            policy::list(app, &administrator).await?;
            group::names(app, &administrator, 1000).await.map(drop)
        })
        .await,
    ));
    figures.push(report(
        "a page of sessions",
        timed(async || {
            session::list(app, &administrator, None, None, 51)
                .await
                .map(drop)
        })
        .await,
    ));
    figures.push(report(
        "the overview",
        timed(async || overview::collect(app, &administrator, 10).await.map(drop)).await,
    ));
    for (what, typed) in [
        ("search for a part that nobody has", "zzyzx"),
        ("search for a part that a few have", "er999"),
        ("search for a part that half of all have", "even.example"),
        (
            "search for a part that the latter half have",
            "late.example",
        ),
        ("search for a part that everybody has", "example"),
        ("search for two letters", "us"),
    ] {
        let search = timed(async || {
            user::list(app, &administrator, typed, None, 50)
                .await
                .map(drop)
        });
        figures.push(report(what, search.await));
    }
    figures.push(report(
        "people without a device",
        timed(async || {
            let page = user::list_without_device(app, &administrator, "", None, 50);
            page.await.map(drop)
        })
        .await,
    ));
}

/// What one person's change costs.
async fn changes(server: &Server, figures: &mut Figures) {
    let administrator = Administrator::at_command_line();
    let app = &server.app;
    let anna = user::find_by_name(app, &administrator, "anna").await;
    let anna = anna.expect("a database").expect("anna").id;
    let group = || vec![GroupName::parse("board").expect("a name")];
    figures.push(report(
        "joining a group and leaving it",
        timed(async || {
            let (join, leave) = (group(), group());
            user::change_groups(app, &administrator, anna, join, Vec::new()).await?;
            user::change_groups(app, &administrator, anna, Vec::new(), leave)
                .await
                .map(drop)
        })
        .await,
    ));
    let mut number = 0;
    let mut created = Vec::with_capacity(TIMES);
    for _ in 0..TIMES {
        number += 1;
        let account = NewAccount {
            name: UserName::parse(&format!("new{number}")).expect("a name"),
            display_name: None,
            email: None,
            password: None,
            is_superuser: false,
            groups: Vec::new(),
        };
        let start = Instant::now();
        let made = user::create(app, &administrator, account).await;
        created.push(start.elapsed());
        made.expect("an account");
    }
    figures.push(report("a new account", created));
}

/// How long each of many goes took.
async fn timed<F>(mut work: impl FnMut() -> F) -> Vec<Duration>
where
    F: Future<Output = keyward_core::problem::Result<()>>,
{
    let mut times = Vec::with_capacity(TIMES);
    for _ in 0..TIMES {
        let start = Instant::now();
        work().await.expect("a database");
        times.push(start.elapsed());
    }
    times
}

/// How long everything that is over takes to be swept, and how long others wait meanwhile to write.
async fn swept(server: &Server, count: u64) -> (Duration, Vec<Duration>) {
    server.database.execute(&over(count));
    let app = server.app.clone();
    let start = Instant::now();
    let sweeping = tokio::spawn(async move { keyward_actions::sweep::remove_expired(&app).await });
    let waits = waits_until(server, || sweeping.is_finished()).await;
    assert!(sweeping.await.expect("no panic").expect("a database") > 0);
    (start.elapsed(), waits)
}

/// How long the removal of a group of a tenth of all takes, and how long others wait until it is
/// empty.
async fn group_removed(server: &Server, count: u64) -> (Duration, Vec<Duration>) {
    server.database.execute(&format!(
        "INSERT INTO groups (name) VALUES ('crowd');
         INSERT INTO group_members (user_id, group_id)
         SELECT users.id, groups.id FROM users, groups WHERE groups.name = 'crowd' LIMIT {}",
        count / 10
    ));
    let administrator = Administrator::at_command_line();
    let crowd = GroupName::parse("crowd").expect("a name");
    let app = server.app.clone();
    let removing = tokio::spawn(async move {
        let start = Instant::now();
        let removed = group::remove(&app, &administrator, crowd).await;
        removed.expect("a group");
        start.elapsed()
    });
    let is_there = "SELECT COUNT(*) FROM groups WHERE name = 'crowd'";
    let waits = waits_until(server, || server.database.number(is_there) == 0).await;
    (removing.await.expect("no panic"), waits)
}

/// How long writes wait until something is done; at least one is made.
async fn waits_until(server: &Server, mut is_done: impl FnMut() -> bool) -> Vec<Duration> {
    let mut waits = Vec::new();
    loop {
        let start = Instant::now();
        let event = Event::new(EventKind::SignedOut);
        server.app.record(event).await.expect("a database");
        waits.push(start.elapsed());
        if is_done() {
            return waits;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// One credential each for so many people, every tenth of them synced.
fn crowd(count: u64) -> String {
    let numbers = format!(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {count})"
    );
    let user = "printf('018f0000-0000-7000-8000-%012x', i)";
    let email = format!(
        "'m' || i || CASE WHEN i > {count} / 2 THEN '@late.example.' ELSE '@' END || \
         CASE WHEN i % 2 = 0 THEN 'even.example.com' ELSE 'odd.example.com' END"
    );
    let device = "printf('018f0001-0000-7000-8000-%012x', i)";
    format!(
        "PRAGMA foreign_keys = OFF; PRAGMA synchronous = OFF; BEGIN IMMEDIATE;
         {numbers} INSERT INTO users (id, name, name_folded, email, email_folded, handle,
             is_superuser, is_enabled, default_device, device_count, created_at)
         SELECT {user}, 'user' || i, 'user' || i, {email}, {email}, randomblob(32), 0, 1, {device},
             1, i FROM n;
         {numbers} INSERT INTO devices (id, user_id, kind, name, state, created_at, idle_since)
         SELECT {device}, {user}, 'passkey', 'Passkey', 'active', i, i FROM n;
         {numbers} INSERT INTO credentials (device_id, credential_id, public_key, sign_count,
             aaguid, transports, backup_eligible, backed_up, user_verified, attestation_format)
         SELECT {device}, randomblob(32), randomblob(77), 0,
             '00000000-0000-0000-0000-000000000000', 'internal', i % 10 = 0, 0, 1, 'none' FROM n;
         {numbers} INSERT INTO sessions (id, identifier_hash, user_id, assurance, methods,
             opened_at, last_seen_at, expires_at, address, user_agent)
         SELECT printf('018f0002-0000-7000-8000-%012x', i), 'hash' || i, {user}, 'password', 'pwd',
             0, 0, 4102444800000, '192.0.2.1', 'idle' FROM n;
         {numbers} INSERT INTO groups (name) SELECT 'group' || i FROM n WHERE i <= 50;
         {numbers} INSERT INTO group_members (user_id, group_id)
         SELECT {user}, (SELECT id FROM groups WHERE name = 'group' || (i % 50 + 1)) FROM n;
         {numbers} INSERT INTO invitations (id, email, email_folded, token_hash, invited_by,
             sent_at, expires_at, state, ended_at, user_id)
         SELECT printf('018f0003-0000-7000-8000-%012x', i), 'm' || i, 'm' || i, 'token' || i,
             {user}, 0, 4102444800000, 'accepted', 0, {user} FROM n;
         COMMIT;"
    )
}

/// What a sweep finds: a quarter as many browsers' sessions as there are people, and tries at names.
fn over(count: u64) -> String {
    let count = count / 4;
    let numbers = format!(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {count})"
    );
    format!(
        "{numbers} INSERT INTO browser_sessions (key_hash, state, expires_at)
         SELECT lower(hex(randomblob(32))), hex(randomblob(100)), 0 FROM n;
         {numbers} INSERT INTO attempts (scope, failures, locks, locked_until, updated_at)
         SELECT lower(hex(randomblob(32))), 1, 0, 0, 0 FROM n;"
    )
}

async fn sign_ins(server: &Server, passkey: &mut SoftAuthenticator) -> Vec<Duration> {
    let app = &server.app;
    let client = client();
    let mut times = Vec::with_capacity(TIMES);
    for _ in 0..TIMES {
        let browser = Token::generate(&SystemEntropy);
        let start = Instant::now();
        let options = sign_in::passwordless_options(app, &browser, None).await;
        let asked = start.elapsed();
        let answer = passkey.authenticate(&options.expect("options"), &server.base);
        let answer = bytes(&answer);
        let start = Instant::now();
        let challenge = sign_in::passwordless_challenge(app, &browser, &answer);
        let challenge = challenge.expect("a challenge of ours");
        let next = NextPath::default();
        let outcome = sign_in::with_passkey(app, &browser, challenge, &answer, next, &client).await;
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
        let page = device::list(&server.app, &administrator, Default::default(), 51);
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
        let page = policy::stopping_devices(&server.app, &administrator, None, 51);
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
    let run = policy::dry_run(
        &server.app,
        &administrator,
        Scope::Everybody,
        rules(),
        None,
        50,
    )
    .await
    .expect("a database");
    let told = format!("{} people, {} devices", run.people, run.devices);
    (told, start.elapsed())
}

async fn switch_on(server: &Server) -> Duration {
    let administrator = Administrator::at_command_line();
    let app = &server.app;
    let draft = policy::draft(app, &administrator, Scope::Everybody, rules());
    let draft = draft.await.expect("a draft");
    let start = Instant::now();
    let switched = policy::switch_on(app, &administrator, Scope::Everybody, draft.version);
    switched.await.expect("a policy");
    policy::judge_again(app).await.expect("a judgement");
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

/// Tells the times of something, and gives back its median.
fn report(what: &'static str, mut times: Vec<Duration>) -> (&'static str, Duration) {
    times.sort_unstable();
    let median = times[times.len() / 2];
    let late = times[times.len() * 99 / 100];
    println!("  {what}: median {median:.0?}, 99 % within {late:.0?}");
    (what, median)
}

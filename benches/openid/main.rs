//! What applications ask of the OpenID provider: who is behind a token (introspection), a refresh token for
//! the next one, and a whole sign-in of a user who has a session (code, tokens, userinfo).
//!
//! ```sh
//! cargo bench --all-features --bench openid
//! ```
//! After `--`: `seconds=N` a piece of work, a subject and a round (3), `rounds=N` (3). Each provider is a
//! process of its own on the first processor, with one worker; the applications are on the second.
//! PostgreSQL's own processes are where the system puts them, and their time is not counted. What is
//! committed is on the disk before it is answered, on both databases. npm's `oidc-provider` stands beside them,
//! from the folder that `tests/run` fills; it keeps what it gives in memory. Run it alone.

mod load;
#[path = "../forward/met.rs"]
mod met;
#[path = "../forward/process.rs"]
mod process;
mod subject;

use std::time::Duration;

use load::{Callers, Work};
use met::Met;
use subject::Subject;

/// Applications that work at the same time.
const CALLERS: usize = 16;

/// What is measured, and how much of it a second there is to be at least.
const WORKS: [(Work, &str, f64); 3] = [
    (Work::Introspect, "introspection", 2_500.0),
    (Work::Refresh, "refresh", 1_000.0),
    (Work::SignIn, "whole sign-in", 0.0),
];

fn argument(name: &str) -> Option<u64> {
    std::env::args().find_map(|argument| argument.strip_prefix(name)?.parse().ok())
}

fn main() {
    if let Ok(role) = std::env::var(process::ROLE) {
        return subject::serve(&role);
    }
    process::keep_to(1);
    let seconds = Duration::from_secs(argument("seconds=").unwrap_or(3));
    let rounds = argument("rounds=").unwrap_or(3);
    let mut subjects: Vec<Subject> = subject::ROLES.into_iter().map(Subject::start).collect();
    let mut met: Vec<((usize, usize), Met)> = Vec::new();
    for _ in 0..rounds {
        for (nth, (work, ..)) in WORKS.into_iter().enumerate() {
            for (at, subject) in subjects.iter_mut().enumerate() {
                if work == Work::SignIn && subject.told.authorize.is_empty() {
                    continue;
                }
                let mut callers = Callers::open(subject, work);
                callers.work_for(Duration::from_millis(300), subject);
                met.push(((nth, at), callers.work_for(seconds, subject)));
                let (access, refresh) = callers.tokens();
                subject.told.access_tokens = access;
                subject.told.refresh_tokens = refresh;
            }
        }
    }
    println!(
        "{:<26} {:>8} {:>8} {:>8} {:>8}  aim, on one processor",
        "", "a second", "p50 µs", "p99 µs", "CPU µs"
    );
    println!(
        "{:<26} {:>8}  Keycloak's sizing guide, for each vCPU",
        "(grants of any kind)", 120
    );
    for (nth, (_, name, aim)) in WORKS.into_iter().enumerate() {
        for (at, subject) in subjects.iter().enumerate() {
            let mut of_both = met.iter().filter(|(of, _)| *of == (nth, at)).peekable();
            if of_both.peek().is_none() {
                continue;
            }
            let met = Met::median(of_both.map(|(_, met)| met));
            let aim = match aim {
                0.0 => String::new(),
                aim => format!(">= {aim:.0}"),
            };
            println!(
                "{:<26} {:>8.0} {:>8.0} {:>8.0} {:>8.1}  {aim}",
                format!("{name}, {}", subject.name),
                met.rate,
                met.p50,
                met.p99,
                met.cpu,
            );
        }
    }
}

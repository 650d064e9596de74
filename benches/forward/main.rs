//! `/forward-auth` against a bare handler of the same server that answers with the same headers,
//! alternating in one run, while something is committed 500 times a second in the process that is asked.
//!
//! ```sh
//! cargo bench --all-features --bench forward
//! ```
//! After `--`: `seconds=N` a subject and a round (3), `rounds=N` (3), `sessions=N` open sessions beside
//! the one that asks (1000), `django` to ask a project with django-two-factor-auth under gunicorn too,
//! which is made from PyPI (`django_two_factor.py`). Each server is a process of its own on the first
//! processor, with one worker; the callers are on the second. PostgreSQL's own processes are where the
//! system puts them, and their time is not counted. Run it alone.

mod load;
mod met;
mod process;
mod subject;

use std::time::Duration;

use load::Callers;
use met::Met;
use subject::Subject;

/// Connections that ask at the same time.
const CALLERS: usize = 16;

fn argument(name: &str) -> Option<u64> {
    std::env::args().find_map(|argument| argument.strip_prefix(name)?.parse().ok())
}

fn main() {
    if let Ok(role) = std::env::var(process::ROLE) {
        return subject::serve(&role, argument("sessions=").unwrap_or(1_000));
    }
    process::keep_to(1);
    let seconds = Duration::from_secs(argument("seconds=").unwrap_or(3));
    let rounds = argument("rounds=").unwrap_or(3);
    let with_django = std::env::args().any(|argument| argument == "django");
    let django = with_django.then_some(subject::DJANGO);
    let names = subject::ROLES.into_iter().chain(django);
    let mut subjects: Vec<Subject> = names.map(Subject::start).collect();
    let mut met: Vec<(usize, Met)> = Vec::new();
    for _ in 0..rounds {
        for (at, subject) in subjects.iter_mut().enumerate() {
            subject.is_asked(true);
            let mut callers = Callers::open(subject, CALLERS);
            // Whatever is kept is there.
            callers.ask_for(Duration::from_millis(300), subject);
            met.push((at, callers.ask_for(seconds, subject)));
            subject.is_asked(false);
        }
    }
    let of = |at: usize| Met::median(met.iter().filter(|(a, _)| *a == at).map(|(_, met)| met));
    println!(
        "{:<22} {:>9} {:>8} {:>8} {:>8}  ratio of answers/s (aim >= 0.8)  of CPU (aim <= 1.3)",
        "", "answers/s", "p50 µs", "p99 µs", "CPU µs"
    );
    for (at, subject) in subjects.iter().enumerate() {
        if subject.name == subject::DJANGO {
            let (django, met) = (of(at), of(1));
            println!(
                "{:<22} {:>9.0} {:>8.0} {:>8.0}; Keyward on SQLite gives {:.0} times as many (aim >= 100)",
                subject.name,
                django.rate,
                django.p50,
                django.p99,
                met.rate / django.rate
            );
            continue;
        }
        // Each of them follows the bare handler that it is compared with.
        let (met, bare) = (of(at), of(at - at % 2));
        println!(
            "{:<22} {:>9.0} {:>8.0} {:>8.0} {:>8.2}  {:>31.2}  {:>19.2}",
            subject.name,
            met.rate,
            met.p50,
            met.p99,
            met.cpu,
            met.rate / bare.rate,
            met.cpu / bare.cpu,
        );
    }
}

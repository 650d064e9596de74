//! The validation server against Debian's `yubiserver`, under load and alternating in one run.
//!
//! ```sh
//! cargo bench --all-features --bench validation
//! ```
//! After `--`: `seconds=N` a subject, a round and a number of callers (2), `rounds=N` (3), and
//! `million` for a million verifications at the end, with the server's memory before and after.
//! Nothing but the machine's own load disturbs it: run it alone.
//!
//! Every request is signed and asks about a fresh touch; the touches are of many keys. All servers
//! sync what they answered `OK` to the disk, PostgreSQL included. `yubiserver` closes each
//! connection and tells no length, so it is asked over a new one each time; Keyward is asked both
//! ways, over kept connections and over new ones (`anew`). The lines of what does nothing but sync
//! tell how often one caller can be answered at most, here and on our framework.

mod alone;
mod caller;
mod load;
mod subject;

use std::time::Duration;

use load::{Load, Result};
use subject::Subject;

/// Whether so many callers ask this subject: what only syncs does so for each answer.
fn is_asked(subject: usize, callers: usize) -> bool {
    subject < 4 || callers == 1
}

/// How many callers ask at once.
const CALLERS: [usize; 3] = [1, 8, 32];

fn main() {
    let argument = |name: &str| {
        std::env::args().find_map(|argument| argument.strip_prefix(name)?.parse::<u64>().ok())
    };
    let seconds = Duration::from_secs(argument("seconds=").unwrap_or(2));
    let rounds = argument("rounds=").unwrap_or(3);
    println!("syncs of 4 KiB to this disk: {:.0}/s", alone::syncs());
    let alone = alone::cost();
    println!(
        "AES, two HMACs and one committed row update: {:.1} µs, of CPU {:.1} µs",
        alone.whole.as_secs_f64() * 1e6,
        alone.cpu.as_secs_f64() * 1e6
    );
    let subjects = [
        Subject::yubiserver(),
        Subject::sqlite(),
        Subject::sqlite_anew(),
        Subject::postgres(),
        Subject::nothing_but_the_sync(),
        Subject::framework_and_sync(),
    ];
    let mut results: Vec<(usize, usize, Result)> = Vec::new();
    for round in 0..rounds {
        for callers in CALLERS {
            for (at, subject) in subjects.iter().enumerate() {
                if !is_asked(at, callers) {
                    continue;
                }
                let result = Load { callers, seconds }.on(subject);
                eprintln!(
                    "round {round}, {callers:2} callers, {}: {result}",
                    subject.name
                );
                results.push((at, callers, result));
            }
        }
    }
    let median = |at: usize, callers: usize| {
        let of = results.iter().filter(|(a, c, _)| (*a, *c) == (at, callers));
        Result::median(of.map(|(_, _, result)| result))
    };
    println!(
        "\n{:<20} {:>7} {:>9} {:>8} {:>8} {:>9}  ratio of OK/s   aim",
        "", "callers", "OK/s", "p50 ms", "p99 ms", "CPU µs"
    );
    for callers in CALLERS {
        let theirs = median(0, callers);
        for (at, subject) in subjects.iter().enumerate() {
            if !is_asked(at, callers) {
                continue;
            }
            let result = median(at, callers);
            let aim = match (at, callers) {
                (1, 1) => ">= 8",
                (1, 32) => ">= 20",
                _ => "",
            };
            println!(
                "{:<20} {callers:>7} {:>9.0} {:>8.2} {:>8.2} {:>9.1}  {:>13.1}   {aim}",
                subject.name,
                result.rate,
                result.p50.as_secs_f64() * 1e3,
                result.p99.as_secs_f64() * 1e3,
                result.cpu.as_secs_f64() * 1e6,
                result.rate / theirs.rate,
            );
        }
    }
    let (ours, theirs) = (median(1, 32), median(0, 32));
    println!(
        "\nour p99 at 32 callers / yubiserver's p50: {:.2}   (aim < 1)",
        ours.p99.as_secs_f64() / theirs.p50.as_secs_f64()
    );
    for callers in CALLERS {
        let cpu = median(1, callers).cpu;
        println!(
            "our CPU a verification / alone, {callers:2} callers: {:.2}   (aim <= 2)",
            cpu.as_secs_f64() / alone.cpu.as_secs_f64()
        );
    }
    if std::env::args().any(|argument| argument == "million") {
        load::million(&subjects[1]);
    }
}

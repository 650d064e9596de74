//! What the worst input that we can make costs each parser that a stranger reaches, in processor
//! time of one thread.
//!
//! ```sh
//! cargo bench --bench worst
//! ```
//! Each line has the longest of several tries at the worst of all inputs of its kind, and how long
//! that input is. What costs more than a millisecond must have a seat and be off the async threads:
//! `docs/security.md`, "Work that a stranger can order".
#![allow(
    clippy::disallowed_methods,
    reason = "a test is a client like any other, by its own clock"
)]

mod ceremonies;
mod passwords;
mod texts;

use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

/// One input, and what it is.
struct Input<T> {
    name: String,
    length: usize,
    value: T,
}

impl<T> Input<T> {
    fn new(name: impl Into<String>, length: usize, value: T) -> Self {
        let name = name.into();
        Self {
            name,
            length,
            value,
        }
    }
}

/// Inputs made of one text each.
fn texts<'a>(inputs: impl IntoIterator<Item = (&'a str, String)>) -> Vec<Input<String>> {
    let made = inputs.into_iter();
    made.map(|(name, text)| Input::new(name, text.len(), text))
        .collect()
}

/// The processor time of this thread.
fn cpu() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    let (seconds, nanos) = (time.tv_sec, time.tv_nsec);
    Duration::new(
        u64::try_from(seconds).expect("a time"),
        u32::try_from(nanos).expect("a fraction"),
    )
}

fn cost(work: impl FnOnce()) -> Duration {
    let before = cpu();
    work();
    cpu() - before
}

/// Prints what the worst of some inputs costs: of three tries each the quickest, for what disturbs a
/// try makes it longer alone.
fn measure<T, R>(what: &str, inputs: &[Input<T>], work: impl Fn(&T) -> R) {
    let quickest = |input: &Input<T>| {
        let tries = (0..3).map(|_| {
            cost(|| {
                std::hint::black_box(work(&input.value));
            })
        });
        tries.min().expect("three tries")
    };
    let worst = inputs.iter().map(|input| (quickest(input), input));
    if let Some((cost, input)) = worst.max_by_key(|(cost, _)| *cost) {
        print(what, cost, &input.name, input.length);
    }
}

fn print(what: &str, cost: Duration, name: &str, length: usize) {
    let millis = cost.as_secs_f64() * 1000.0;
    println!("{what:<28} {millis:>9.3} ms  {length:>6} bytes  {name}");
}

fn main() {
    passwords::measure();
    ceremonies::measure();
    texts::measure();
}

//! A number of callers for a while, and what they met.

use std::fmt;
use std::time::{Duration, Instant};

use super::caller::Caller;
use super::subject::Subject;

/// How long how many callers ask.
#[derive(Clone, Copy)]
pub struct Load {
    pub callers: usize,
    pub seconds: Duration,
}

/// What they met.
#[derive(Clone, Copy)]
pub struct Result {
    /// Verifications that were OK, a second.
    pub rate: f64,
    /// Half of the answers came within this time.
    pub p50: Duration,
    /// And all but one in a hundred within this.
    pub p99: Duration,
    /// The server's processor time for each.
    pub cpu: Duration,
}

impl Load {
    /// Puts the load on a server.
    pub fn on(self, subject: &Subject) -> Result {
        let mut callers = subject.callers(self.callers);
        let (busy, started) = (subject.cpu(), Instant::now());
        let mut waits: Vec<Duration> = std::thread::scope(|scope| {
            let threads: Vec<_> = callers
                .iter_mut()
                .map(|caller| scope.spawn(move || asks_for(caller, self.seconds)))
                .collect();
            let waits = threads
                .into_iter()
                .map(|thread| thread.join().expect("a caller"));
            waits.flatten().collect()
        });
        let (spent, busy) = (started.elapsed(), subject.cpu() - busy);
        subject.take_back(callers);
        waits.sort_unstable();
        assert!(!waits.is_empty(), "{} answers nothing", subject.name);
        let count = u32::try_from(waits.len()).expect("a few thousand");
        Result {
            rate: f64::from(count) / spent.as_secs_f64(),
            p50: waits[waits.len() / 2],
            p99: waits[waits.len() * 99 / 100],
            cpu: busy / count,
        }
    }
}

fn asks_for(caller: &mut Caller, span: Duration) -> Vec<Duration> {
    let started = Instant::now();
    let mut waits = Vec::new();
    while started.elapsed() < span {
        waits.extend(caller.ask());
    }
    waits
}

impl Result {
    /// The middle of each number.
    pub fn median<'a>(of: impl Iterator<Item = &'a Result>) -> Self {
        let of: Vec<&Result> = of.collect();
        let middle = |number: fn(&Result) -> f64| {
            let mut numbers: Vec<f64> = of.iter().map(|result| number(result)).collect();
            numbers.sort_by(f64::total_cmp);
            numbers[numbers.len() / 2]
        };
        Self {
            rate: middle(|result| result.rate),
            p50: Duration::from_secs_f64(middle(|result| result.p50.as_secs_f64())),
            p99: Duration::from_secs_f64(middle(|result| result.p99.as_secs_f64())),
            cpu: Duration::from_secs_f64(middle(|result| result.cpu.as_secs_f64())),
        }
    }
}

impl fmt::Display for Result {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:.0} OK/s, p50 {:?}, p99 {:?}, CPU {:?}",
            self.rate, self.p50, self.p99, self.cpu
        )
    }
}

/// A million verifications, with the memory of the server on the way.
pub fn million(subject: &Subject) {
    let mut done = 0.0;
    println!("\nmemory of {} by verifications", subject.name);
    while done < 1e6 {
        println!("{done:>9.0}  {:>7} KiB", subject.memory());
        let load = Load {
            callers: 32,
            seconds: Duration::from_secs(10),
        };
        done += load.on(subject).rate * 10.0;
    }
    println!("{done:>9.0}  {:>7} KiB", subject.memory());
}

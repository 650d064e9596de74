//! What callers met.

use std::time::Duration;

/// What the callers met; times in microseconds.
#[derive(Clone, Copy)]
pub struct Met {
    /// Answers a second.
    pub rate: f64,
    /// Half of the answers came within this time.
    pub p50: f64,
    /// And all but one in a hundred within this.
    pub p99: f64,
    /// The server's processor time for each.
    pub cpu: f64,
}

impl Met {
    /// So many waits in this time, in which the server was so busy.
    pub fn of(mut waits: Vec<Duration>, spent: Duration, busy: Duration) -> Self {
        waits.sort_unstable();
        let count = waits.len();
        let at = |share: usize| waits[(count - 1) * share / 100].as_secs_f64() * 1e6;
        let number = f64::from(u32::try_from(count).expect("a few million"));
        Self {
            rate: number / spent.as_secs_f64(),
            p50: at(50),
            p99: at(99),
            cpu: busy.as_secs_f64() * 1e6 / number,
        }
    }

    /// The middle of each number.
    pub fn median<'a>(of: impl Iterator<Item = &'a Met>) -> Self {
        let of: Vec<&Met> = of.collect();
        let middle = |number: fn(&Met) -> f64| {
            let mut numbers: Vec<f64> = of.iter().map(|met| number(met)).collect();
            numbers.sort_by(f64::total_cmp);
            numbers[numbers.len() / 2]
        };
        Self {
            rate: middle(|met| met.rate),
            p50: middle(|met| met.p50),
            p99: middle(|met| met.p99),
            cpu: middle(|met| met.cpu),
        }
    }
}

//! Processor time: what a server's machine pays, whoever waits for the disk meanwhile.

use std::cell::RefCell;
use std::time::Duration;

use criterion::measurement::{Measurement, ValueFormatter, WallTime};
use criterion::{Criterion, SamplingMode};
use rustix::thread::{CpuSet, sched_setaffinity};
use rustix::time::{ClockId, clock_gettime};

use super::table::Table;

/// How many samples of each thing decide.
const SAMPLES: usize = 20;

/// Measures the processor time of the whole process, user and system.
pub struct Cpu;

/// The processor time of all threads so far.
pub fn of_process() -> Duration {
    read(ClockId::ProcessCPUTime)
}

/// The processor time of this thread so far.
pub fn of_thread() -> Duration {
    read(ClockId::ThreadCPUTime)
}

/// Keeps this thread, and those that it starts from now on, to one processor, where the machine has
/// so many.
pub fn keep_to(processor: usize) {
    let mut set = CpuSet::new();
    set.set(processor);
    if let Err(error) = sched_setaffinity(None, &set) {
        eprintln!("not kept to processor {processor}: {error}");
    }
}

fn read(clock: ClockId) -> Duration {
    Duration::try_from(clock_gettime(clock)).expect("these clocks begin at zero")
}

impl Measurement for Cpu {
    type Intermediate = Duration;
    type Value = Duration;

    fn start(&self) -> Duration {
        of_process()
    }

    fn end(&self, started: Duration) -> Duration {
        of_process() - started
    }

    fn add(&self, one: &Duration, other: &Duration) -> Duration {
        *one + *other
    }

    fn zero(&self) -> Duration {
        Duration::ZERO
    }

    fn to_f64(&self, value: &Duration) -> f64 {
        WallTime.to_f64(value)
    }

    fn formatter(&self) -> &dyn ValueFormatter {
        WallTime.formatter()
    }
}

/// Measures, and remembers for the table.
pub struct Bench {
    criterion: Criterion<Cpu>,
    table: Table,
}

impl Bench {
    pub fn new(criterion: Criterion<Cpu>) -> Self {
        Self {
            criterion: criterion.sample_size(SAMPLES).configure_from_args(),
            table: Table::default(),
        }
    }

    /// Measures `work`, which does its thing so many times and gives back the processor time of
    /// all of them together.
    pub fn measure(&mut self, name: &str, seconds: u64, mut work: impl FnMut(u64) -> Duration) {
        let samples = RefCell::new(Vec::new());
        let (family, what) = name.split_once('/').expect("a family and a name");
        let mut group = self.criterion.benchmark_group(family);
        group
            .sampling_mode(SamplingMode::Flat)
            .warm_up_time(Duration::from_secs(1))
            .measurement_time(Duration::from_secs(seconds))
            .bench_function(what, |bencher| {
                bencher.iter_custom(|times| {
                    let spent = work(times);
                    samples
                        .borrow_mut()
                        .push(spent.as_secs_f64() / times as f64);
                    spent
                });
            });
        group.finish();
        let mut samples = samples.into_inner();
        // What came before the samples was warming up.
        samples.drain(..samples.len().saturating_sub(SAMPLES));
        samples.sort_by(f64::total_cmp);
        if let Some(median) = samples.get(samples.len() / 2) {
            self.table.add(name, *median);
        }
    }

    pub fn finish(self) {
        self.criterion.final_summary();
        self.table.print();
    }
}

//! What Keyward adds to what cannot be left out, as ratios of processor time within one run.
//!
//! ```sh
//! cargo bench --all-features --bench ratios
//! ```
//! A name after `--` measures what begins with it alone: `-- page`. The last lines are the table.

mod assertion;
mod cpu;
mod page;
mod passkey;
mod table;
mod totp;

use criterion::Criterion;
use tokio::runtime::{Builder, Runtime};

use cpu::Cpu;

/// What drives the actions: one thread, like a worker of the server.
fn runtime() -> Runtime {
    Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime")
}

fn main() {
    let mut bench = cpu::Bench::new(Criterion::default().with_measurement(Cpu).sample_size(20));
    assertion::measure(&mut bench);
    passkey::measure(&mut bench);
    totp::measure(&mut bench);
    page::measure(&mut bench);
    bench.finish();
}

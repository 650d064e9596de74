//! What the servers of this test process write to their log, and whether any of them panicked.

use std::io::{self, Write};
use std::panic;
use std::sync::{Mutex, Once, PoisonError};

use tracing_subscriber::filter::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;

static LOG: Mutex<Vec<u8>> = Mutex::new(Vec::new());
static PANICS: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// Begins to keep the log and the panics, once a process.
pub fn watch() {
    static STARTED: Once = Once::new();
    STARTED.call_once(|| {
        tracing_subscriber::fmt()
            .with_env_filter(EnvFilter::new("warn,keyward=trace,actix_http=off"))
            .with_ansi(false)
            .with_writer(Kept)
            .init();
        let usual = panic::take_hook();
        panic::set_hook(Box::new(move |panicked| {
            // A failed assertion of a test is a panic too, and no server's.
            if !panicked
                .location()
                .is_some_and(|at| at.file().starts_with("tests/"))
            {
                let mut panics = PANICS.lock().unwrap_or_else(PoisonError::into_inner);
                panics.push(panicked.to_string());
            }
            usual(panicked);
        }));
    });
}

/// The lines so far that hold these words.
pub fn lines_with(words: &str) -> Vec<String> {
    let log = LOG.lock().unwrap_or_else(PoisonError::into_inner);
    let log = String::from_utf8_lossy(&log);
    log.lines()
        .filter(|line| line.contains(words))
        .map(str::to_owned)
        .collect()
}

/// Everything so far.
pub fn all() -> Vec<u8> {
    LOG.lock().unwrap_or_else(PoisonError::into_inner).clone()
}

/// The panics of servers so far; a test fails where there is one.
pub fn panics() -> Vec<String> {
    PANICS
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .clone()
}

struct Kept;

impl Write for Kept {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut log = LOG.lock().unwrap_or_else(PoisonError::into_inner);
        log.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Kept {
    type Writer = Self;

    fn make_writer(&'a self) -> Self::Writer {
        Self
    }
}

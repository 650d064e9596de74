//! Other programs for the length of a test run: each in a folder of its own, each gone when the
//! test process is, however that ended.

use std::fs;
use std::io::Read;
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// Runs the program and waits on its own standard input, which the system closes when the test
/// process ends (also by a signal, where no destructor runs). Then it stops what it started, which
/// is its process group: a driver's browsers outlive the driver. The folder goes last.
const GUARD: &str = r#"
folder=$1 signal=$2
shift 2
"$@" </dev/null >"$folder/log" 2>&1 &
program=$!
read -r _
trap '' "$signal"
exec 2>/dev/null # or the shell reports what it stops
kill -s "$signal" 0
wait "$program"
rm -rf "$folder" || { sleep 1; rm -rf "$folder"; }
"#;

/// The longest that a test waits for what must come, on a machine that does much else.
pub const PATIENCE: Duration = Duration::from_mins(2);

/// A program that runs until this value is dropped or the test process is gone.
pub struct Process {
    guard: Child,
    folder: PathBuf,
}

impl Process {
    /// Starts `command` (program and arguments) over `folder`, from [`folder`]; it gets `signal`
    /// (`TERM`, `INT`) when it shall stop. Its output goes to `log` in the folder.
    pub fn start<S: AsRef<std::ffi::OsStr>>(folder: PathBuf, signal: &str, command: &[S]) -> Self {
        let guard = Command::new("/bin/sh")
            .args(["-c", GUARD, "guard"])
            .arg(&folder)
            .arg(signal)
            .args(command)
            // A group of its own: what it stops is no more, and an interrupt at the terminal does
            // not end it first.
            .process_group(0)
            .stdin(Stdio::piped())
            .spawn()
            .expect("a shell can be started");
        Self { guard, folder }
    }

    /// The folder of this program.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// What the program has printed so far.
    pub fn log(&self) -> String {
        let mut text = Vec::new();
        if let Ok(mut file) = fs::File::open(self.folder.join("log")) {
            file.read_to_end(&mut text).expect("the log can be read");
        }
        String::from_utf8_lossy(&text).into_owned()
    }

    /// Waits until `ready` gives something; fails with the program's log after [`PATIENCE`].
    pub fn wait_for<T>(&self, what: &str, mut ready: impl FnMut(&Self) -> Option<T>) -> T {
        let start = Instant::now();
        loop {
            if let Some(value) = ready(self) {
                return value;
            }
            assert!(
                start.elapsed() < PATIENCE,
                "{what} is not ready:\n{}",
                self.log()
            );
            thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        drop(self.guard.stdin.take());
        let _ = self.guard.wait();
    }
}

/// An empty folder that every user of this machine may enter, for one program.
pub fn folder(name: &str) -> PathBuf {
    let folder = tempfile::Builder::new()
        .prefix(&format!("keyward-{name}-"))
        .tempdir()
        .expect("a temporary folder can be made")
        .keep();
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o755)).expect("it is ours");
    folder
}

/// A port of the loopback interface on which nothing listens, given to nobody else in this process.
/// It is below those that the system gives to outgoing connections, one of which would otherwise
/// take it now and then before a server does.
pub fn free_port() -> u16 {
    const FIRST: u32 = 10_000;
    const COUNT: u32 = 20_000;
    static GIVEN: AtomicU32 = AtomicU32::new(0);
    // Another process of tests begins elsewhere.
    let begin = std::process::id().wrapping_mul(997);
    let ports = (0..COUNT).map(|_| {
        let number = GIVEN.fetch_add(1, Ordering::Relaxed);
        u16::try_from(FIRST + begin.wrapping_add(number) % COUNT).expect("below 30000")
    });
    let mut free = ports.filter(|port| TcpListener::bind((Ipv4Addr::LOCALHOST, *port)).is_ok());
    free.next().expect("there is a free port")
}

/// Runs a program to its end and gives back what it printed; fails where it failed.
pub fn run(command: &mut Command) -> String {
    let output = command
        .stdin(Stdio::null())
        .output()
        .unwrap_or_else(|error| {
            panic!("{command:?}: {error}; `tests/run` installs what is missing")
        });
    assert!(
        output.status.success(),
        "{command:?}: {}\n{}",
        output.status,
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8_lossy(&output.stdout).into_owned()
}

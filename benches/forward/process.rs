//! A server in a process of its own on the first processor, and how busy it is.

use std::io::{BufRead, BufReader, Lines};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;

/// The variable that makes a process one of the servers.
pub const ROLE: &str = "KEYWARD_BENCH_ROLE";

/// A server in a process of its own; it stops when this is dropped.
pub struct Process {
    /// The process itself.
    pub child: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Process {
    /// Starts this program once more, as one of the servers.
    pub fn of_this_program(role: &str) -> Self {
        let this = std::env::current_exe().expect("this program");
        let arguments = std::env::args().skip(1);
        Self::start(
            role,
            [this.display().to_string()].into_iter().chain(arguments),
        )
    }

    /// Starts a command.
    pub fn start(role: &str, command: impl IntoIterator<Item = String>) -> Self {
        let mut child = Command::new("taskset")
            .args(["-c", "0"])
            .args(command)
            .env(ROLE, role)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("a process");
        let out = child.stdout.take().expect("it says where it is");
        let lines = BufReader::new(out).lines();
        Self { child, lines }
    }

    /// What stands in the next line that it prints, behind its name.
    pub fn line(&mut self) -> String {
        let line = self.lines.next().expect("it starts").expect("text");
        let (_, value) = line.split_once(' ').expect("a name and a value");
        value.to_owned()
    }

    /// The processor time that it has used.
    pub fn cpu(&self) -> Duration {
        let path = format!("/proc/{}/stat", self.child.id());
        let text = std::fs::read_to_string(path).expect("it runs");
        let (_, after) = text.rsplit_once(')').expect("a name");
        let numbers: Vec<&str> = after.split_whitespace().collect();
        let ticks = |at: usize| numbers[at].parse::<u64>().expect("a number");
        Duration::from_millis((ticks(11) + ticks(12)) * 10)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}

/// Keeps this process to one processor.
pub fn keep_to(processor: usize) {
    let id = std::process::id().to_string();
    let kept = Command::new("taskset")
        .args(["-a", "-p", "-c", &processor.to_string(), &id])
        .stdout(Stdio::null())
        .status();
    assert!(kept.is_ok_and(|status| status.success()), "taskset works");
}

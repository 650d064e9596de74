//! The real program, as an administrator calls it.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};

/// What a command printed, and how it ended.
#[derive(Debug)]
pub struct Said {
    /// Its exit code.
    pub code: Option<i32>,
    /// What it printed.
    pub out: String,
    /// Why it was refused.
    pub err: String,
}

impl Said {
    /// What it printed, where it was done.
    pub fn done(self) -> String {
        assert_eq!(self.code, Some(0), "{self:?}");
        self.out
    }

    /// The same as JSON.
    pub fn json(self) -> serde_json::Value {
        let out = self.done();
        serde_json::from_str(&out).unwrap_or_else(|error| panic!("{error}: {out}"))
    }

    /// The one line that says why it was refused, which begins with this code.
    pub fn refused(self, code: &str) -> String {
        assert_eq!(self.code, Some(1), "{self:?}");
        let last = self.err.lines().last().unwrap_or_default();
        let begins = format!("keyward: {code}: ");
        assert!(last.starts_with(&begins), "{self:?} is no {code}");
        last.to_owned()
    }
}

fn program<S: AsRef<OsStr>>(folder: &Path, arguments: &[S]) -> Command {
    let mut command = Command::new(crate::program());
    command.current_dir(folder).args(arguments);
    command
}

/// Runs a command in a folder, with nothing on its standard input.
pub fn keyward<S: AsRef<OsStr>>(folder: &Path, arguments: &[S]) -> Said {
    keyward_reads(folder, arguments, "")
}

/// Runs a command in a folder, with this on its standard input.
pub fn keyward_reads<S: AsRef<OsStr>>(folder: &Path, arguments: &[S], input: &str) -> Said {
    said(&mut program(folder, arguments), input)
}

/// Runs a command in a folder, under these further variables.
pub fn keyward_under(folder: &Path, arguments: &[&str], variables: &[(&str, &str)]) -> Said {
    said(
        program(folder, arguments).envs(variables.iter().copied()),
        "",
    )
}

/// Runs another program in a folder, with this on its standard input.
pub fn run(name: &str, folder: &Path, arguments: &[&str], input: &str) -> Said {
    said(
        Command::new(name).current_dir(folder).args(arguments),
        input,
    )
}

/// The same under these further variables.
pub fn run_under(
    name: &str,
    folder: &Path,
    arguments: &[&str],
    variables: &[(&str, &str)],
    input: &str,
) -> Said {
    let mut command = Command::new(name);
    command.current_dir(folder).args(arguments);
    said(command.envs(variables.iter().copied()), input)
}

/// Starts a command and kills it as soon as `enough` says so.
pub fn killed(folder: &Path, arguments: &[&str], enough: impl Fn() -> bool) {
    let mut child = program(folder, arguments)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("the program starts");
    while !enough() {
        let ended = child.try_wait().expect("it can be asked");
        assert_eq!(ended, None, "it ended before it was killed");
        std::thread::sleep(std::time::Duration::from_millis(1));
    }
    child.kill().expect("it can be killed");
    child.wait().expect("it ends");
}

fn said(command: &mut Command, input: &str) -> Said {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    // A command that reads nothing may be gone before it is told anything.
    let _ = child
        .stdin
        .take()
        .expect("a pipe")
        .write_all(input.as_bytes());
    let output = child.wait_with_output().expect("the program ends");
    Said {
        code: output.status.code(),
        out: String::from_utf8(output.stdout).expect("UTF-8"),
        err: String::from_utf8(output.stderr).expect("UTF-8"),
    }
}

/// `keyward serve`, until this is dropped.
pub struct Serving {
    /// The port that it listens on.
    pub port: u16,
    /// What it printed until it listened, and one line more where there is a set-up link.
    pub said: String,
    child: Child,
    out: BufReader<ChildStdout>,
}

impl Serving {
    /// Serves from a folder, on a free port, under these further variables.
    pub fn start(folder: &Path, variables: &[(&str, &str)]) -> Self {
        Self::logging(folder, variables, Stdio::null())
    }

    /// The same with somewhere for its log to go.
    pub fn logging(folder: &Path, variables: &[(&str, &str)], log: Stdio) -> Self {
        Self::run(program(folder, &["serve"]), variables, log)
    }

    /// Serves from a folder whose `keyward-data` is a disk of so many MiB. The first user is made
    /// there, with the password of the tests.
    pub fn on_small_disk(folder: &Path, mebibytes: u32, user: &str) -> Self {
        let data = folder.join("keyward-data");
        let add = ["user", "add", user, "--password-stdin"];
        keyward_reads(folder, &add, super::person::PASSWORD).done();
        let template = folder.join("template");
        std::fs::rename(&data, &template).expect("ours");
        std::fs::create_dir(&data).expect("ours");
        let words = super::small_disk::on_small_disk(&data, mebibytes, Some(&template));
        let mut command = Command::new(&words[0]);
        command.args(&words[1..]).current_dir(folder);
        command.arg(crate::program()).arg("serve");
        Self::run(command, &[], Stdio::null())
    }

    fn run(mut command: Command, variables: &[(&str, &str)], log: Stdio) -> Self {
        let mut child = command
            .env("KEYWARD_SERVER__LISTEN", "127.0.0.1:0")
            .env("KEYWARD_SERVER__WORKERS", "1")
            // A machine that is busy is no database that does not answer.
            .envs(
                ["WAIT", "CONNECT_TIMEOUT", "LOCK_TIMEOUT"]
                    .map(|limit| (format!("KEYWARD_DATABASE__{limit}"), "2m")),
            )
            .envs(variables.iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .expect("the program starts");
        let out = child.stdout.take().expect("a pipe");
        let mut serving = Self {
            port: 0,
            said: String::new(),
            child,
            out: BufReader::new(out),
        };
        let line = serving.line();
        let address = line.split("listens on ").nth(1).expect("an address");
        let address = address.split(';').next().unwrap_or_default();
        serving.port = address
            .parse::<std::net::SocketAddr>()
            .expect("an address")
            .port();
        serving
    }

    /// The id of its process.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// The next line that it prints.
    pub fn line(&mut self) -> String {
        let mut line = String::new();
        self.out.read_line(&mut line).expect("a line");
        self.said.push_str(&line);
        line
    }

    /// Sends a signal (`TERM`, `INT`).
    pub fn signal(&self, signal: &str) {
        let id = self.child.id().to_string();
        let sent = Command::new("kill").args(["-s", signal, &id]).status();
        assert!(sent.expect("kill").success());
    }

    /// Waits until it has ended by itself.
    pub fn ended(mut self) -> ExitStatus {
        self.child.wait().expect("it ends")
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

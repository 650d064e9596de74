//! Programs that others' libraries are driven by: a question in a line of JSON, an answer in a line of JSON
//! (`openid_programs/`).

use std::cell::RefCell;
use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::fs::symlink;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;

use super::{node, python};

/// Why a library went no further.
#[derive(Debug)]
pub struct Refused {
    /// The error that the provider answered with; empty where the library itself found something wrong.
    pub error: String,
    /// All that it says.
    pub message: String,
}

/// A running program; it ends when this is dropped.
pub struct Lines {
    script: &'static str,
    pipes: RefCell<(ChildStdin, BufReader<ChildStdout>)>,
    child: Child,
    folder: TempDir,
}

impl Lines {
    /// Starts a script, with Node or Python as its name ends.
    pub fn start(script: &'static str) -> Self {
        let folder = tempfile::Builder::new()
            .prefix("keyward-openid-program-")
            .tempdir()
            .expect("a temporary folder can be made");
        let scripts = crate::repository().join("tests/support/openid_programs");
        let program = match script.ends_with(".py") {
            true => python::python(),
            false => node::node(),
        };
        // Node looks for packages beside the script.
        for file in ["lines.mjs", script] {
            fs::copy(scripts.join(file), folder.path().join(file)).expect("a script");
        }
        symlink(node::packages(), folder.path().join("node_modules")).expect("ours");
        let log = fs::File::create(folder.path().join("log")).expect("ours");
        let mut child = Command::new(program)
            .arg(script)
            .current_dir(folder.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .expect("it starts");
        let stdin = child.stdin.take().expect("a pipe");
        let stdout = BufReader::new(child.stdout.take().expect("a pipe"));
        Self {
            script,
            pipes: RefCell::new((stdin, stdout)),
            child,
            folder,
        }
    }

    /// What it has printed besides its answers.
    pub fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }

    /// Asks it, and hears why it goes no further.
    pub fn tries(&self, what: &str, mut question: Value) -> Result<Value, Refused> {
        question["do"] = what.into();
        let (stdin, stdout) = &mut *self.pipes.borrow_mut();
        let asked = writeln!(stdin, "{question}");
        let mut line = String::new();
        let heard = asked.and_then(|()| stdout.read_line(&mut line));
        let said: Option<Value> = heard.ok().and_then(|_| serde_json::from_str(&line).ok());
        let Some(mut said) = said else {
            panic!("{} {what}: {line}{}", self.script, self.log());
        };
        let Some(refused) = said.get("refused") else {
            return Ok(said["done"].take());
        };
        Err(Refused {
            error: refused["error"].as_str().unwrap_or_default().to_owned(),
            message: refused.to_string(),
        })
    }

    /// Asks it; a test fails where it goes no further.
    pub fn says(&self, what: &str, question: Value) -> Value {
        self.tries(what, question)
            .unwrap_or_else(|refused| panic!("{} {what}: {refused:?}\n{}", self.script, self.log()))
    }

    /// Asks it in vain, and gives the error that the provider answered with.
    pub fn fails(&self, what: &str, question: Value) -> String {
        match self.tries(what, question) {
            Ok(done) => panic!("{} {what} was done: {done}", self.script),
            Err(refused) if refused.error.is_empty() => {
                panic!("{} {what}: {refused:?}", self.script)
            }
            Err(refused) => refused.error,
        }
    }
}

impl Drop for Lines {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

//! Relying parties that others wrote: libraries of npm and PyPI, each asked in lines of JSON by a program
//! around it that does nothing of its own (`relying_parties/`).

use std::cell::RefCell;
use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::fs::symlink;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde_json::{Value, json};
use tempfile::TempDir;

use super::node;
use super::openid::RelyingParty;
use super::python::python;

/// The libraries.
pub const LIBRARIES: [&str; 3] = ["openid-client", "oauth4webapi", "Authlib"];

/// Why a library went no further.
#[derive(Debug)]
pub struct Refused {
    /// The error that the provider answered with; empty where the library itself found something wrong.
    pub error: String,
    /// All that it says.
    pub message: String,
}

/// A program around one of the libraries, for one client; it ends when this is dropped.
pub struct Library {
    /// What it is called.
    pub name: &'static str,
    pipes: RefCell<(ChildStdin, BufReader<ChildStdout>)>,
    child: Child,
    _folder: TempDir,
}

impl Library {
    /// Starts it.
    pub fn start(name: &'static str) -> Self {
        let folder = tempfile::Builder::new()
            .prefix("keyward-relying-")
            .tempdir()
            .expect("a temporary folder can be made");
        let scripts = crate::repository().join("tests/support/relying_parties");
        let (program, script) = match name {
            "openid-client" => (node::node(), "openid_client.mjs"),
            "oauth4webapi" => (node::node(), "oauth4webapi.mjs"),
            "Authlib" => (python(), "authlib_party.py"),
            other => panic!("no library is called {other}"),
        };
        // Node looks for packages beside the script.
        for file in ["lines.mjs", script] {
            fs::copy(scripts.join(file), folder.path().join(file)).expect("a script");
        }
        symlink(node::packages(), folder.path().join("node_modules")).expect("ours");
        let mut child = Command::new(program)
            .arg(script)
            .current_dir(folder.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("it starts");
        let stdin = child.stdin.take().expect("a pipe");
        let stdout = BufReader::new(child.stdout.take().expect("a pipe"));
        Self {
            name,
            pipes: RefCell::new((stdin, stdout)),
            child,
            _folder: folder,
        }
    }

    /// Asks it, and hears why it goes no further.
    pub fn tries(&self, what: &str, mut question: Value) -> Result<Value, Refused> {
        question["do"] = what.into();
        let (stdin, stdout) = &mut *self.pipes.borrow_mut();
        writeln!(stdin, "{question}").unwrap_or_else(|error| panic!("{}: {error}", self.name));
        let mut line = String::new();
        stdout.read_line(&mut line).expect("text");
        let mut said: Value = serde_json::from_str(&line)
            .unwrap_or_else(|error| panic!("{} {what}: {error}: {line}", self.name));
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
            .unwrap_or_else(|refused| panic!("{} {what}: {refused:?}", self.name))
    }

    /// Asks it in vain, and gives the error that the provider answered with.
    pub fn fails(&self, what: &str, question: Value) -> String {
        match self.tries(what, question) {
            Ok(done) => panic!("{} {what} was done: {done}", self.name),
            Err(refused) if refused.error.is_empty() => panic!("{} {what}: {refused:?}", self.name),
            Err(refused) => refused.error,
        }
    }

    /// Tells it which client it is, and has it find out the rest: the provider's metadata. `authentication` and
    /// `signed` are the registered names of how it proves itself and how its ID tokens are signed.
    pub fn is(&self, party: &RelyingParty, authentication: &str, signed: &str) -> Value {
        let question = json!({
            "issuer": party.base, "client_id": party.client_id, "secret": party.secret,
            "authentication": authentication, "signed": signed, "redirect_uri": party.redirect_uri,
        });
        self.says("discover", question)
    }
}

impl Drop for Library {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

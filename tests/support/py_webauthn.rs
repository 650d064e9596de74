//! py_webauthn, an independent verifier, in a process of its own. `tests/run` installs it.
#![allow(dead_code, reason = "each test program uses its own part of this")]

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde_json::Value;

/// The process; it ends with this value.
pub struct PyWebauthn {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl PyWebauthn {
    pub fn start() -> Self {
        let root = crate::repository();
        let python = root.join("target/python/bin/python");
        assert!(
            python.exists(),
            "py_webauthn is not installed: `tests/run` makes {}",
            python.display()
        );
        let mut child = Command::new(python)
            .arg(root.join("tests/support/py_webauthn.py"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("Python runs");
        Self {
            input: child.stdin.take().expect("a pipe"),
            output: BufReader::new(child.stdout.take().expect("a pipe")),
            child,
        }
    }

    /// Whether it accepts a ceremony.
    pub fn accepts(&mut self, case: &Value) -> bool {
        self.ask(case)["accepted"].as_bool().expect("a verdict")
    }

    /// Seconds of processor time that it takes for one ceremony, over `times` of them.
    pub fn seconds(&mut self, case: &Value, times: u64) -> f64 {
        let mut case = case.clone();
        case["times"] = times.into();
        let answer = self.ask(&case);
        answer["seconds"]
            .as_f64()
            .unwrap_or_else(|| panic!("it refused: {answer}"))
    }

    fn ask(&mut self, case: &Value) -> Value {
        writeln!(self.input, "{case}").expect("Python listens");
        let mut line = String::new();
        self.output.read_line(&mut line).expect("Python answers");
        serde_json::from_str(&line).expect("JSON")
    }
}

impl Drop for PyWebauthn {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

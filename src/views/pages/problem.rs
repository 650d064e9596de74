//! The page for everything that went wrong.

use serde::Serialize;

use crate::views::{Page, problem_key};
use keyward_core::problem::{Fault, Problem};

/// A problem as a page: what happened, what to do next, and the code small beneath.
#[derive(Clone, Serialize)]
pub struct ProblemPage {
    /// The stable code.
    code: &'static str,
    /// The key of its text.
    key: String,
    /// In how many seconds another try makes sense.
    wait_seconds: Option<u64>,
    /// The way on.
    way_on: WayOn,
}

/// Where a problem page leads.
#[derive(Clone, Copy, Serialize)]
#[serde(rename_all = "kebab-case")]
enum WayOn {
    SignIn,
    Account,
    Devices,
    AddDevice,
    Users,
    Services,
    Home,
}

impl ProblemPage {
    /// The page of a problem.
    pub fn of(problem: &Problem) -> Self {
        let code = problem.code();
        Self {
            code: code.name,
            key: problem_key(code.name, problem.wording()),
            wait_seconds: problem.wait().map(|wait| wait.as_secs().max(1)),
            way_on: way_on(code.name, code.fault),
        }
    }
}

fn way_on(code: &str, fault: Fault) -> WayOn {
    match code.split('.').next().unwrap_or(code) {
        "sign_in" | "session" | "setup" => WayOn::SignIn,
        "ceremony" | "device" => WayOn::Devices,
        "enrolment" => WayOn::AddDevice,
        "user" | "group" => WayOn::Users,
        "validation_service" if fault != Fault::Partner => WayOn::Services,
        "console" => WayOn::Account,
        _ => WayOn::Home,
    }
}

impl Page for ProblemPage {
    const TEMPLATE: &'static str = "problem.html";

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        use keyward_core::problem::{Wording, codes};
        use std::time::Duration;
        let locked = Problem::new(codes::SIGN_IN_TOO_MANY).retry_after(Duration::from_secs(30));
        let mut pages = vec![Self::of(&locked)];
        let worded = Wording::ALL.map(|(code, wording)| Problem::new(code).worded(wording));
        pages.extend(worded.iter().map(Self::of));
        pages.extend(codes::ALL.iter().map(|code| Self::of(&(*code).into())));
        pages
    }
}

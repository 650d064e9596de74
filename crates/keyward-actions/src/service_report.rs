//! What a validation service made of a question, in words for operators.

use super::check::{Finding, State};
use keyward_core::factors::yubikey::{Said, ServerReport};
use keyward_core::problem::{Problem, codes};
use keyward_core::protocols::yubico::{Declined, InvalidAnswer};

/// Judges what came back for an OTP that no key made.
pub(super) fn judge(report: ServerReport, client_id: u64) -> Finding {
    let part = format!("validation service {} at {}", report.service, report.server);
    let said = report.said.reason();
    let state = match report.said {
        // An OTP that no user has is declined by every server that works. Some servers sign such an answer with
        // another key than the client's, or not at all, so that only a touch proves ours.
        Said::Declined(Declined::BadOtp | Declined::ReplayedOtp) => {
            State::Fine(format!("it answered in {} ms", report.latency.as_millis()))
        }
        Said::Distrusted(
            InvalidAnswer::Unsigned(Some(Declined::BadOtp | Declined::ReplayedOtp))
            | InvalidAnswer::WrongSignature(Some(Declined::BadOtp | Declined::ReplayedOtp)),
        ) => State::Fine(format!(
            "it answered ({said}); `keyward validation service test` proves the key with a touch"
        )),
        Said::Confirmed | Said::Declined(_) | Said::Distrusted(_) => {
            let (problem, mend) = trouble(report.said, client_id);
            State::Wrong(problem, mend)
        }
    };
    Finding::new(part, state)
}

/// What is wrong with a service that said this, and how to mend it.
fn trouble(said: Said, client_id: u64) -> (Problem, &'static str) {
    if let Some(declined) = said.about_us() {
        let problem = Problem::new(code_of(declined));
        return (
            problem.detailed(why_refused(declined, client_id)),
            mend_refused(declined),
        );
    }
    let word = said.reason();
    let (why, mend) = match said {
        Said::Distrusted(distrust) => why_distrusted(distrust),
        Said::Confirmed => (
            "it confirmed a one-time password that no key made".to_owned(),
            "do not use it: it confirms whatever it is asked",
        ),
        Said::Declined(_) => (
            "it says that it was asked this before, which nobody did".to_owned(),
            "look at what stands between us and it",
        ),
    };
    let problem = Problem::new(codes::SERVICE_UNREACHABLE).detailed(format!("{word}: {why}"));
    (problem, mend)
}

/// Whether a service refuses us, or is out of order.
pub fn code_of(declined: Declined) -> keyward_core::problem::Code {
    match declined {
        Declined::NoSuchClient | Declined::BadSignature | Declined::OperationNotAllowed => {
            codes::SERVICE_REFUSES
        }
        _ => codes::SERVICE_UNREACHABLE,
    }
}

/// What a service has against us, or what it lacks, for operators.
pub fn why_refused(declined: Declined, client_id: u64) -> String {
    let word = declined.as_str();
    let why = match declined {
        Declined::NoSuchClient => format!("it knows no client {client_id}"),
        Declined::BadSignature => {
            format!("our API key is not the one that it has for client {client_id}")
        }
        Declined::OperationNotAllowed => format!("client {client_id} may not ask"),
        Declined::BackendError => "it is out of order".to_owned(),
        Declined::NotEnoughAnswers => "too few of its peers answered it in time".to_owned(),
        Declined::MissingParameter => "it misses something in our question".to_owned(),
        _ => return word.to_owned(),
    };
    format!("{word}: {why}")
}

fn mend_refused(declined: Declined) -> &'static str {
    match declined {
        Declined::NoSuchClient => "give the `client_id` that the service has for us",
        Declined::BadSignature => "give the `api_key` that the service has for this client id",
        Declined::OperationNotAllowed => "let the service allow this client to verify",
        Declined::NotEnoughAnswers => {
            "look at the service's peers, or ask for fewer of them with `sl`"
        }
        _ => "look at the service's own log",
    }
}

fn why_distrusted(distrust: InvalidAnswer) -> (String, &'static str) {
    const PATH: &str = "look at the path of its address, which usually ends in /wsapi/2.0/verify";
    const BETWEEN: &str = "look at what stands between us and it";
    let (why, mend) = match distrust {
        InvalidAnswer::Unreachable(obstacle) => {
            return (
                format!("the server {}", obstacle.words()),
                "look at its address and the network, and at `ca_file` where its certificate is private",
            );
        }
        InvalidAnswer::HttpStatus(status) => return why_status(status, PATH),
        InvalidAnswer::TooSlow => (
            "it gave no whole answer in time",
            "look at its load and at the network, or give it a longer `timeout`",
        ),
        InvalidAnswer::TooLong => ("it sent more than any such service answers", PATH),
        InvalidAnswer::NotAnAnswer
        | InvalidAnswer::FieldTwice
        | InvalidAnswer::UnknownField
        | InvalidAnswer::NoStatus
        | InvalidAnswer::UnknownStatus => {
            ("what it sent is no answer of a validation service", PATH)
        }
        InvalidAnswer::Unsigned(_) => (
            "it did not sign its answer, and we share an API key with it",
            "look whether something else answers in its place, and at the `client_id`",
        ),
        InvalidAnswer::WrongSignature(_) => (
            "it signed its answer with another API key than ours",
            "give the `api_key` that the service has for this client id",
        ),
        InvalidAnswer::OtherOtp | InvalidAnswer::OtherNonce => (
            "it answered another question than ours, as a cache would",
            BETWEEN,
        ),
        InvalidAnswer::KeyUnreadable => (
            "our API key for it cannot be read",
            "give the `api_key` as the service shows it, in base64",
        ),
    };
    (why.to_owned(), mend)
}

fn why_status(status: u16, path: &'static str) -> (String, &'static str) {
    match status {
        300..=399 => (
            format!("it sends us elsewhere (HTTP {status}), and no redirect is followed"),
            "give the address that it leads to",
        ),
        401 | 403 | 407 => (
            format!("it does not let us in (HTTP {status})"),
            "look whether the service, or what stands in front of it, lets this machine ask",
        ),
        500..=599 => (
            format!("it is out of order (HTTP {status})"),
            "look at the service's own log",
        ),
        _ => (format!("it answered with HTTP {status}"), path),
    }
}

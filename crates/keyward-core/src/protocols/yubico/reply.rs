//! What our validation server answers, as the reference server prints it: lines of `name=value`
//! that end with CRLF, the signature first, the status last, and an empty line after that.
//!
//! No value can hold a line's end: everything that is repeated from the question was read strictly,
//! and a user's name is percent-encoded.

use std::fmt::Write as _;

use super::question::{Question, Version};
use super::response::Declined;
use super::signature::ApiKey;
use crate::clock::Timestamp;
use crate::domain::otp_key::Progress;

/// An answer on its way to a client.
#[derive(Debug)]
#[must_use]
pub struct Reply<'a> {
    status: Option<Declined>,
    question: Option<&'a Question>,
    progress: Option<Progress>,
    user: Option<&'a str>,
}

impl<'a> Reply<'a> {
    /// The OTP is good, and was never seen before.
    pub fn confirmed(question: &'a Question, progress: Progress, user: Option<&'a str>) -> Self {
        Self {
            status: None,
            question: Some(question),
            progress: Some(progress),
            user,
        }
    }

    /// The OTP, or this very request, was seen before. These refusals alone repeat what was asked.
    pub fn replayed(question: &'a Question, status: Declined) -> Self {
        Self {
            question: Some(question),
            ..Self::declined(status)
        }
    }

    /// Anything else.
    pub fn declined(status: Declined) -> Self {
        Self {
            status: Some(status),
            question: None,
            progress: None,
            user: None,
        }
    }

    /// Prints the answer, signed with the client's key, or with the empty one where it is unknown
    /// the client.
    pub fn print(&self, now: Timestamp, key: &ApiKey) -> String {
        // In the order in which the reference server prints them.
        let mut lines = Vec::with_capacity(10);
        lines.push(("t", stamp(now)));
        if let Some(question) = self.question
            && question.version() == Version::Two
        {
            lines.push(("otp", question.otp().expose().to_owned()));
            lines.push(("nonce", question.nonce().to_owned()));
            if self.status.is_none() {
                // The share of peers that agreed: there are none.
                lines.push(("sl", "0".to_owned()));
            }
        }
        if let (Some(question), Some(progress)) = (self.question, self.progress)
            && question.wants_counters()
        {
            lines.push(("timestamp", progress.device_clock.to_string()));
            lines.push(("sessioncounter", progress.usage.counter.to_string()));
            lines.push(("sessionuse", progress.usage.session_use.to_string()));
        }
        if let Some(user) = self.user {
            lines.push(("user", encoded(user)));
        }
        lines.push(("status", self.word().to_owned()));
        let fields = lines.iter().map(|(name, value)| (*name, value.as_str()));
        let signature = key.sign(&fields.collect());
        let mut text = String::with_capacity(256);
        // Writing to a string cannot fail.
        let _ = write!(text, "h={signature}\r\n");
        for (name, value) in &lines {
            let _ = write!(text, "{name}={value}\r\n");
        }
        text.push_str("\r\n");
        text
    }

    /// The protocol's word for how it ended.
    pub fn word(&self) -> &'static str {
        self.status.map_or("OK", Declined::as_str)
    }
}

/// The moment in the form of the reference server, `2026-11-22T03:57:15Z0229`: UTC, then a zero
/// and three digits of milliseconds.
fn stamp(now: Timestamp) -> String {
    format!("{}0{:03}", now.rfc3339(), now.millis().rem_euclid(1000))
}

/// Everything but unreserved characters as `%XX` (RFC 3986 §2.3), so that no name can end a line,
/// part a field or join two under the signature.
fn encoded(text: &str) -> String {
    text.bytes().fold(String::new(), |mut safe, byte| {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            safe.push(byte.into());
        } else {
            // Writing to a string cannot fail.
            let _ = write!(safe, "%{byte:02X}");
        }
        safe
    })
}

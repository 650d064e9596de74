//! `[log]`

use super::form::Form;
use super::forms::{choice, truth};
use super::section::section;

section! {
    /// What the server writes to its standard error.
    Log = "log" {
        /// Lines for people, or one JSON object a line for machines.
        format "format": LogFormat = format().or("text");
        /// The least important line that is written.
        level "level": LogLevel = level().or("info");
        /// Whether requests to `/health/` are written. Those that failed always are.
        health "health": bool = truth().or("true");
    }
}

/// How lines are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

/// The least important line that is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogLevel {
    /// Our defects.
    Error,
    /// And what an administrator should look at.
    Warn,
    /// And what the server does.
    Info,
    /// And how it does it.
    Debug,
    /// And everything else, also of libraries.
    Trace,
}

impl LogLevel {
    /// The word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warn => "warn",
            Self::Info => "info",
            Self::Debug => "debug",
            Self::Trace => "trace",
        }
    }
}

fn format() -> Form<LogFormat> {
    choice(&[("text", LogFormat::Text), ("json", LogFormat::Json)])
}

fn level() -> Form<LogLevel> {
    choice(&[
        ("error", LogLevel::Error),
        ("warn", LogLevel::Warn),
        ("info", LogLevel::Info),
        ("debug", LogLevel::Debug),
        ("trace", LogLevel::Trace),
    ])
}

//! How a notice is meant, which its colour and its icon say.

use serde::Serialize;

/// How a notice is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Tone {
    /// It was done.
    Good,
    /// It was not done; the sentence says what to do next.
    Bad,
    /// Neither.
    Plain,
}

//! Files in which the secrets and counters of YubiKeys' OTP slots change hands, as the tools of
//! the field write them.
//!
//! | format | who writes it | what it holds |
//! |---|---|---|
//! | [`ykksm`] | the reference key-storage module; `ykman … --config-output`; the "Yubico format" of the personalization tool | secrets |
//! | [`personalization`] | the "traditional format" of the personalization tool | secrets |
//! | [`pskc`] | the "PSKC format" of the personalization tool (RFC 6030) | secrets |
//! | [`ykval`] | the reference validation server | counters |
//! | [`Heading`] | people, spreadsheets and shops: our own list of keys | facts about keys, and secrets |
//!
//! A row is read strictly and alone: what is wrong with one is a [`RowFault`] with its line, and
//! says nothing about the others.

mod detect;
mod fault;
mod field;
mod inventory;
mod lines;
mod moment;
pub mod personalization;
pub mod pskc;
mod record;
pub mod script;
pub mod ykksm;
pub mod ykval;

pub use detect::{Format, detect};
pub use fault::RowFault;
pub use inventory::{Heading, InventoryRecord, ListedSecret, ListedSlot};
pub use lines::{Contents, Numbered, text};
pub use record::{CounterRecord, Counters, KeyRecord, LockCode};

/// What one line turned out to be.
enum Line<T> {
    /// A comment, a heading or nothing at all.
    Empty,
    /// A slot that types something else than one-time passwords of this kind.
    Other,
    /// What the file is read for.
    Record(T),
}

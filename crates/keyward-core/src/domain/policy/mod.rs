//! What the organisation asks of its people and of their devices.
//!
//! There is one policy for everybody and one for each group that has its own. They never weaken
//! each other: what holds for a user is the [strictest](Rules::and) of all that concern them, and
//! [`Effective`] remembers which of them spoke.
//!
//! What differs from rule to rule is declared once, in `rule.rs`; `judgement.rs` has a function for each
//! that devices are judged by.

mod duty;
mod effective;
mod form;
mod judgement;
mod model_query;
mod record;
mod rule;
mod rule_value;
mod rules;
mod second_factor;
mod stopping;
mod strictness;
#[cfg(test)]
mod tests;

pub use crate::domain::credential::CredentialFacts;
pub use duty::{Duty, DutyChange, DutyKind, DutyWanted};
pub use effective::{Effective, Scope, Violation};
pub use form::{Input, Unreadable, Words};
pub use judgement::{DeviceFacts, InventoryFact, Reason};
pub use model_query::ModelQuery;
pub use record::{JudgementProgress, PolicyRecord};
pub use rule::{Rule, Rules};
pub use rules::{Attestation, ModelList, Verification};
pub use second_factor::RequireSecondFactor;
pub use stopping::{Stopping, StoppingSummary};

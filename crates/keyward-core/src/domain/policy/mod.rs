//! What the organisation asks of its people and of their devices.
//!
//! There is one policy for everybody and one for each group that has its own. They never weaken
//! each other: what holds for somebody is the [strictest](Rules::and) of all that concern them, and
//! [`Effective`] remembers which of them spoke.

mod duty;
mod effective;
mod judgement;
mod model_query;
mod rules;
mod second_factor;
#[cfg(test)]
mod tests;

pub use crate::domain::credential::CredentialFacts;
pub use duty::{Duty, DutyChange, DutyKind, DutyWanted};
pub use effective::{Effective, Scope, Violation};
pub use judgement::{DeviceFacts, Reason, Rule};
pub use model_query::ModelQuery;
pub use rules::{Attestation, ModelList, Rules, Verification};
pub use second_factor::RequireSecondFactor;

//! Activation codes: what travels apart from a key that was registered for its owner.

use super::written_code::{CodePurpose, WrittenCode};
use crate::secret::KeyPurpose;

/// An activation code in its owner's hand: 80 random bits in sixteen letters.
pub type ActivationCode = WrittenCode<ActivationPurpose>;

/// What such a code is for.
pub enum ActivationPurpose {}

impl CodePurpose for ActivationPurpose {
    /// Nothing: the enrolment is found by its code.
    type Owner = &'static str;
    const KEY: KeyPurpose = KeyPurpose::ActivationCode;
    const REDACTED: &'static str = "ActivationCode(..)";
}

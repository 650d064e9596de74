//! `[totp]`

use super::forms::{digits, number, text, truth};
use super::section::section;

section! {
    /// Codes of authenticator apps (RFC 6238). Devices that are enrolled keep what they were
    /// enrolled with.
    Totp = "totp" {
        /// The name that authenticator apps show above the code.
        issuer "issuer": String = text(64).when(|issuer| !issuer.contains(COLON), "must not contain a colon").or("Keyward");
        /// Digits of a code.
        digits "digits": u32 = digits().or("6");
        /// Seconds for which a code holds.
        step "step": u32 = number(15..=300).or("30");
        /// How many codes before and after the present one are accepted.
        tolerance "tolerance": u32 = number(0..=10).or("1");
        /// Whether the drift of a device's clock is remembered.
        sync "sync": bool = truth().or("true");
    }
}

/// Parts issuer and account in the label of the key's URI.
const COLON: char = ':';

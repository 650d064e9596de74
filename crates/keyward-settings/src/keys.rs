//! `[keys]`

use super::forms::{number, truth};
use super::section::section;

section! {
    /// The inventory of keys.
    Keys = "keys" {
        /// Whether there is a page, `/found`, on which whoever found a key says where it can be collected, without
        /// an account. The sign-in page leads there. It tells nobody whether a key is known.
        found_page "found_page": bool = truth().or("true");
        /// For how many days an activation code is good: a key that was registered for somebody is theirs once they
        /// have given it, together with a use of the key, at `/activate`.
        activation_days "activation_days": u16 = number(1..=366).or("30");
    }
}

//! `[keys]`

use super::forms::truth;
use super::section::section;

section! {
    /// The inventory of keys.
    Keys = "keys" {
        /// Whether there is a page, `/found`, on which whoever found a key says where it can be collected, without
        /// an account. The sign-in page leads there. It tells nobody whether a key is known.
        found_page "found_page": bool = truth().or("true");
    }
}

//! `[account]`

use super::forms::truth;
use super::section::section;

section! {
    /// What people may change about their own accounts. Administrators may change all of it.
    Account = "account" {
        /// Whether people may change the user name that they sign in with.
        may_change_name "may_change_name": bool = truth().or("false");
        /// Whether people may change what they are called.
        may_change_display_name "may_change_display_name": bool = truth().or("true");
        /// Whether people may change their e-mail address. The new one counts when a code that was
        /// sent there came back, and both addresses are told.
        may_change_email "may_change_email": bool = truth().or("true");
    }
}

//! `[backup_codes]`

use super::forms::number;
use super::section::section;

section! {
    /// Codes for the day on which a device is lost.
    BackupCodes = "backup_codes" {
        /// How many codes a set has.
        count "count": usize = number(4..=50).or("10");
    }
}

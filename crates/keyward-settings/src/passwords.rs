//! `[passwords]`

use std::path::PathBuf;

use super::forms::{number, path};
use super::section::section;

section! {
    /// What checking a password costs (argon2id, RFC 9106), and which are not taken. Raising a cost
    /// strengthens a hash when its user signs in next.
    Passwords = "passwords" {
        /// Memory in KiB.
        memory "memory": u32 = number(19_456..=1_048_576).or("19456");
        /// Passes over the memory.
        time "time": u32 = number(2..=32).or("2");
        /// Lanes.
        parallelism "parallelism": u32 = number(1..=16).or("1");
        /// How many passwords are checked at once; others wait their turn.
        at_once "at_once": Option<usize> = number(1..=256).optional("one per processor");
        /// Passwords that leaked, none of which is taken: the published lists of SHA-1 hashes, as one
        /// file ordered by hash (`HASH:COUNT` lines), as a folder of range files (`00000.txt` to
        /// `FFFFF.txt`), or as the filter that `keyward passwords index` makes of either. They are
        /// looked up on this machine, and nothing of a password leaves it.
        breached "breached": Option<PathBuf> = path().optional("none");
    }
}

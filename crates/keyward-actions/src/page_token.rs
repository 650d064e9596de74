//! What places in lists are tagged with when they are handed out.

use crate::App;
use keyward_core::secret::{KeyPurpose, same};

/// The tag of a place in the list that this says, under its filters.
pub fn tag(app: &App, list: &str, place: &str) -> [u8; 16] {
    *app.master_key
        .tag::<16>(KeyPurpose::PageToken, &[list, place])
}

/// Whether this is that tag.
pub fn is_ours(app: &App, list: &str, place: &str, shown: &[u8]) -> bool {
    same(&tag(app, list, place), shown)
}

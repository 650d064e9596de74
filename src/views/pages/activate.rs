//! Activating what an administrator registered for somebody.

use serde::Serialize;

use crate::views::Page;

/// `GET /activate`: asks for the code.
#[derive(Clone, Default, Serialize)]
pub struct ActivatePage {}

impl Page for ActivatePage {
    const TEMPLATE: &'static str = "activate/code.html";

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        vec![Self::default()]
    }
}

/// `GET /activate/key`: asks for a use of the key.
#[derive(Clone, Default, Serialize)]
pub struct ActivateKeyPage {}

impl Page for ActivateKeyPage {
    const TEMPLATE: &'static str = "activate/key.html";

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        vec![Self::default()]
    }
}

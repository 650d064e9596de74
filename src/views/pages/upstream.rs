//! Other OpenID providers on pages.

use serde::Serialize;

use crate::views::Page;

/// A button that leads to a provider.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ProviderButton {
    /// Where it leads.
    pub address: String,
    /// What the provider is called.
    pub label: String,
}

impl ProviderButton {
    #[cfg(test)]
    pub(super) fn samples() -> Vec<Self> {
        [("entra", "Microsoft"), ("staff", "Staff <west>")]
            .map(|(name, label)| Self {
                address: format!("/upstream/{name}/start?next=%2Faccount%2Fdevices"),
                label: label.to_owned(),
            })
            .into()
    }
}

/// A provider on one's own page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct OwnProvider {
    /// What it is called in addresses.
    pub name: String,
    /// What it is called by people.
    pub label: String,
    /// Whether one is linked with somebody there.
    pub is_linked: bool,
    /// What that is called, where the provider told it.
    pub called: String,
}

impl OwnProvider {
    #[cfg(test)]
    fn samples() -> Vec<Self> {
        [
            ("entra", true, "anna@example.org"),
            ("staff", true, ""),
            ("other", false, ""),
        ]
        .map(|(name, is_linked, called)| Self {
            name: name.to_owned(),
            label: format!("The {name} <provider>"),
            is_linked,
            called: called.to_owned(),
        })
        .into()
    }
}

/// `GET /account/upstream`: who one is at other providers.
#[derive(Clone, Serialize)]
pub struct OwnProvidersPage {
    /// All of them.
    pub providers: Vec<OwnProvider>,
}

impl Page for OwnProvidersPage {
    const TEMPLATE: &'static str = "account/providers.html";

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        vec![Self {
            providers: OwnProvider::samples(),
        }]
    }
}

/// `GET /upstream/{name}/sign-out`: on the way to signing out at a provider.
#[derive(Clone, Serialize)]
pub struct SignOutTherePage {
    /// Where that is done.
    pub address: String,
    /// What the provider is called.
    pub label: String,
}

impl Page for SignOutTherePage {
    const TEMPLATE: &'static str = "sign-out-there.html";

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        vec![Self {
            address: "https://login.example.org/out?client_id=a&b=c".to_owned(),
            label: "Staff <west>".to_owned(),
        }]
    }
}

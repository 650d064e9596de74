//! On the way to OpenID clients, and away from them.

use keyward_core::clock::Timestamp;
use serde::Serialize;

use crate::views::Page;

/// The OpenID client that somebody is on the way to.
#[derive(Clone, Debug, Serialize)]
pub struct Destination {
    /// What people call it.
    pub name: String,
    /// The address of its picture, which the page's policy has to allow.
    pub logo: Option<String>,
}

/// `GET /oauth2/authorize` where the user is asked.
#[derive(Clone, Serialize)]
pub struct ConsentPage {
    /// The client.
    pub client: Destination,
    /// Where it is; `None` for a program of the user's own machine.
    pub host: Option<String>,
    /// What the user is called.
    pub user: String,
    /// What the client may know, by its scopes.
    pub scopes: Vec<String>,
    /// The client's request, as it came.
    pub request: String,
}

impl Page for ConsentPage {
    const TEMPLATE: &'static str = "openid/consent.html";

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        [None, Some("wiki.example.org")]
            .map(|host| Self {
                client: Destination {
                    name: "Wiki \"west\" <one>".to_owned(),
                    logo: host.map(|host| format!("https://{host}/logo.png?a=\"b\"&c")),
                },
                host: host.map(str::to_owned),
                user: "Anna".to_owned(),
                scopes: ["openid", "profile", "email", "groups", "offline_access"]
                    .map(str::to_owned)
                    .into(),
                request: "client_id=wiki&state=a%22b".to_owned(),
            })
            .into()
    }
}

/// `GET /oauth2/authorize` where the answer is posted to the client.
#[derive(Clone, Serialize)]
pub struct FormPostPage {
    /// Where it goes.
    pub to: String,
    /// What it says.
    pub fields: Vec<(&'static str, String)>,
}

impl Page for FormPostPage {
    const TEMPLATE: &'static str = "openid/form-post.html";

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        vec![Self {
            to: "https://wiki.example.org/cb?a=b&c=\"d\"".to_owned(),
            fields: vec![("code", "abc".to_owned()), ("state", "<\"a\">".to_owned())],
        }]
    }
}

/// `GET /device` where the code of a device is asked for.
#[derive(Clone, Serialize)]
pub struct DeviceCodePage {
    /// The code that was typed, with which no device waits.
    pub wrong: Option<String>,
}

impl Page for DeviceCodePage {
    const TEMPLATE: &'static str = "openid/device-code.html";

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        let typed = ["BCDF-GHJK".to_owned(), "<b>\" 0".to_owned()];
        let wrong = [None].into_iter().chain(typed.map(Some));
        wrong.map(|wrong| Self { wrong }).collect()
    }
}

/// `GET /device` where a device waits with the code that was typed.
#[derive(Clone, Serialize)]
pub struct DeviceConsentPage {
    /// What the client is called.
    pub client: String,
    /// What the user is called.
    pub user: String,
    /// What the client may know, by its scopes.
    pub scopes: Vec<String>,
    /// The code, as the device shows it.
    pub user_code: String,
}

impl Page for DeviceConsentPage {
    const TEMPLATE: &'static str = "openid/device-consent.html";

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        vec![Self {
            client: "Television <one>".to_owned(),
            user: "Anna".to_owned(),
            scopes: ["openid", "profile", "email", "groups"]
                .map(str::to_owned)
                .into(),
            user_code: "BCDF-GHJK".to_owned(),
        }]
    }
}

/// `POST /device`: it is said.
#[derive(Clone, Serialize)]
pub struct DeviceDonePage {
    /// Whether the device goes on.
    pub is_granted: bool,
}

impl Page for DeviceDonePage {
    const TEMPLATE: &'static str = "openid/device-done.html";

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        [false, true].map(|is_granted| Self { is_granted }).into()
    }
}

/// `GET /oauth2/end-session` where the user is asked.
#[derive(Clone, Serialize)]
pub struct EndSessionPage {
    /// What the client is called; `None` where none says so.
    pub client: Option<String>,
    /// The client's wish, as it came.
    pub wish: String,
}

impl Page for EndSessionPage {
    const TEMPLATE: &'static str = "openid/end-session.html";

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        [None, Some("Wiki \"west\" <one>")]
            .map(|client| Self {
                client: client.map(str::to_owned),
                wish: "client_id=wiki&state=a%22b".to_owned(),
            })
            .into()
    }
}

/// An application that a user let know who they are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct OwnApplication {
    /// What it calls itself.
    pub client_id: String,
    /// What it is called.
    pub name: String,
    /// What it may know, by its scopes.
    pub scopes: Vec<String>,
    /// When the user agreed.
    pub agreed_at: Timestamp,
}

/// `GET /account/applications`: what the user agreed to, and can take back.
#[derive(Clone, Serialize)]
pub struct OwnApplicationsPage {
    /// All of them.
    pub applications: Vec<OwnApplication>,
}

impl Page for OwnApplicationsPage {
    const TEMPLATE: &'static str = "account/applications.html";

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        let wiki = OwnApplication {
            client_id: "wiki".to_owned(),
            name: "Wiki <one>".to_owned(),
            scopes: ["openid", "profile", "email", "groups"]
                .map(str::to_owned)
                .into(),
            agreed_at: Timestamp::from_seconds(1_795_000_000),
        };
        [Vec::new(), vec![wiki]]
            .map(|applications| Self { applications })
            .into()
    }
}

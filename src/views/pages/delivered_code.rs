//! The second factor by a code that is delivered.

use serde::Serialize;

use super::Way;
use crate::views::Page;
use keyward_core::clock::Timestamp;
use keyward_core::domain::delivery_address::DeliveryMethod;
use keyward_core::domain::device::{DeviceId, DeviceKind};

/// A device that codes are sent to, as its owner knows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DeliveryDevice {
    /// The row, by which it is chosen.
    pub id: DeviceId,
    /// What its owner calls it.
    pub name: String,
    /// Where codes go, masked.
    pub masked: String,
    /// By what they travel.
    pub method: DeliveryMethod,
}

/// The second factor by a code that is delivered: first it is asked for, then typed.
#[derive(Clone, Serialize)]
pub struct DeliveredCodePage {
    /// What it is for.
    pub way: Way,
    /// The number of this step.
    pub turn: i64,
    /// Who is signing in.
    pub username: String,
    /// The kind of the devices below.
    pub kind: DeviceKind,
    /// The user's devices of this kind, the one to ask for first.
    pub devices: Vec<DeliveryDevice>,
    /// Which of them a code was sent to that can be typed now.
    pub sent: Option<DeliveryDevice>,
    /// Until when it can be typed.
    pub sent_until: Option<Timestamp>,
    /// How many digits a code has: 6 or 8.
    pub digits: u32,
    /// Whether there is another method.
    pub has_other_methods: bool,
}

impl Page for DeliveredCodePage {
    const TEMPLATE: &'static str = "sign-in/delivered-code.html";

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        use crate::views::tests::{ago, id};
        let mailbox = |number, name: &str, masked: &str| DeliveryDevice {
            id: id(number, DeviceId::parse),
            name: name.to_owned(),
            masked: masked.to_owned(),
            method: DeliveryMethod::Mail,
        };
        let devices = vec![mailbox(1, "Mail at home", "a***@example.org")];
        let [way, step_up] = Way::samples();
        let asking = Self {
            way,
            turn: 3,
            username: "anna".to_owned(),
            kind: DeviceKind::Email,
            devices: devices.clone(),
            sent: None,
            sent_until: None,
            digits: 6,
            has_other_methods: true,
        };
        let mut typing = asking.clone();
        typing.sent = devices.first().cloned();
        typing.sent_until = Some(ago(-590));
        typing.digits = 8;
        let mut two = asking.clone();
        let other = mailbox(
            2,
            "<b>مكتب</b>",
            "a***@a-very-long-name-of-a-domain.example.org",
        );
        two.devices.push(other.clone());
        two.has_other_methods = false;
        let mut elsewhere = two.clone();
        elsewhere.sent = Some(other);
        elsewhere.sent_until = Some(ago(-30));
        elsewhere.way = step_up.clone();
        let mut again = asking.clone();
        again.way = step_up;
        let phone = |number, name: &str, method| DeliveryDevice {
            method,
            ..mailbox(number, name, "+31 * ******58")
        };
        let mut pages = vec![asking, typing, two, elsewhere, again];
        for method in [DeliveryMethod::Sms, DeliveryMethod::Call] {
            for sent in [None, Some(phone(3, "My phone", method))] {
                pages.push(Self {
                    kind: DeviceKind::Phone,
                    devices: vec![phone(3, "My phone", method)],
                    sent_until: sent.as_ref().map(|_| ago(-590)),
                    sent,
                    ..pages[0].clone()
                });
            }
        }
        pages.push(Self {
            kind: DeviceKind::Phone,
            devices: vec![
                phone(3, "My phone", DeliveryMethod::Sms),
                phone(4, "Office", DeliveryMethod::Call),
            ],
            ..pages[0].clone()
        });
        pages
    }
}

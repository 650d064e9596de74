//! Places in lists, as addresses and page tokens carry them.

use keyward_core::clock::Timestamp;
use keyward_core::domain::api_token::ApiTokenId;
use keyward_core::domain::coverage::{CoveragePlace, Day};
use keyward_core::domain::device::{DeviceId, DevicePlace};
use keyward_core::domain::event::EventId;
use keyward_core::domain::group::GroupName;
use keyward_core::domain::invitation::InvitationId;
use keyward_core::domain::key::{
    CasePlace, EnrolmentId, FirmwarePlace, FoundReportId, FoundReportPlace, KeyCaseId, KeyId,
    KeyPlace, ProposalId,
};
use keyward_core::domain::session::{SessionId, SessionPlace};
use keyward_core::domain::user::{UserId, UserPlace};

/// A place in a list.
pub trait Place: Sized {
    /// How it is written.
    fn write(&self) -> String;

    /// Reads one; `None` for anything else.
    fn read(text: &str) -> Option<Self>;
}

macro_rules! ids {
    ($($id:ty),*) => {$(
        impl Place for $id {
            fn write(&self) -> String {
                self.to_string()
            }

            fn read(text: &str) -> Option<Self> {
                Self::parse(text)
            }
        }
    )*};
}

ids!(
    UserId,
    DeviceId,
    EventId,
    InvitationId,
    ApiTokenId,
    EnrolmentId
);

impl Place for String {
    fn write(&self) -> String {
        self.clone()
    }

    fn read(text: &str) -> Option<Self> {
        (!text.chars().any(char::is_control)).then(|| text.to_owned())
    }
}

impl Place for u64 {
    fn write(&self) -> String {
        self.to_string()
    }

    fn read(text: &str) -> Option<Self> {
        text.parse().ok()
    }
}

impl Place for GroupName {
    fn write(&self) -> String {
        self.as_str().to_owned()
    }

    fn read(text: &str) -> Option<Self> {
        let is_name = !text.is_empty() && !text.chars().any(char::is_control);
        is_name.then(|| Self::from_stored(text))
    }
}

impl Place for UserPlace {
    fn write(&self) -> String {
        match self {
            Self::Name(name) => format!("name:{name}"),
            Self::Found(place) => format!("found:{place}"),
        }
    }

    fn read(text: &str) -> Option<Self> {
        if let Some(name) = text.strip_prefix("name:") {
            return Some(Self::Name(name.to_owned()));
        }
        let place = text.strip_prefix("found:")?;
        place.parse().ok().map(Self::Found)
    }
}

impl Place for DevicePlace {
    fn write(&self) -> String {
        format!("{}-{}", self.idle_since.millis(), self.id)
    }

    fn read(text: &str) -> Option<Self> {
        let (millis, id) = text.split_once('-')?;
        Some(Self {
            idle_since: Timestamp::from_millis(millis.parse().ok()?),
            id: DeviceId::parse(id)?,
        })
    }
}

impl Place for SessionPlace {
    fn write(&self) -> String {
        format!("{}:{}", self.last_seen_at.millis(), self.id)
    }

    fn read(text: &str) -> Option<Self> {
        let (millis, id) = text.split_once(':')?;
        Some(Self {
            last_seen_at: Timestamp::from_millis(millis.parse().ok()?),
            id: SessionId::parse(id)?,
        })
    }
}

impl Place for KeyPlace {
    fn write(&self) -> String {
        format!("{}:{}", self.id, self.serial)
    }

    fn read(text: &str) -> Option<Self> {
        let (id, serial) = text.split_once(':')?;
        let is_serial = serial.bytes().all(|byte| byte.is_ascii_graphic());
        is_serial.then_some(())?;
        Some(Self {
            serial: serial.to_owned(),
            id: KeyId::parse(id)?,
        })
    }
}

impl Place for CasePlace {
    fn write(&self) -> String {
        format!("{}:{}", self.opened_at.millis(), self.id)
    }

    fn read(text: &str) -> Option<Self> {
        let (millis, id) = text.split_once(':')?;
        Some(Self {
            opened_at: Timestamp::from_millis(millis.parse().ok()?),
            id: KeyCaseId::parse(id)?,
        })
    }
}

impl Place for FoundReportPlace {
    fn write(&self) -> String {
        format!("{}:{}", self.reported_at.millis(), self.id)
    }

    fn read(text: &str) -> Option<Self> {
        let (millis, id) = text.split_once(':')?;
        Some(Self {
            reported_at: Timestamp::from_millis(millis.parse().ok()?),
            id: FoundReportId::parse(id)?,
        })
    }
}

impl Place for CoveragePlace {
    fn write(&self) -> String {
        format!("{}:{}", self.day.number(), self.group)
    }

    fn read(text: &str) -> Option<Self> {
        let (day, group) = text.split_once(':')?;
        Some(Self {
            day: Day::from_number(day.parse().ok()?),
            group: String::read(group)?,
        })
    }
}

impl Place for FirmwarePlace {
    fn write(&self) -> String {
        let texts = [&self.maker, &self.model, &self.firmware, &self.state];
        // A unit separator stands in no text that was typed, since those have no control characters.
        texts.map(String::as_str).join("\u{1f}")
    }

    fn read(text: &str) -> Option<Self> {
        let mut texts = text.split('\u{1f}');
        let mut next = || texts.next().and_then(String::read);
        let place = Self {
            maker: next()?,
            model: next()?,
            firmware: next()?,
            state: next()?,
        };
        texts.next().is_none().then_some(place)
    }
}

impl Place for ProposalId {
    fn write(&self) -> String {
        self.to_string()
    }

    fn read(text: &str) -> Option<Self> {
        Self::parse(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_survives_its_address() {
        for one in [
            UserPlace::Name("name:anna".to_owned()),
            UserPlace::Found(1_000_000),
        ] {
            assert_eq!(UserPlace::read(&one.write()), Some(one));
        }
        for other in ["", "anna", "found:", "found:a", "NAME:anna"] {
            assert_eq!(UserPlace::read(other), None, "{other}");
        }
    }
}

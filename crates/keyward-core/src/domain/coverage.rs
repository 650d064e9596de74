//! How many people are covered by which devices: what reports tell, for everybody and by group.

use super::device::DeviceKind;
use super::group::GroupName;
use super::policy::DeviceFacts;
use crate::clock::Timestamp;

/// A day in UTC, by its number since the Unix epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Day(i64);

impl Day {
    const MILLIS: i64 = 24 * 60 * 60 * 1000;

    /// The day of a moment.
    pub fn of(moment: Timestamp) -> Self {
        Self(moment.millis().div_euclid(Self::MILLIS))
    }

    /// The day of a number.
    pub const fn from_number(number: i64) -> Self {
        Self(number)
    }

    /// Its number since the Unix epoch.
    pub const fn number(self) -> i64 {
        self.0
    }

    /// So many days earlier.
    pub fn before(self, days: u32) -> Self {
        Self(self.0.saturating_sub(days.into()))
    }

    /// As RFC 3339 writes it (`full-date`).
    pub fn full_date(self) -> String {
        let midnight = Timestamp::from_millis(self.0.saturating_mul(Self::MILLIS));
        let mut text = midnight.rfc3339();
        text.truncate("2026-12-01".len());
        text
    }
}

/// How many people of some are covered by what.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Coverage {
    /// All of them, those who are disabled too.
    pub users: u64,
    /// Who has a device of whatever kind, on hold or lost too.
    pub with_device: u64,
    /// Who has two or more in use, without what only stands in for another.
    pub two_devices: u64,
    /// Who has one in use that resists phishing, as the rule `phishing-resistant` of policies understands it.
    pub phishing_resistant: u64,
    /// Who has devices in use, and none that is not a key of hardware, as the rule `hardware-only` understands it, but for
    /// what only stands in for another.
    pub hardware_only: u64,
}

impl Coverage {
    /// Counts one person: whether they have a device at all, and those that they can prove themselves with.
    pub fn count(&mut self, has_device: bool, in_use: &[DeviceFacts<'_>]) {
        let mut own = in_use.iter().filter(|device| !device.kind.is_stand_in());
        let number = own.clone().count();
        let mut kinds = own.clone().map(|device| device.kind);
        let resists = kinds.any(DeviceKind::is_phishing_resistant);
        self.users += 1;
        self.with_device += u64::from(has_device);
        self.two_devices += u64::from(number >= 2);
        self.phishing_resistant += u64::from(resists);
        self.hardware_only += u64::from(number > 0 && own.all(DeviceFacts::is_hardware));
    }
}

/// What was counted on a day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CountedCoverage {
    /// The day.
    pub day: Day,
    /// Of whom; `None` for everybody.
    pub group: Option<GroupName>,
    /// The figures.
    pub coverage: Coverage,
    /// When the count was over.
    pub counted_at: Timestamp,
}

impl CountedCoverage {
    /// Its place among all: everybody first, then groups by name, each from the first day on.
    pub fn place(&self) -> CoveragePlace {
        let group = self.group.as_ref();
        CoveragePlace {
            group: group.map_or_else(String::new, |group| group.as_str().to_owned()),
            day: self.day,
        }
    }
}

/// A place among what was counted.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct CoveragePlace {
    /// The group; empty for everybody.
    pub group: String,
    /// The day.
    pub day: Day,
}

/// Whose figures are told.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum CoverageOf {
    /// Those of everybody, and of each group.
    #[default]
    All,
    /// Those of everybody alone.
    Everybody,
    /// Those of a group.
    Group(GroupName),
}

/// Which figures are told.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CoverageFilter {
    /// Whose.
    pub of: CoverageOf,
    /// Those of this day and later ones.
    pub since: Option<Day>,
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::domain::credential::CredentialFacts;
    use crate::domain::policy::InventoryFact;

    fn device(kind: DeviceKind, backup_eligible: bool) -> DeviceFacts<'static> {
        let credential = kind.is_webauthn().then_some(CredentialFacts {
            aaguid: Uuid::nil(),
            is_verified_model: false,
            backup_eligible,
            user_verified: true,
        });
        DeviceFacts {
            kind,
            credential,
            model: None,
            key: InventoryFact::Unasked,
        }
    }

    #[test]
    fn what_stands_in_is_a_device_and_no_second_one() {
        let (key, codes) = (DeviceKind::SecurityKey, DeviceKind::BackupCodes);
        let mut counted = Coverage::default();
        for devices in [
            vec![],
            vec![device(codes, false)],
            vec![device(key, false), device(codes, false)],
            vec![device(key, true), device(DeviceKind::Yubikey, false)],
            vec![device(DeviceKind::Yubikey, false)],
            vec![device(DeviceKind::Passkey, true)],
        ] {
            counted.count(!devices.is_empty(), &devices);
        }
        // On hold, or lost.
        counted.count(true, &[]);
        let expected = Coverage {
            users: 7,
            with_device: 6,
            two_devices: 1,
            phishing_resistant: 3,
            hardware_only: 2,
        };
        assert_eq!(counted, expected);
    }

    #[test]
    fn a_day_begins_at_midnight_in_utc() {
        let last = Timestamp::from_rfc3339("2026-11-30T23:59:59Z").expect("a moment");
        assert_eq!(Day::of(last).full_date(), "2026-11-30");
        let next = Timestamp::from_rfc3339("2026-12-01T00:00:00Z").expect("a moment");
        assert_eq!(Day::of(next).full_date(), "2026-12-01");
        assert_eq!(Day::of(next).before(1), Day::of(last));
    }
}

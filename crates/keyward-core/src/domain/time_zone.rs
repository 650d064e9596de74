//! In which time zone moments are written for people who read them elsewhere than in a browser.

use jiff::tz;

use crate::clock::Timestamp;

/// A time zone of the IANA database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TimeZone {
    name: String,
    zone: tz::TimeZone,
}

impl TimeZone {
    /// Reads a name such as `Europe/Amsterdam` or `UTC`.
    pub fn parse(name: &str) -> Option<Self> {
        let zone = tz::TimeZone::get(name).ok()?;
        let name = zone.iana_name().unwrap_or(name).to_owned();
        Some(Self { name, zone })
    }

    /// A moment with its zone: `2026-11-22 04:57:12 +01:00 (Europe/Amsterdam)`, or
    /// `2026-11-22 03:57:12 UTC`.
    pub fn write(&self, at: Timestamp) -> String {
        let utc = || at.rfc3339().replace('T', " ").replace('Z', " UTC");
        if self.name == "UTC" {
            return utc();
        }
        let Ok(moment) = jiff::Timestamp::from_millisecond(at.millis()) else {
            return utc();
        };
        let local = moment.to_zoned(self.zone.clone());
        format!(
            "{} ({})",
            local.strftime("%Y-%m-%d %H:%M:%S %:z"),
            self.name
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_written_with_its_zone() {
        let winter = Timestamp::from_millis(1_795_319_832_000);
        let summer = Timestamp::from_millis(1_782_100_000_000);
        for (name, at, written) in [
            ("UTC", winter, "2026-11-22 03:57:12 UTC"),
            (
                "Europe/Amsterdam",
                winter,
                "2026-11-22 04:57:12 +01:00 (Europe/Amsterdam)",
            ),
            (
                "Europe/Amsterdam",
                summer,
                "2026-06-22 05:46:40 +02:00 (Europe/Amsterdam)",
            ),
            (
                "Asia/Kolkata",
                winter,
                "2026-11-22 09:27:12 +05:30 (Asia/Kolkata)",
            ),
        ] {
            assert_eq!(TimeZone::parse(name).expect(name).write(at), written);
        }
        assert!(TimeZone::parse("Europe/Nowhere").is_none());
    }
}

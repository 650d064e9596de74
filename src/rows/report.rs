//! What reports tell.

use serde::Serialize;
use utoipa::ToSchema;

use super::row;
use keyward_core::domain::coverage::CountedCoverage;
use keyward_core::domain::key::FirmwareCount;

row! {
    /// How many people were covered by which devices, on a day.
    #[derive(Clone, Debug, Serialize, ToSchema)]
    #[schema(as = Coverage)]
    pub struct CoverageRow {
        /// The day, in UTC.
        #[schema(format = "date")]
        pub day: String,
        /// The group whose members were counted; null for everybody.
        pub group: Option<String>,
        /// How many people there were, those who are disabled too.
        pub users: u64,
        /// How many had a device of whatever kind, on hold or lost too.
        pub with_device: u64,
        /// How many had two devices or more in use; backup codes are none.
        pub two_devices: u64,
        /// How many had a passkey or a security key in use.
        pub phishing_resistant: u64,
        /// How many had keys of hardware in use and, but for backup codes, nothing else.
        pub hardware_only: u64,
        /// When they were counted.
        #[schema(format = "date-time")]
        pub counted_at: String,
    }
}

impl From<&CountedCoverage> for CoverageRow {
    fn from(counted: &CountedCoverage) -> Self {
        let figures = counted.coverage;
        let group = counted.group.as_ref();
        Self {
            day: counted.day.full_date(),
            group: group.map(|group| group.as_str().to_owned()),
            users: figures.users,
            with_device: figures.with_device,
            two_devices: figures.two_devices,
            phishing_resistant: figures.phishing_resistant,
            hardware_only: figures.hardware_only,
            counted_at: counted.counted_at.rfc3339(),
        }
    }
}

row! {
    /// How many keys of the inventory are of one make and in one state.
    #[derive(Clone, Debug, Serialize, ToSchema)]
    #[schema(as = FirmwareCount)]
    pub struct FirmwareRow {
        /// Who made them.
        pub maker: String,
        /// Their model; empty where it is not known.
        pub model: String,
        /// The version of their firmware; empty where it is not known.
        pub firmware: String,
        /// `stock`, `shipped`, `issued`, `active`, `lost` or `retired`.
        pub state: &'static str,
        /// How many.
        pub keys: u64,
        /// The ids of published advisories about such keys, oldest first, as far as we know of them.
        pub advisories: Vec<&'static str>,
    }
}

impl From<&FirmwareCount> for FirmwareRow {
    fn from(count: &FirmwareCount) -> Self {
        let advisories = count.advisories();
        Self {
            maker: count.maker.clone(),
            model: count.model.clone(),
            firmware: count.firmware.clone(),
            state: count.state.as_str(),
            keys: count.keys,
            advisories: advisories.iter().map(|advisory| advisory.id).collect(),
        }
    }
}

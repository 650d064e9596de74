//! The table of what was counted for reports, as both databases have it.

diesel::table! {
    coverage (group_name, day) {
        group_name -> Text,
        day -> BigInt,
        users -> BigInt,
        with_device -> BigInt,
        two_devices -> BigInt,
        phishing_resistant -> BigInt,
        hardware_only -> BigInt,
        counted_at -> BigInt,
    }
}

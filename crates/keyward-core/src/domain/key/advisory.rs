//! Which firmware of keys its maker has published an advisory about: a table of what was known on a day.
//!
//! Makers tell a series by its name and a range of versions. What is written of a key in the inventory is
//! somebody's text, so its series is guessed from words; what has no version that can be read is affected by
//! nothing here.

/// The day on which the table was last compared with what makers have published (RFC 3339 `full-date`).
pub const ADVISORIES_AS_OF: &str = "2026-12-01";

/// Who makes the keys of the table.
const MAKER: &str = "yubico";

/// A published advisory.
#[derive(Debug, PartialEq, Eq)]
pub struct Advisory {
    /// Its maker's id of it.
    pub id: &'static str,
    /// The day on which it was published (RFC 3339 `full-date`).
    pub published: &'static str,
    affects: &'static [(Series, Version, Version)],
}

/// Major, minor and patch.
type Version = [u16; 3];

/// What a maker tells keys apart by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Series {
    /// YubiKeys of whatever form, but for those below.
    YubiKey,
    /// YubiKeys of the FIPS series.
    Fips,
    /// YubiKeys with a fingerprint reader.
    Bio,
    /// Security Keys, which have FIDO alone.
    SecurityKey,
    /// Hardware security modules.
    Hsm,
    /// The model `YubiKey 5 NFC` alone, which is a YubiKey too.
    FiveNfc,
}

/// The advisories, oldest first: of each series, from which version, and before which one.
static ADVISORIES: [Advisory; 4] = [
    // RSA keys that were made on the key can be factored (CVE-2017-15361).
    Advisory {
        id: "YSA-2017-01",
        published: "2017-10-16",
        affects: &[(Series::YubiKey, [4, 2, 6], [4, 3, 5])],
    },
    // The first random values after power-up are partly known. 4.4.3 was never made.
    Advisory {
        id: "YSA-2019-02",
        published: "2019-06-13",
        affects: &[(Series::Fips, [4, 4, 2], [4, 4, 5])],
    },
    // An access code of an OTP slot is not asked for by one way (CVE-2020-15001).
    Advisory {
        id: "YSA-2020-04",
        published: "2020-07-08",
        affects: &[
            (Series::FiveNfc, [5, 0, 0], [5, 2, 7]),
            (Series::FiveNfc, [5, 3, 0], [5, 3, 2]),
        ],
    },
    // Private keys on elliptic curves can be measured by whoever has the key (EUCLEAK, CVE-2024-45678).
    Advisory {
        id: "YSA-2024-03",
        published: "2024-09-03",
        affects: &[
            (Series::YubiKey, [5, 0, 0], [5, 7, 0]),
            (Series::Fips, [5, 0, 0], [5, 7, 0]),
            (Series::Bio, [0, 0, 0], [5, 7, 2]),
            (Series::SecurityKey, [0, 0, 0], [5, 7, 0]),
            (Series::Hsm, [0, 0, 0], [2, 4, 0]),
        ],
    },
];

/// The advisories about keys of this maker, model and firmware, oldest first.
pub fn advisories(maker: &str, model: &str, firmware: &str) -> Vec<&'static Advisory> {
    let is_known = maker.trim().eq_ignore_ascii_case(MAKER);
    let Some(version) = version(firmware).filter(|_| is_known) else {
        return Vec::new();
    };
    let series = series(model);
    let is_in = |(of, from, before): &(Series, Version, Version)| {
        series.contains(of) && *from <= version && version < *before
    };
    let affects = |advisory: &&Advisory| advisory.affects.iter().any(is_in);
    ADVISORIES.iter().filter(affects).collect()
}

/// Reads a version such as `5.4.3` or `v5.7`; what is not written is zero.
fn version(text: &str) -> Option<Version> {
    let text = text.trim().trim_start_matches(['v', 'V']);
    let mut version = [0; 3];
    for (at, part) in text.split('.').enumerate() {
        let is_number = !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        *version.get_mut(at)? = part.parse().ok().filter(|_| is_number)?;
    }
    Some(version)
}

/// What a model belongs to, by the words of its name; a YubiKey where none of them says otherwise.
fn series(model: &str) -> Vec<Series> {
    let model = model.to_ascii_lowercase();
    let words: Vec<&str> = model
        .split(|letter: char| !letter.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty())
        .collect();
    let has = |wanted: &[&str]| wanted.iter().all(|word| words.contains(word));
    if has(&["yubihsm"]) {
        vec![Series::Hsm]
    } else if has(&["bio"]) {
        vec![Series::Bio]
    } else if has(&["security", "key"]) {
        vec![Series::SecurityKey]
    } else if has(&["fips"]) {
        vec![Series::Fips]
    } else if has(&["5", "nfc"]) {
        vec![Series::YubiKey, Series::FiveNfc]
    } else {
        vec![Series::YubiKey]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn firmware_is_told_by_series_and_version_at_the_edges_of_each_advisory() {
        for (model, firmware, ids) in [
            ("YubiKey 4", "4.2.5", vec![]),
            ("YubiKey 4", "4.2.6", vec!["YSA-2017-01"]),
            ("YubiKey 4C Nano", "4.3.4", vec!["YSA-2017-01"]),
            ("YubiKey 4", "4.3.5", vec![]),
            ("YubiKey NEO", "3.4.9", vec![]),
            ("YubiKey Nano FIPS", "4.4.2", vec!["YSA-2019-02"]),
            ("YubiKey C FIPS", "4.4.4", vec!["YSA-2019-02"]),
            ("YubiKey FIPS", "4.4.5", vec![]),
            ("YubiKey 5 NFC", "5.2.6", vec!["YSA-2020-04", "YSA-2024-03"]),
            ("YubiKey 5 NFC", "5.2.7", vec!["YSA-2024-03"]),
            ("YubiKey 5 NFC", "5.3.1", vec!["YSA-2020-04", "YSA-2024-03"]),
            ("YubiKey 5C NFC", "5.2.6", vec!["YSA-2024-03"]),
            ("YubiKey 5C", "5.6.9", vec!["YSA-2024-03"]),
            ("YubiKey 5C", "5.7", vec![]),
            ("YubiKey 5 NFC FIPS", "5.4.3", vec!["YSA-2024-03"]),
            ("YubiKey 5C NFC FIPS", "5.7.4", vec![]),
            ("YubiKey Bio - FIDO Edition", "5.7.1", vec!["YSA-2024-03"]),
            ("YubiKey Bio", "5.7.2", vec![]),
            ("Security Key NFC by Yubico", "5.4.3", vec!["YSA-2024-03"]),
            ("Security Key C NFC", "5.7.0", vec![]),
            ("Security Key", "4.3.1", vec!["YSA-2024-03"]),
            ("YubiHSM 2", "2.3.2", vec!["YSA-2024-03"]),
            ("YubiHSM 2 FIPS", "2.4", vec![]),
            ("", "v5.4.3", vec!["YSA-2024-03"]),
            ("YubiKey 5C", "", vec![]),
            ("YubiKey 5C", "5.2 / 5.4", vec![]),
            ("YubiKey 5C", "5.4.3.1", vec![]),
            ("YubiKey 5C", "5.99999.1", vec![]),
        ] {
            let found = advisories("Yubico", model, firmware);
            let found: Vec<&str> = found.iter().map(|advisory| advisory.id).collect();
            assert_eq!(found, ids, "{model} {firmware}");
        }
        assert!(advisories("Token2", "YubiKey 5C", "5.4.3").is_empty());
        assert_eq!(advisories(" yubico", "YubiKey 5C", "5.4.3").len(), 1);
    }

    #[test]
    fn the_table_is_in_the_order_of_its_days() {
        let days = ADVISORIES.iter().map(|advisory| advisory.published);
        assert!(days.clone().is_sorted());
        assert!(days.chain([ADVISORIES_AS_OF]).is_sorted());
    }
}

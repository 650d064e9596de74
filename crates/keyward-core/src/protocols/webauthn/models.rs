//! Names of authenticator models, told from the AAGUID: for showing to people, never for trust,
//! because no maker vouches for an AAGUID without attestation.

use std::collections::HashMap;
use std::sync::LazyLock;

use serde::Deserialize;
use uuid::Uuid;

/// Lists of names with their public sources.
const LISTS: [&str; 2] = [
    include_str!("../../../../../fixtures/webauthn/aaguids.json"),
    include_str!("../../../../../fixtures/webauthn/aaguids_yubikey.json"),
];

#[derive(Deserialize)]
struct List {
    aaguids: HashMap<Uuid, String>,
}

static NAMES: LazyLock<HashMap<Uuid, String>> = LazyLock::new(|| {
    let lists = LISTS
        .iter()
        .filter_map(|list| serde_json::from_str(list).ok());
    lists.flat_map(|list: List| list.aaguids).collect()
});

/// The name of a model; `None` where it is unknown, or the authenticator did not say.
pub fn name(aaguid: Uuid) -> Option<&'static str> {
    NAMES.get(&aaguid).map(String::as_str)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_models_have_names_and_unknown_ones_have_none() {
        for list in LISTS {
            let list: List = serde_json::from_str(list).expect("a list");
            assert!(!list.aaguids.is_empty());
        }
        let id = |text| Uuid::parse_str(text).expect("an id");
        let named = |text| name(id(text));
        assert_eq!(
            named("fbfc3007-154e-4ecc-8c0b-6e020557d7bd"),
            Some("Apple Passwords")
        );
        assert_eq!(
            named("2fc0579f-8113-47ea-b116-bb5a8db9202a"),
            Some("YubiKey 5 NFC")
        );
        assert_eq!(named("00000000-0000-0000-0000-000000000000"), None);
        assert_eq!(named("01234567-89ab-cdef-0123-456789abcdef"), None);
    }
}

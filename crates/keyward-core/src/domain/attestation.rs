//! What an authenticator proved about its make when a credential was registered.

use data_encoding::HEXUPPER;
use serde::{Deserialize, Serialize};

/// How a statement was proved (WebAuthn L3 §6.5.3).
///
/// None of these names one device: makers put the same certificate into a hundred thousand keys and
/// more, so that no user can be followed by it. It says which model a key is, never which key; that
/// says an [`AttestedSerial`] alone, which keys show to those that they were made for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AttestationKind {
    /// There was no statement.
    None,
    /// Signed with the credential's own key: no maker vouches for the model.
    SelfSigned,
    /// Signed by a key of the model's batch, or by one that a CA of the maker's vouches for;
    /// the formats do not tell the two apart.
    Basic,
    /// Signed by an attestation key that an attestation CA vouches for, as TPMs do.
    AttestationCa,
    /// A certificate of its own for each credential, by a CA that hides which device it is.
    AnonymizationCa,
}

impl AttestationKind {
    const ALL: [Self; 5] = [
        Self::None,
        Self::SelfSigned,
        Self::Basic,
        Self::AttestationCa,
        Self::AnonymizationCa,
    ];

    /// The word in the database and for machines.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::SelfSigned => "self",
            Self::Basic => "basic",
            Self::AttestationCa => "attca",
            Self::AnonymizationCa => "anonca",
        }
    }

    /// Reads [`Self::as_str`].
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }
}

/// A statement whose signature was verified. Whether a trusted root stands behind its
/// chain is a question of its own, asked with the trust anchors of the day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attestation {
    /// The statement's format: `none`, `packed`, `tpm`, `android-key`, `apple` or `fido-u2f`.
    pub format: String,
    /// How it was proved.
    pub kind: AttestationKind,
    /// The certificates that came with it, in DER, the attesting one first. Empty for
    /// [`AttestationKind::None`] and [`AttestationKind::SelfSigned`].
    pub chain: Vec<Vec<u8>>,
}

impl Attestation {
    /// Whether the AAGUID was under the statement's signature, so that the maker behind the
    /// chain vouches for it. `fido-u2f` signs no AAGUID, and no maker stands behind `none` and self
    /// attestation.
    pub fn covers_aaguid(&self) -> bool {
        !self.chain.is_empty() && self.format != "fido-u2f"
    }
}

/// Which one of all authenticators a maker's certificate says that one is. It is worth what the chain of
/// that certificate is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttestedSerial {
    /// The number, as the maker prints it on the key where Yubico's way is the maker's: see [`printed`].
    pub number: String,
    /// Whom the certificate names as the maker: the organisation of its subject (WebAuthn L3 §8.2.1).
    pub maker: String,
}

impl AttestedSerial {
    /// Whether the organisation of a certificate is who the inventory says made a key: the name that is
    /// known there, or that name with what companies have behind it (`Yubico`, `Yubico AB`).
    pub fn names_maker(organisation: &str, maker: &str) -> bool {
        let (organisation, maker) = (organisation.to_lowercase(), maker.trim().to_lowercase());
        let rest = organisation.strip_prefix(&maker);
        !maker.is_empty() && rest.is_some_and(|rest| !rest.starts_with(char::is_alphanumeric))
    }
}

/// The most bytes of a serial number, of which the standard has no bound.
const MOST_BYTES: usize = 64;

/// The octets of `id-fido-gen-ce-sernum` (WebAuthn L3 §8.2.2) as people read them: the number whose most
/// significant byte comes first, as Yubico has it, and hexadecimal capitals where that has more than 64
/// bits. `None` for no octets, and for more than 64.
pub fn printed(octets: &[u8]) -> Option<String> {
    if !(1..=MOST_BYTES).contains(&octets.len()) {
        return None;
    }
    let leading = octets.iter().take_while(|octet| **octet == 0).count();
    let significant = octets.get(leading..).unwrap_or_default();
    let mut whole = [0; 8];
    let place = whole.len().checked_sub(significant.len());
    let place = place.and_then(|place| whole.get_mut(place..));
    Some(match place {
        Some(place) => {
            place.copy_from_slice(significant);
            u64::from_be_bytes(whole).to_string()
        }
        None => HEXUPPER.encode(octets),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_certificate_names_a_maker_by_its_whole_name() {
        for organisation in ["Yubico", "YUBICO AB", "yubico, Inc."] {
            assert!(
                AttestedSerial::names_maker(organisation, " Yubico "),
                "{organisation}"
            );
        }
        for (organisation, maker) in [
            ("Yubicon", "Yubico"),
            ("Not Yubico", "Yubico"),
            ("Yubico", "Yubico AB"),
            ("Yubico", ""),
            ("", ""),
        ] {
            assert!(
                !AttestedSerial::names_maker(organisation, maker),
                "{organisation}: {maker}"
            );
        }
    }
}

//! What an authenticator proved about its make when a credential was registered.

use data_encoding::HEXLOWER;

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

/// The number by which a maker's certificate tells one authenticator from all others of its model
/// (`id-fido-gen-ce-sernum`, WebAuthn L3 §8.2.2). It is worth what the chain of that certificate is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct AttestedSerial(Vec<u8>);

impl AttestedSerial {
    /// The most bytes of one; the standard names no bound.
    pub const MOST_BYTES: usize = 64;

    /// The number of a certificate; `None` for none and for more than [`Self::MOST_BYTES`].
    pub fn new(bytes: &[u8]) -> Option<Self> {
        let is_one = (1..=Self::MOST_BYTES).contains(&bytes.len());
        is_one.then(|| Self(bytes.to_vec()))
    }

    /// That of a row, however long it is; `None` for what is no hexadecimal.
    pub fn from_stored(text: &str) -> Option<Self> {
        HEXLOWER.decode(text.as_bytes()).ok().map(Self)
    }

    /// Its bytes in small hexadecimal digits.
    pub fn to_hex(&self) -> String {
        HEXLOWER.encode(&self.0)
    }

    /// What is printed on the key where its maker writes that into the certificate, most significant
    /// byte first, as Yubico does; `None` for what is too large for it.
    pub fn number(&self) -> Option<u64> {
        let significant = self.0.iter().skip_while(|byte| **byte == 0);
        let significant: Vec<u8> = significant.copied().collect();
        let at = 8_usize.checked_sub(significant.len())?;
        let mut whole = [0; 8];
        whole.get_mut(at..)?.copy_from_slice(&significant);
        Some(u64::from_be_bytes(whole))
    }
}

impl std::fmt::Display for AttestedSerial {
    /// As its maker may have printed it on the key.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.number() {
            Some(number) => write!(f, "{number}"),
            None => f.write_str(&self.to_hex()),
        }
    }
}

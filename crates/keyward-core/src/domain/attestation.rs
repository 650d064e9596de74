//! What an authenticator proved about its make when a credential was registered.

/// How a statement was proved (WebAuthn L3 §6.5.3).
///
/// None of these names one device: makers put the same certificate into a hundred thousand keys and
/// more, so that no user can be followed by it. It says which model a key is, never which key.
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

//! How tokens are signed.

use sha2::{Digest as _, Sha256, Sha384, Sha512};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

macro_rules! algorithms {
    ($($(#[$doc:meta])* $variant:ident = $name:literal,)*) => {
        /// How a signature that is read was made (RFC 7518 §3.1, RFC 8037 §3.1). All are made with
        /// private keys: what verifies one makes none.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Algorithm { $($(#[$doc])* $variant,)* }

        impl Algorithm {
            /// Every algorithm.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// The registered name, as it stands in `alg`.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }
        }
    };
}

algorithms! {
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    Rs256 = "RS256",
    /// RSASSA-PKCS1-v1_5 with SHA-384.
    Rs384 = "RS384",
    /// RSASSA-PKCS1-v1_5 with SHA-512.
    Rs512 = "RS512",
    /// RSASSA-PSS with SHA-256.
    Ps256 = "PS256",
    /// RSASSA-PSS with SHA-384.
    Ps384 = "PS384",
    /// RSASSA-PSS with SHA-512.
    Ps512 = "PS512",
    /// ECDSA on P-256 with SHA-256.
    Es256 = "ES256",
    /// ECDSA on P-384 with SHA-384.
    Es384 = "ES384",
    /// EdDSA with Ed25519.
    EdDsa = "EdDSA",
}

impl Algorithm {
    /// Reads a registered name; `None` for all others, `none` and keyed hashes among them. `Ed25519`
    /// is what RFC 9864 §2.2 calls the one curve that `EdDSA` is used with here.
    pub fn parse(text: &str) -> Option<Self> {
        let found = Self::ALL.iter().copied();
        found
            .into_iter()
            .find(|algorithm| algorithm.as_str() == text)
            .or((text == "Ed25519").then_some(Self::EdDsa))
    }
}

/// How tokens of ours are signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SigningAlgorithm {
    /// ECDSA on P-256 with SHA-256: small tokens, quick to sign.
    Es256,
    /// RSASSA-PKCS1-v1_5 with SHA-256, which every relying party reads (OpenID Connect Core 1.0 §15.1).
    Rs256,
    /// EdDSA with Ed25519.
    EdDsa,
}

impl SigningAlgorithm {
    /// Every algorithm.
    pub const ALL: [Self; 3] = [Self::Es256, Self::Rs256, Self::EdDsa];

    /// The registered name, as it stands in `alg`.
    pub fn as_str(self) -> &'static str {
        Algorithm::from(self).as_str()
    }

    /// Reads a registered name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.as_str() == text)
    }

    /// The algorithm of a row.
    pub fn from_stored(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.as_str() == text)
    }

    /// What binds a token or a code to an ID token, as `at_hash` and `c_hash` have it: the left half of
    /// the hash that the algorithm signs (OpenID Connect Core 1.0 §3.1.3.6), SHA-512 with Ed25519.
    pub fn half_hash(self, text: &str) -> String {
        Algorithm::from(self).half_hash(text)
    }
}

impl Algorithm {
    /// The same for a token of another provider.
    pub fn half_hash(self, text: &str) -> String {
        let bytes = text.as_bytes();
        let digest = match self {
            Self::Rs256 | Self::Ps256 | Self::Es256 => Sha256::digest(bytes).to_vec(),
            Self::Rs384 | Self::Ps384 | Self::Es384 => Sha384::digest(bytes).to_vec(),
            Self::Rs512 | Self::Ps512 | Self::EdDsa => Sha512::digest(bytes).to_vec(),
        };
        let (half, _) = digest.split_at(digest.len() / 2);
        URL_SAFE_NO_PAD.encode(half)
    }
}

impl From<SigningAlgorithm> for Algorithm {
    fn from(algorithm: SigningAlgorithm) -> Self {
        match algorithm {
            SigningAlgorithm::Es256 => Self::Es256,
            SigningAlgorithm::Rs256 => Self::Rs256,
            SigningAlgorithm::EdDsa => Self::EdDsa,
        }
    }
}

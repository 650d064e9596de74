//! Certificate authorities of the tests' own, for servers that speak HTTPS.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::OnceLock;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};

/// An authority.
pub struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    /// The one that every browser of this test process trusts.
    pub fn trusted() -> &'static Self {
        static TRUSTED: OnceLock<Authority> = OnceLock::new();
        TRUSTED.get_or_init(|| Self::named("Authority of the servers"))
    }

    /// Another one.
    pub fn named(name: &str) -> Self {
        let mut params = CertificateParams::default();
        // Two certificates of one name look like one that signed itself.
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().expect("a key can be made");
        Self(CertifiedIssuer::self_signed(params, key).expect("it signs itself"))
    }

    /// Its certificate.
    pub fn pem(&self) -> String {
        self.0.pem()
    }

    /// A certificate of these particulars, signed by it, and its key, as one text.
    pub fn signs(&self, params: CertificateParams) -> String {
        let pair = KeyPair::generate().expect("a key can be made");
        let signed = params
            .signed_by(&pair, &self.0)
            .expect("the authority signs");
        format!("{}{}", signed.pem(), pair.serialize_pem())
    }

    /// Writes a certificate for `localhost` and its key to a server's two files.
    pub fn certify(&self, certificate: &Path, key: &Path) {
        let pair = KeyPair::generate().expect("a key can be made");
        let signed = CertificateParams::new(vec!["localhost".to_owned()])
            .and_then(|params| params.signed_by(&pair, &self.0))
            .expect("the authority signs");
        fs::write(certificate, signed.pem()).expect("the folder is ours");
        fs::write(key, pair.serialize_pem()).expect("the folder is ours");
        let mode = fs::Permissions::from_mode(0o600);
        fs::set_permissions(key, mode).expect("the file is ours");
    }
}

//! Whether the certificates that came with a credential lead to somebody who is trusted.

use rustls_pki_types::{CertificateDer, UnixTime};
use webpki::{
    EndEntityCert, Error, ExtendedKeyUsageValidator, KeyPurposeIdIter, anchor_from_trusted_cert,
};

use crate::clock::Timestamp;

/// Makers write what they like into the purposes of their certificates.
struct AnyPurpose;

impl ExtendedKeyUsageValidator for AnyPurpose {
    fn validate(&self, _: KeyPurposeIdIter<'_, '_>) -> Result<(), Error> {
        Ok(())
    }
}

/// Whether a chain, the attesting certificate first, leads to one of these roots at a moment. All
/// are in DER. A root may be the attesting certificate itself (FIDO Metadata Statement 3.0 §4,
/// `attestationRootCertificates`); roots that cannot be read are passed over.
pub fn leads_to(chain: &[Vec<u8>], roots: &[Vec<u8>], now: Timestamp) -> bool {
    let Some((leaf, above)) = chain.split_first() else {
        return false;
    };
    if roots.contains(leaf) {
        return true;
    }
    let roots: Vec<CertificateDer<'_>> = roots.iter().map(|der| der.as_slice().into()).collect();
    let anchors: Vec<_> = roots
        .iter()
        .filter_map(|root| anchor_from_trusted_cert(root).ok())
        .collect();
    let above: Vec<CertificateDer<'_>> = above.iter().map(|der| der.as_slice().into()).collect();
    let seconds = u64::try_from(now.seconds()).unwrap_or_default();
    let moment = UnixTime::since_unix_epoch(std::time::Duration::from_secs(seconds));
    let leaf = CertificateDer::from(leaf.as_slice());
    EndEntityCert::try_from(&leaf).is_ok_and(|leaf| {
        leaf.verify_for_usage(
            webpki::ALL_VERIFICATION_ALGS,
            &anchors,
            &above,
            moment,
            AnyPurpose,
            None,
            None,
        )
        .is_ok()
    })
}

//! HTTPS by rustls. Certificate and key are read again when their files change; a pair that does
//! not fit or cannot be read is logged, and the old one stays in use.

use std::fmt;
use std::fs::Metadata;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::danger::ClientCertVerifier;
use rustls::server::{ClientHello, ResolvesServerCert, WebPkiClientVerifier};
use rustls::sign::CertifiedKey;
use rustls::{RootCertStore, ServerConfig};

use keyward_core::clock::{SharedClock, Timestamp};
use keyward_core::problem::{Problem, Result, codes};
use keyward_settings::{TlsFiles, how_to_close, is_open_to_everybody};

/// How often the files are looked at: a handshake costs more than two `stat` calls, but there may
/// be many in a second.
const PAUSE: Duration = Duration::from_secs(1);

/// Makes ring's the provider of this process, for a library that asks for the usual one. A second call
/// changes nothing.
pub fn install_provider() {
    let _ = ring::default_provider().install_default();
}

/// TLS 1.2 and 1.3 with the pair of these files, which must be good at the start.
///
/// # Errors
/// `settings.invalid` where a file cannot be read or the two do not fit.
pub fn config(files: TlsFiles, clock: SharedClock) -> Result<ServerConfig> {
    let verifier = files.client_ca.as_deref().map(verifier).transpose()?;
    let resolver = Reloading::new(files, clock)?;
    let builder = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(Problem::internal)?;
    let builder = match verifier {
        Some(verifier) => builder.with_client_cert_verifier(verifier),
        None => builder.with_no_client_auth(),
    };
    Ok(builder.with_cert_resolver(Arc::new(resolver)))
}

/// Verifies certificates that clients show, and lets in whoever shows none: people have none. One of another
/// authority, or that is over, ends the connection.
fn verifier(authorities: &Path) -> Result<Arc<dyn ClientCertVerifier>> {
    let wrong = |why: &dyn fmt::Display| {
        Problem::new(codes::SETTINGS_INVALID).detailed(format!(
            "server.tls.client_ca: {}: {why}",
            authorities.display()
        ))
    };
    let mut roots = RootCertStore::empty();
    let certificates = CertificateDer::pem_file_iter(authorities).map_err(|error| wrong(&error))?;
    for certificate in certificates {
        let certificate = certificate.map_err(|error| wrong(&error))?;
        roots.add(certificate).map_err(|error| wrong(&error))?;
    }
    let provider = Arc::new(ring::default_provider());
    WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider)
        .allow_unauthenticated()
        .build()
        .map_err(|error| wrong(&error))
}

/// Reads the pair once, for `keyward check`.
///
/// # Errors
/// `settings.invalid`
pub fn check(files: &TlsFiles) -> Result<()> {
    files.client_ca.as_deref().map(verifier).transpose()?;
    read(files).map(drop)
}

struct Reloading {
    files: TlsFiles,
    clock: SharedClock,
    state: Mutex<State>,
}

struct State {
    pair: Arc<CertifiedKey>,
    stamps: Option<[Stamp; 2]>,
    looked_at: Timestamp,
}

/// What changes when a file is written or replaced.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Stamp {
    inode: u64,
    length: u64,
    written: (i64, i64),
}

impl From<Metadata> for Stamp {
    fn from(metadata: Metadata) -> Self {
        Self {
            inode: metadata.ino(),
            length: metadata.size(),
            written: (metadata.mtime(), metadata.mtime_nsec()),
        }
    }
}

fn stamps(files: &TlsFiles) -> Option<[Stamp; 2]> {
    let stamp = |path: &Path| std::fs::metadata(path).ok().map(Stamp::from);
    Some([stamp(&files.certificate)?, stamp(&files.key)?])
}

fn read(files: &TlsFiles) -> Result<CertifiedKey> {
    let wrong = |key: &str, path: &Path, why: &dyn fmt::Display| {
        Problem::new(codes::SETTINGS_INVALID)
            .detailed(format!("server.tls.{key}: {}: {why}", path.display()))
    };
    let chain: Vec<CertificateDer<'static>> = CertificateDer::pem_file_iter(&files.certificate)
        .and_then(Iterator::collect)
        .map_err(|error| wrong("certificate", &files.certificate, &error))?;
    if is_open_to_everybody(&files.key) {
        return Err(wrong("key", &files.key, &how_to_close(&files.key)));
    }
    let key = PrivateKeyDer::from_pem_file(&files.key)
        .map_err(|error| wrong("key", &files.key, &error))?;
    CertifiedKey::from_der(chain, key, &ring::default_provider())
        .map_err(|error| wrong("certificate", &files.certificate, &error))
}

impl Reloading {
    fn new(files: TlsFiles, clock: SharedClock) -> Result<Self> {
        // The stamps come first: a file that is written meanwhile is read again.
        let stamps = stamps(&files);
        let state = State {
            pair: Arc::new(read(&files)?),
            stamps,
            looked_at: clock.now(),
        };
        Ok(Self {
            files,
            clock,
            state: Mutex::new(state),
        })
    }

    fn pair(&self) -> Arc<CertifiedKey> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let now = self.clock.now();
        // A clock that was set back must not stop the looking.
        if now >= state.looked_at && now.since(state.looked_at) < PAUSE {
            return Arc::clone(&state.pair);
        }
        state.looked_at = now;
        let stamps = stamps(&self.files);
        if stamps.is_none() || stamps == state.stamps {
            return Arc::clone(&state.pair);
        }
        state.stamps = stamps;
        match read(&self.files) {
            Ok(pair) => {
                tracing::info!("the certificate was read again");
                state.pair = Arc::new(pair);
            }
            Err(problem) => {
                tracing::warn!(%problem, "the new certificate is unusable; the old one stays");
            }
        }
        Arc::clone(&state.pair)
    }
}

impl fmt::Debug for Reloading {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reloading")
            .field("files", &self.files)
            .finish_non_exhaustive()
    }
}

impl ResolvesServerCert for Reloading {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.pair())
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::sync::atomic::{AtomicI64, Ordering};

    use super::*;
    use keyward_core::clock::Clock;

    /// A clock that a test turns.
    #[derive(Default)]
    struct Turned(AtomicI64);

    impl Clock for Turned {
        fn now(&self) -> Timestamp {
            Timestamp::from_seconds(self.0.load(Ordering::SeqCst))
        }
    }

    impl Turned {
        fn on(&self) {
            self.0.fetch_add(2, Ordering::SeqCst);
        }
    }

    fn write(files: &TlsFiles) -> Vec<u8> {
        let signed = rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("a pair");
        fs::write(&files.certificate, signed.cert.pem()).expect("a certificate");
        fs::write(&files.key, signed.signing_key.serialize_pem()).expect("a key");
        close(&files.key, 0o600);
        signed.cert.der().to_vec()
    }

    fn close(path: &Path, mode: u32) {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("the file is ours");
    }

    #[test]
    fn a_key_that_everybody_can_read_stops_the_start_with_words_that_mend_it() {
        let folder = tempfile::tempdir().expect("a folder");
        let files = files(&folder);
        write(&files);
        close(&files.key, 0o644);
        let problem = check(&files).expect_err("a refusal");
        assert!(problem.to_string().contains("chmod o="), "{problem}");
        close(&files.key, 0o640);
        assert!(check(&files).is_ok());
    }

    fn files(folder: &tempfile::TempDir) -> TlsFiles {
        TlsFiles {
            certificate: folder.path().join("certificate.pem"),
            key: folder.path().join("key.pem"),
            client_ca: None,
        }
    }

    fn shown(resolver: &Reloading) -> Vec<u8> {
        resolver.pair().cert[0].to_vec()
    }

    #[test]
    fn a_new_certificate_is_used_and_a_broken_one_is_not() {
        let folder = tempfile::tempdir().expect("a folder");
        let files = files(&folder);
        let first = write(&files);
        let clock = Arc::new(Turned::default());
        let resolver = Reloading::new(files.clone(), clock.clone()).expect("a resolver");
        assert_eq!(shown(&resolver), first);

        let second = write(&files);
        assert_eq!(shown(&resolver), first, "looked at again within a second");
        clock.on();
        assert_eq!(shown(&resolver), second);

        fs::write(&files.certificate, "nonsense").expect("a file");
        clock.on();
        assert_eq!(shown(&resolver), second);
        fs::remove_file(&files.key).expect("gone");
        clock.on();
        assert_eq!(shown(&resolver), second);

        let third = write(&files);
        clock.on();
        assert_eq!(shown(&resolver), third);
    }

    #[test]
    fn authorities_that_cannot_be_read_or_are_none_stop_the_start() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut files = files(&folder);
        write(&files);
        files.client_ca = Some(files.certificate.clone());
        assert!(check(&files).is_ok());
        for text in ["", "nonsense"] {
            let empty = folder.path().join("authorities.pem");
            fs::write(&empty, text).expect("a file");
            files.client_ca = Some(empty);
            let problem = check(&files).expect_err("a refusal");
            assert!(
                problem.to_string().contains("server.tls.client_ca"),
                "{problem}"
            );
        }
        files.client_ca = Some(folder.path().join("none.pem"));
        assert!(check(&files).is_err());
    }

    #[test]
    fn a_key_of_another_certificate_stops_the_start() {
        let folder = tempfile::tempdir().expect("a folder");
        let files = files(&folder);
        write(&files);
        let certificate = fs::read(&files.certificate).expect("a certificate");
        write(&files);
        fs::write(&files.certificate, certificate).expect("a certificate");
        let problem = check(&files).expect_err("a refusal");
        assert!(
            problem.to_string().contains("server.tls.certificate"),
            "{problem}"
        );
        let clock: SharedClock = Arc::new(Turned::default());
        assert!(config(files.clone(), clock).is_err());
        fs::remove_file(&files.key).expect("gone");
        let problem = check(&files).expect_err("a refusal");
        assert!(problem.to_string().contains("server.tls.key"), "{problem}");
    }
}

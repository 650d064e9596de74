//! Hands events to other systems: to a syslog server over a connection that is kept, and into a file.

use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

use keyward_core::domain::event_export::ExportedEvent;
use keyward_core::problem::{Problem, Result, codes};
use keyward_core::protocols::ecs;
use keyward_core::protocols::syslog::{Origin, framed};
use keyward_settings::{Siem, SyslogAddress};

/// How long a connection may take, and a batch until the server has taken it.
const PATIENCE: Duration = Duration::from_secs(15);
/// For how long it is looked whether the other end is still there, after a batch was sent: the
/// protocol has no answers, and a dead connection takes what is written to it.
const LINGER: Duration = Duration::from_millis(150);

trait Stream: AsyncRead + AsyncWrite + Send + Sync + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Sync + Unpin> Stream for T {}

/// The way to a syslog server.
pub struct SyslogSink {
    address: SyslogAddress,
    tls: Option<TlsConnector>,
    origin: Origin,
    open: Option<Box<dyn Stream>>,
}

impl SyslogSink {
    /// The way that the settings describe; `None` where they name no server. `host` is told in the
    /// messages where they say no other.
    ///
    /// # Errors
    /// `settings.invalid` for certificates that cannot be used.
    pub fn new(settings: &Siem, host: &str) -> Result<Option<Self>> {
        let Some(address) = settings.syslog.clone() else {
            return Ok(None);
        };
        let by_tls = settings.transport == keyward_settings::SyslogTransport::Tls;
        let authorities = settings.ca_file.as_ref().filter(|_| by_tls);
        let tls = match authorities {
            None => None,
            Some(authorities) => Some(connector(authorities.as_pem())?),
        };
        Ok(Some(Self {
            address,
            tls,
            origin: Origin {
                facility: settings.facility,
                hostname: settings.hostname.clone().unwrap_or_else(|| host.to_owned()),
                enterprise: settings.enterprise,
                process: std::process::id(),
            },
            open: None,
        }))
    }

    /// Sends events, in their order. Where that fails nothing is known of them: they are to be sent
    /// again.
    ///
    /// # Errors
    /// `siem.unreachable`
    pub async fn send(&mut self, events: &[ExportedEvent]) -> Result<()> {
        let text: String = events
            .iter()
            .map(|event| framed(&self.origin, event))
            .collect();
        let sent = timeout(PATIENCE, self.hand_over(text.as_bytes())).await;
        let sent = sent.unwrap_or_else(|_| Err(std::io::ErrorKind::TimedOut.into()));
        sent.map_err(|error| {
            self.open = None;
            let SyslogAddress { host, port } = &self.address;
            Problem::new(codes::SIEM_UNREACHABLE).detailed(format!("{host}:{port}: {error}"))
        })
    }

    async fn hand_over(&mut self, text: &[u8]) -> std::io::Result<()> {
        let mut stream = match self.open.take() {
            Some(stream) => stream,
            None => self.connect().await?,
        };
        stream.write_all(text).await?;
        stream.flush().await?;
        // A server says nothing; where something comes, it is the end.
        let mut word = [0; 64];
        match timeout(LINGER, stream.read(&mut word)).await {
            Ok(Ok(0)) => Err(std::io::ErrorKind::ConnectionAborted.into()),
            Ok(Err(error)) => Err(error),
            Ok(Ok(_)) | Err(_) => {
                self.open = Some(stream);
                Ok(())
            }
        }
    }

    async fn connect(&self) -> std::io::Result<Box<dyn Stream>> {
        let SyslogAddress { host, port } = &self.address;
        let stream = TcpStream::connect((host.as_str(), *port)).await?;
        stream.set_nodelay(true)?;
        let Some(tls) = &self.tls else {
            return Ok(Box::new(stream));
        };
        let name = ServerName::try_from(host.clone()).map_err(std::io::Error::other)?;
        Ok(Box::new(tls.connect(name, stream).await?))
    }
}

fn connector(pem: &str) -> Result<TlsConnector> {
    let unusable = |error: &dyn std::fmt::Display| {
        Problem::new(codes::SETTINGS_INVALID).detailed(format!("siem.ca_file: {error}"))
    };
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(pem.as_bytes()) {
        let certificate = certificate.map_err(|error| unusable(&error))?;
        roots.add(certificate).map_err(|error| unusable(&error))?;
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| unusable(&error))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(TlsConnector::from(Arc::new(config)))
}

/// A file of JSON lines, or standard output.
pub struct JsonSink {
    file: Option<PathBuf>,
}

impl JsonSink {
    /// The file that the settings name; `None` where they name none.
    pub fn new(settings: &Siem) -> Option<Self> {
        let path = settings.json.clone()?;
        let is_output = path == Path::new("-");
        Some(Self {
            file: (!is_output).then_some(path),
        })
    }

    /// Appends events, in their order, and waits until they are on disk.
    ///
    /// # Errors
    /// `siem.unreachable`
    pub async fn send(&self, events: &[ExportedEvent]) -> Result<()> {
        let text: String = events.iter().map(ecs::line).collect();
        let file = self.file.clone();
        let written = tokio::task::spawn_blocking(move || match &file {
            Some(path) => append(path, &text),
            None => {
                let mut output = std::io::stdout().lock();
                output.write_all(text.as_bytes())?;
                output.flush()
            }
        });
        let written = written.await.map_err(Problem::internal)?;
        written.map_err(|error| {
            let place = self.file.as_deref().unwrap_or(Path::new("standard output"));
            let why = format!("{}: {error}", place.display());
            Problem::new(codes::SIEM_UNREACHABLE).detailed(why)
        })
    }
}

/// Opened each time: what rotates the file renames it.
fn append(path: &Path, text: &str) -> std::io::Result<()> {
    let mut file = std::fs::OpenOptions::new()
        .create(true)
        .append(true)
        .read(true)
        .open(path)?;
    // What a process wrote that was killed may end within a line.
    let mut last = [b'\n'];
    if file.metadata()?.len() > 0 {
        file.seek(SeekFrom::End(-1))?;
        file.read_exact(&mut last)?;
    }
    if last != [b'\n'] {
        file.write_all(b"\n")?;
    }
    file.write_all(text.as_bytes())?;
    file.sync_data()
}

//! TLS in front of a server of the tests that speaks plain HTTP, one question a connection.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::sync::Arc;
use std::thread;

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

/// Listens on a port of its own with this certificate, and asks `behind` in the clear. It ends with
/// the test's process.
pub fn start(certificate: &Path, key: &Path, behind: SocketAddr) -> u16 {
    let chain = CertificateDer::pem_file_iter(certificate)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .expect("a certificate");
    let key = PrivateKeyDer::from_pem_file(key).expect("a key");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .expect("they fit");
    let config = Arc::new(config);
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = listener.local_addr().expect("an address").port();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let config = Arc::clone(&config);
            // Who does not like the certificate hangs up.
            thread::spawn(move || pass_on(config, stream, behind));
        }
    });
    port
}

fn pass_on(
    config: Arc<ServerConfig>,
    stream: TcpStream,
    behind: SocketAddr,
) -> std::io::Result<()> {
    let connection = ServerConnection::new(config).map_err(std::io::Error::other)?;
    let mut secured = StreamOwned::new(connection, stream);
    let mut question = Vec::new();
    let mut byte = [0];
    while !question.ends_with(b"\r\n\r\n") {
        secured.read_exact(&mut byte)?;
        question.push(byte[0]);
    }
    let mut plain = TcpStream::connect(behind)?;
    plain.write_all(&question)?;
    let mut answer = Vec::new();
    plain.read_to_end(&mut answer)?;
    secured.write_all(&answer)?;
    secured.conn.send_close_notify();
    secured.flush()
}

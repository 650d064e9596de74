//! The certificate that the client of a connection has shown, where TLS ends here.

use actix_tls::accept::rustls_0_23::TlsStream;
use actix_web::HttpRequest;
use actix_web::rt::net::TcpStream;
use keyward_core::factors::client_certificate::ClientCertificate;

/// What a connection knows of its client.
pub trait Shows {
    /// The certificate, which was verified when the connection began.
    fn certificate(&self) -> Option<ClientCertificate>;
}

impl Shows for TcpStream {
    fn certificate(&self) -> Option<ClientCertificate> {
        None
    }
}

impl Shows for TlsStream<TcpStream> {
    fn certificate(&self) -> Option<ClientCertificate> {
        let (_, session) = self.get_ref();
        ClientCertificate::read(session.peer_certificates()?.first()?)
    }
}

/// The certificate of the connection that a request came over.
pub fn of(request: &HttpRequest) -> Option<&ClientCertificate> {
    request.conn_data()
}

//! The running server: sockets, threads, middleware, and an orderly end.

use std::future::ready;
use std::net::{SocketAddr, TcpListener};
use std::num::NonZero;
use std::sync::Arc;
use std::thread::available_parallelism;
use std::time::Duration;

use actix_http::error::DispatchError;
use actix_http::{HttpServiceBuilder, Protocol, Request, Response};
use actix_server::ServerBuilder;
use actix_service::{
    IntoServiceFactory, Service, ServiceFactory, ServiceFactoryExt as _, fn_service, map_config,
};
use actix_session::SessionMiddleware;
use actix_session::config::{CookieContentSecurity, PersistentSession, TtlExtensionPolicy};
use actix_tls::accept::rustls_0_23::{Acceptor, TlsStream};
use actix_tls::accept::{TlsError, max_concurrent_tls_connect};
use actix_web::body::{BoxBody, MessageBody};
use actix_web::cookie::{Key, SameSite, time};
use actix_web::dev::{AppConfig, ServerHandle, ServiceResponse};
use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderValue, LOCATION};
use actix_web::middleware::from_fn;
use actix_web::rt::net::TcpStream;
use actix_web::{Error, web};
use tracing_actix_web::TracingLogger;

use super::body::Bodies;
use super::browser_sessions::BrowserSessions;
use super::client_certificate::Shows;
use super::connections::{self, AddressCounter, counted};
use super::deadlines::{Timed, timed};
use super::extract::client::TrustedProxies;
use super::headers::SecureHeaders;
use super::origin::{Origins, SameOrigin};
use super::trace::RequestSpan;
use super::{answer, body, head, machine, measure, routes, set_back, tls};
use crate::views::Views;
use keyward_actions::{App, browser_session};
use keyward_core::problem::{Problem, Result, codes};

/// What every handler may use.
pub struct Site {
    /// The actions.
    pub app: App,
    /// The pages.
    pub views: Views,
    /// What bodies may cost.
    pub bodies: Bodies,
    /// What the cookies of sessions are encrypted with.
    pub cookie_key: Key,
}

/// A server that listens and does not answer yet.
pub struct Server {
    running: actix_web::dev::Server,
    addresses: Vec<(SocketAddr, Purpose)>,
}

/// What is answered at an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// People, the API, and proxies.
    Site,
    /// Metrics alone, in plain HTTP.
    Metrics,
    /// Everybody is led to the site.
    Redirect,
}

/// Paths whose callers prove themselves without cookies.
const FOR_MACHINES: &[&str] = &[
    "/health/",
    "/api/v1/",
    "/metrics",
    "/oauth2/token",
    "/oauth2/userinfo",
    "/oauth2/introspect",
    "/oauth2/revoke",
    "/oauth2/par",
    "/oauth2/device",
    // Requests that change nothing, and are led to a GET before the session is looked at.
    "/oauth2/authorize",
    "/oauth2/end-session",
];

impl Server {
    /// Binds the addresses of the settings.
    ///
    /// # Errors
    /// `settings.invalid` for TLS files that do not work, `server.listen` where the address is taken.
    pub fn bind(app: App, views: Views) -> Result<Self> {
        let settings = Arc::clone(app.settings());
        let clock = app.clock();
        let cookie_key = Key::from(browser_session::cookie_key(&app).as_slice());
        let site = web::Data::new(Site {
            app,
            cookie_key,
            views,
            bodies: Bodies::new(
                settings.server.body_timeout,
                settings.server.connections_per_address,
            ),
        });
        let is_https = settings.server.is_https();
        let proxies = TrustedProxies {
            hops: settings.server.trusted_proxies,
            header: settings.server.proxy_header,
        };
        let origins = Origins {
            ours: settings.server.origin(),
            related: site.app.relying_party().origins(),
        };
        let top_origins = settings.webauthn.top_origins();
        let workers = settings
            .server
            .workers
            .unwrap_or_else(|| available_parallelism().map_or(1, NonZero::get));
        let watched = web::Data::clone(&site);
        let app = move || {
            actix_web::App::new()
                .app_data(web::Data::clone(&site))
                .app_data(proxies)
                .configure(routes::validation)
                .configure(machine::forward_auth::configure)
                .service(
                    web::scope("")
                        .configure(|app| routes::configure(app, || session(&site)))
                        .wrap(from_fn(set_back::notice))
                        .wrap(from_fn(body::arrive))
                        .wrap(from_fn(answer::present))
                        .wrap(SameOrigin::new(
                            origins.clone(),
                            FOR_MACHINES,
                            answer::refuse_request,
                        ))
                        .wrap(TracingLogger::<RequestSpan>::new())
                        .wrap(from_fn(measure::answers))
                        .wrap(from_fn(head::bounded))
                        .wrap(SecureHeaders::new(is_https).framed_by(&top_origins)),
                )
        };
        let files = connections::raise_file_limit();
        let connections = connections::within_files(settings.server.connections, files);
        if connections < settings.server.connections {
            tracing::warn!(
                "at most {connections} connections at once: the system allows {} open files",
                files.unwrap_or_default()
            );
        }
        // Behind proxies every connection is theirs.
        let crowd = (settings.server.trusted_proxies == 0)
            .then(|| AddressCounter::new("connections", settings.server.connections_per_address));
        let server = actix_server::Server::build()
            .workers(workers)
            .max_concurrent_connections(connections.div_ceil(workers))
            .shutdown_timeout(settings.server.shutdown.as_secs())
            .disable_signals();
        let waits = Waits {
            within: settings.server.body_timeout,
            connections,
        };
        let (listener, address) = listen_at(settings.server.listen)?;
        let tls = settings.server.tls();
        let tls = tls.map(|files| tls::config(files, clock)).transpose()?;
        let mut addresses = vec![(address, Purpose::Site)];
        let mut server = serve(server, listener, address, app, tls, crowd.clone(), waits)?;
        if let Some(own) = settings.metrics.listen {
            let (listener, address) = listen_at(own)?;
            addresses.push((address, Purpose::Metrics));
            server = metrics(server, listener, watched, crowd.clone(), waits.within)?;
        }
        if let Some(from) = settings.server.redirect_from {
            let (listener, address) = listen_at(from)?;
            addresses.push((address, Purpose::Redirect));
            server = redirect(
                server,
                listener,
                settings.server.origin(),
                crowd,
                waits.within,
            )?;
        }
        Ok(Self {
            addresses,
            running: server.run(),
        })
    }

    /// The addresses that it listens on, that of the site first.
    pub fn addresses(&self) -> &[(SocketAddr, Purpose)] {
        &self.addresses
    }

    /// Stops the server from elsewhere.
    pub fn handle(&self) -> ServerHandle {
        self.running.handle()
    }

    /// Answers until its handle stops it.
    ///
    /// # Errors
    /// `internal` where the sockets fail.
    pub async fn run(self) -> Result<()> {
        self.running.await.map_err(Problem::internal)
    }
}

fn listen_at(address: SocketAddr) -> Result<(TcpListener, SocketAddr)> {
    let listening = || {
        let listener = TcpListener::bind(address)?;
        let address = listener.local_addr()?;
        Ok::<_, std::io::Error>((listener, address))
    };
    listening().map_err(|error| not_listening(address, &error))
}

fn not_listening(address: SocketAddr, error: &std::io::Error) -> Problem {
    Problem::new(codes::SERVER_LISTEN).detailed(format!("{address}: {error}"))
}

/// Serves an application, over TLS where that is given, to as many as the crowd has places for.
/// The framework's own server reads from a connection before the server can count it.
///
/// # Errors
/// `server.listen`
pub fn serve<A, S, B>(
    server: ServerBuilder,
    listener: TcpListener,
    address: SocketAddr,
    app: impl Fn() -> A + Clone + Send + 'static,
    tls: Option<rustls::ServerConfig>,
    crowd: Option<Arc<AddressCounter>>,
    waits: Waits,
) -> Result<ServerBuilder>
where
    A: IntoServiceFactory<S, Request> + 'static,
    S: ServiceFactory<Request, Config = AppConfig, Response = ServiceResponse<B>, Error = Error>
        + 'static,
    S::InitError: std::fmt::Debug,
    S::Future: 'static,
    S::Service: 'static,
    <S::Service as Service<Request>>::Future: 'static,
    B: MessageBody + 'static,
{
    let answers = move || {
        let service = app()
            .into_factory()
            .map_err(|error: Error| error.error_response());
        // What it tells of host and scheme is never read: links are built from the settings.
        map_config(service, |()| AppConfig::default())
    };
    let signal = server.graceful_shutdown_signal();
    let stopping = move || {
        let signal = signal.clone();
        async move { signal.notified().await }
    };
    let within = waits.within;
    let listening = match tls {
        Some(mut config) => {
            config.alpn_protocols = vec![b"http/1.1".to_vec()];
            max_concurrent_tls_connect(waits.connections);
            server.listen("https", listener, move || {
                let http = http()
                    .graceful_shutdown_signal(stopping.clone())
                    .finish(timed(answers()));
                let shaken = Acceptor::new(config.clone())
                    .map_err(TlsError::into_service_error)
                    .and_then(move |stream: TlsStream<TcpStream>| {
                        let peer = stream.get_ref().0.peer_addr().ok();
                        ready(Ok((Timed::new(stream, within), Protocol::Http1, peer)))
                    })
                    .and_then(http.map_err(TlsError::Service));
                counted(shaken, crowd.clone())
            })
        }
        None => server.listen("http", listener, move || {
            let http = http()
                .graceful_shutdown_signal(stopping.clone())
                .finish(timed(answers()));
            counted(plain(within).and_then(http), crowd.clone())
        }),
    };
    listening.map_err(|error| not_listening(address, &error))
}

/// How long a connection may take between two requests, and how many there are.
#[derive(Clone, Copy, Debug)]
pub struct Waits {
    /// The time.
    pub within: Duration,
    /// The number.
    pub connections: usize,
}

/// What is left of a body that was refused is taken for this long, so that the client that sent it
/// can read the refusal; how much of it, `web/deadlines.rs` says.
const LINGER: Duration = Duration::from_secs(2);

/// HTTP over connections that know how long they may take.
fn http<T, S>() -> HttpServiceBuilder<Timed<T>, S>
where
    T: Shows + 'static,
    S: ServiceFactory<Request, Config = ()>,
    S::Error: Into<Response<BoxBody>> + 'static,
    S::InitError: std::fmt::Debug,
    <S::Service as Service<Request>>::Future: 'static,
{
    HttpServiceBuilder::default()
        .client_disconnect_timeout(LINGER)
        .on_connect_ext(|stream: &Timed<T>, extensions| {
            stream.introduce(extensions);
            if let Some(certificate) = stream.stream().certificate() {
                extensions.insert(certificate);
            }
        })
}

/// A connection without TLS.
fn plain(
    within: Duration,
) -> impl ServiceFactory<
    TcpStream,
    Config = (),
    Response = (Timed<TcpStream>, Protocol, Option<SocketAddr>),
    Error = DispatchError,
    InitError = (),
> {
    fn_service(move |stream: TcpStream| {
        let peer = stream.peer_addr().ok();
        ready(Ok((Timed::new(stream, within), Protocol::Http1, peer)))
    })
}

/// Leads a browser that comes over plain HTTP to the same address at `origin`.
fn redirect(
    server: ServerBuilder,
    listener: TcpListener,
    origin: String,
    crowd: Option<Arc<AddressCounter>>,
    within: Duration,
) -> Result<ServerBuilder> {
    let listening = server.listen("redirect", listener, move || {
        let origin = origin.clone();
        let answers = fn_service(move |request: Request| {
            // `*` (RFC 9112 §3.2.4) would become a part of the host's name.
            let path = request
                .uri()
                .path_and_query()
                .map(actix_http::uri::PathAndQuery::as_str);
            let path = path.filter(|path| path.starts_with('/')).unwrap_or("/");
            let to = HeaderValue::try_from(format!("{origin}{path}"));
            let mut answer = Response::new(StatusCode::PERMANENT_REDIRECT);
            let to = to.or_else(|_| HeaderValue::try_from(&origin));
            if let Ok(to) = to {
                answer.headers_mut().insert(LOCATION, to);
            }
            ready(Ok::<_, std::convert::Infallible>(answer))
        });
        let http = http().finish(timed(answers));
        counted(plain(within).and_then(http), crowd.clone())
    });
    listening.map_err(Problem::internal)
}

/// Answers with the numbers of this process, and nothing else.
fn metrics(
    server: ServerBuilder,
    listener: TcpListener,
    site: web::Data<Site>,
    crowd: Option<Arc<AddressCounter>>,
    within: Duration,
) -> Result<ServerBuilder> {
    let listening = server.listen("metrics", listener, move || {
        let site = web::Data::clone(&site);
        let answers = fn_service(move |request: Request| {
            let site = web::Data::clone(&site);
            async move {
                let answer = machine::metrics::answer(&site.app, &request).await;
                Ok::<_, std::convert::Infallible>(answer)
            }
        });
        let http = http().finish(timed(answers));
        counted(plain(within).and_then(http), crowd.clone())
    });
    listening.map_err(Problem::internal)
}

/// The cookie and the rows behind it. Scopes that need no session do without.
fn session(site: &Site) -> SessionMiddleware<BrowserSessions> {
    let settings = &site.app.settings();
    let is_https = settings.server.is_https();
    let lasting = i64::try_from(settings.session.absolute.as_secs()).unwrap_or(i64::MAX);
    let lifecycle = PersistentSession::default()
        .session_ttl(time::Duration::seconds(lasting))
        .session_ttl_extension_policy(TtlExtensionPolicy::OnStateChanges);
    SessionMiddleware::builder(BrowserSessions::new(&site.app), site.cookie_key.clone())
        .cookie_name(settings.cookies.session.clone())
        .cookie_secure(is_https)
        .cookie_http_only(true)
        .cookie_same_site(SameSite::Lax)
        .cookie_path("/".to_owned())
        .cookie_content_security(CookieContentSecurity::Private)
        .session_lifecycle(lifecycle)
        .build()
}

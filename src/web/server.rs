//! The running server: sockets, threads, middleware, and an orderly end.

use std::net::SocketAddr;
use std::num::NonZero;
use std::sync::Arc;
use std::thread::available_parallelism;

use actix_session::SessionMiddleware;
use actix_session::config::{CookieContentSecurity, PersistentSession, TtlExtensionPolicy};
use actix_web::cookie::{Key, SameSite, time};
use actix_web::dev::ServerHandle;
use actix_web::middleware::from_fn;
use actix_web::{App, HttpServer, web};
use tracing_actix_web::TracingLogger;

use super::browser_sessions::BrowserSessions;
use super::extract::client::TrustedProxies;
use super::headers::SecureHeaders;
use super::origin::{Origins, SameOrigin};
use super::trace::RequestSpan;
use super::{answer, routes, tls};
use crate::actions::Keyward;
use crate::problem::{Problem, Result, codes};
use crate::secret::KeyPurpose;
use crate::views::Views;

/// What every handler may use.
pub struct Site {
    /// The actions.
    pub keyward: Keyward,
    /// The pages.
    pub views: Views,
}

/// A server that listens and does not answer yet.
pub struct Server {
    running: actix_web::dev::Server,
    addresses: Vec<SocketAddr>,
}

/// Paths whose callers prove themselves without cookies.
const FOR_MACHINES: &[&str] = &["/health/"];

impl Server {
    /// Binds the address of the settings.
    ///
    /// # Errors
    /// `settings.invalid` for TLS files that do not work, `server.listen` where the address is taken.
    pub fn bind(keyward: Keyward) -> Result<Self> {
        let settings = Arc::clone(&keyward.settings);
        let clock = Arc::clone(&keyward.clock);
        let site = web::Data::new(Site {
            keyward,
            views: Views::new()?,
        });
        let cookie_key = Key::from(
            site.keyward
                .master_key
                .derive::<64>(KeyPurpose::Cookie)
                .as_slice(),
        );
        let is_https = settings.server.is_https();
        let proxies = TrustedProxies(settings.server.trusted_proxies);
        let origins = Origins {
            ours: settings.server.origin(),
            related: site.keyward.relying_party.origins(),
        };
        let workers = settings
            .server
            .workers
            .unwrap_or_else(|| available_parallelism().map_or(1, NonZero::get));
        let server = HttpServer::new(move || {
            App::new()
                .app_data(web::Data::clone(&site))
                .app_data(proxies)
                .configure(routes::validation)
                .service(
                    web::scope("")
                        .configure(|app| routes::configure(app, || session(&site, &cookie_key)))
                        .wrap(from_fn(answer::present))
                        .wrap(SameOrigin::new(
                            origins.clone(),
                            FOR_MACHINES,
                            answer::refuse_request,
                        ))
                        .wrap(TracingLogger::<RequestSpan>::new())
                        .wrap(SecureHeaders::new(is_https)),
                )
        })
        .workers(workers)
        .shutdown_timeout(settings.server.shutdown.as_secs())
        .disable_signals();
        let listen = settings.server.listen;
        let bound = match settings.server.tls() {
            Some(files) => server.bind_rustls_0_23(listen, tls::config(files, clock)?),
            None => server.bind(listen),
        };
        let bound = bound.map_err(|error| {
            Problem::new(codes::SERVER_LISTEN).detailed(format!("{listen}: {error}"))
        })?;
        Ok(Self {
            addresses: bound.addrs(),
            running: bound.run(),
        })
    }

    /// The addresses that it listens on.
    pub fn addresses(&self) -> &[SocketAddr] {
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

/// The cookie and the rows behind it. Scopes that need no session do without.
fn session(site: &Site, key: &Key) -> SessionMiddleware<BrowserSessions> {
    let settings = &site.keyward.settings;
    let is_https = settings.server.is_https();
    // A `__Host-` cookie cannot be set by a neighbouring subdomain (RFC 6265bis §4.1.3.2).
    let name = if is_https {
        "__Host-keyward"
    } else {
        "keyward"
    };
    let lasting = i64::try_from(settings.session.absolute.as_secs()).unwrap_or(i64::MAX);
    let lifecycle = PersistentSession::default()
        .session_ttl(time::Duration::seconds(lasting))
        .session_ttl_extension_policy(TtlExtensionPolicy::OnStateChanges);
    SessionMiddleware::builder(BrowserSessions::new(&site.keyward), key.clone())
        .cookie_name(name.to_owned())
        .cookie_secure(is_https)
        .cookie_http_only(true)
        .cookie_same_site(SameSite::Lax)
        .cookie_path("/".to_owned())
        .cookie_content_security(CookieContentSecurity::Private)
        .session_lifecycle(lifecycle)
        .build()
}

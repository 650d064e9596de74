//! Who is signed in with Keyward, and how well proved, for applications on actix-web.
//!
//! An application stands behind a proxy that asks Keyward's `/forward-auth` at each request; the proxy
//! tells who is there in headers, and they are believed where they come from that proxy:
//!
//! ```no_run
//! use std::time::Duration;
//!
//! use actix_web::{App, HttpServer, Responder, web};
//! use keyward_client::{Class, Keyward, RequireVerified, Verified};
//!
//! async fn slips(anna: Verified) -> impl Responder {
//!     format!("slips of {}", anna.user)
//! }
//!
//! #[actix_web::main]
//! async fn main() -> std::io::Result<()> {
//!     let keyward = Keyward::behind_proxies(["127.0.0.1/32".parse().expect("a network")]);
//!     HttpServer::new(move || {
//!         App::new().app_data(keyward.clone()).service(
//!             web::scope("/slips")
//!                 .wrap(
//!                     RequireVerified::new()
//!                         .class(Class::HardwareProtected)
//!                         .within(Duration::from_secs(3600)),
//!                 )
//!                 .route("", web::get().to(slips)),
//!         )
//!     })
//!     .bind(("127.0.0.1", 3000))?
//!     .run()
//!     .await
//! }
//! ```
//!
//! Without such a proxy, and at a host that gets Keyward's own cookie, the application asks Keyward itself:
//!
//! ```
//! # fn make() -> Result<keyward_client::Keyward, url::ParseError> {
//! let token = "kw_…".into(); // with the scope `sessions:check`, from a file
//! keyward_client::Keyward::asked_at("https://keys.example.org".parse()?, token)
//! # .pipe(Ok) }
//! # trait Pipe: Sized { fn pipe<T>(self, f: impl FnOnce(Self) -> T) -> T { f(self) } }
//! # impl<T> Pipe for T {}
//! ```

mod ask;
mod require;
mod verified;

pub use ask::Keyward;
pub use require::RequireVerified;
pub use verified::{Class, Refused, Verified};

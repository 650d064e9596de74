//! `[metadata]`

use std::path::PathBuf;
use std::time::Duration;

use url::Url;

use super::form::{Form, Given};
use super::forms::{days, duration, minutes, path, text};
use super::section::section;

section! {
    /// FIDO metadata about authenticator models.
    Metadata = "metadata" {
        /// Where the server fetches it; the FIDO Alliance's address is
        /// `https://mds3.fidoalliance.org/`. Without one, metadata comes by `keyward metadata
        /// import` alone.
        url "url": Option<Url> = address().optional("none");
        /// How often the server looks for a new edition.
        refresh "refresh": Duration = duration(minutes(1)..=days(30)).or("1d");
        /// A file of root certificates in PEM, or of one in DER, that vouch for the signer, in
        /// place of the FIDO Alliance's.
        roots "roots": Option<PathBuf> = path().optional("the FIDO Alliance's");
        /// A file of certificate revocation lists in PEM, or of one in DER, of the authorities
        /// between the signer and its root. What one of them names is not believed, nor what an overdue one speaks
        /// of. It is read anew at each import.
        revoked "revoked": Option<PathBuf> = path().optional("none");
        /// The host name in the signer's certificate. It must be given with roots that certify
        /// others too.
        signer "signer": Option<String> = text(253).optional("`mds.fidoalliance.org`; with `roots`, any");
    }
}

fn address() -> Form<Url> {
    Form::new("an address", |given: &Given| {
        let text = given.text()?;
        let web = |url: &Url| matches!(url.scheme(), "http" | "https") && url.has_host();
        Url::parse(text).ok().filter(web).ok_or_else(|| {
            format!("\"{text}\" is not an address such as https://mds3.fidoalliance.org/")
        })
    })
}

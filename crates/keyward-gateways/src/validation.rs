//! Validation services for YubiKey one-time passwords, as their client.
//!
//! All servers of a service are asked at once, with one nonce; the first confirmation that can be
//! believed decides. Everything else only counts once no server is left that could confirm:
//!
//! - A believable replay waits for the other servers up to the service's timeout, because servers
//!   of a pool tell each other about an OTP, and the slower ones then call our own question a
//!   replay. When none confirms, it is the answer, and no other service is asked: the OTP is
//!   known and spent.
//! - Any other believable status (the key or our client is unknown, too few peers) leaves the
//!   question to the next service in the list.
//! - What cannot be believed, or does not come, decides nothing.
//!
//! That one server's confirmation outweighs another's replay makes an OTP only as single-use as
//! the least informed server; callers therefore record each used OTP themselves
//! ([`OtpDigest`](keyward_core::protocols::yubico::OtpDigest)).

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use secrecy::ExposeSecret as _;
use tokio::time::{Instant, timeout};
use url::Url;

use super::outgoing::{self, Outgoing, Proxies, Redirects};
use keyward_core::clock::SharedEntropy;
use keyward_core::domain::outgoing::{AuthorityCertificates, ConnectFailure};
use keyward_core::domain::validation_service::{ValidationService, ValidationServiceSettings};
use keyward_core::factors::yubikey::{Said, ServerReport, Verdict};
use keyward_core::problem::{Problem, Result, codes};
use keyward_core::protocols::yubico::{
    Answer, ApiKey, ConfirmedOtp, Declined, InvalidAnswer, Nonce, Otp, Request,
};

/// The longest body that is read, in bytes; honest ones have about 200.
const LONGEST_BODY: usize = 16 * 1024;
/// Longer than any service's timeout.
const LONGEST_WAIT: Duration = Duration::from_secs(61);

/// The door to all validation services. Cheap to share; connections are kept between calls.
pub struct ValidationGateway {
    http: Outgoing,
    /// A client for each set of authorities that services have, with its open connections.
    trusting: Mutex<HashMap<String, Outgoing>>,
    entropy: SharedEntropy,
}

/// How many clients with authorities of their own are kept.
const MOST_CLIENTS: usize = 32;

/// What one service makes of an OTP.
enum ServiceVerdict {
    Confirmed(ConfirmedOtp),
    Replayed,
    Refused,
    None(Vec<ServerReport>),
}

impl ValidationGateway {
    /// A gateway that draws its nonces from `entropy`.
    ///
    /// # Errors
    /// `internal` where TLS cannot be set up.
    pub fn new(entropy: SharedEntropy) -> Result<Self> {
        // A redirect would carry the OTP, still good, to wherever the answer says.
        let http = Outgoing::new(Redirects::Never, Proxies::None, LONGEST_WAIT)?;
        Ok(Self {
            http,
            trusting: Mutex::default(),
            entropy,
        })
    }

    /// Asks the enabled services in the order of the list, until one of them knows.
    pub async fn verify(&self, services: &[ValidationService], otp: &Otp) -> Verdict {
        let mut refused_by = None;
        let mut reports = Vec::new();
        for service in services.iter().filter(|s| s.settings.is_enabled) {
            let name = || service.settings.name.clone();
            match self.ask_service(&service.settings, otp).await {
                ServiceVerdict::Confirmed(otp) => {
                    let service = name();
                    return Verdict::Confirmed { otp, service };
                }
                ServiceVerdict::Replayed => return Verdict::Replayed { service: name() },
                ServiceVerdict::Refused => refused_by = Some(name()),
                ServiceVerdict::None(more) => reports.extend(more),
            }
        }
        match refused_by {
            Some(service) => Verdict::Refused { service },
            None => Verdict::Unavailable { reports },
        }
    }

    /// Asks every server of one service, enabled or not, and tells what each said, in the order
    /// in which they answered. The servers of one pool may call each other's question a replay.
    pub async fn test(&self, service: &ValidationService, otp: &Otp) -> Vec<ServerReport> {
        let request = match self.request(&service.settings, otp) {
            Ok(request) => request,
            Err(distrust) => return unasked(&service.settings, distrust),
        };
        self.ask_servers(&service.settings, &request)
            .map(|(report, _)| report)
            .collect()
            .await
    }

    async fn ask_service(&self, settings: &ValidationServiceSettings, otp: &Otp) -> ServiceVerdict {
        let request = match self.request(settings, otp) {
            Ok(request) => request,
            Err(distrust) => return ServiceVerdict::None(unasked(settings, distrust)),
        };
        let mut answers = self.ask_servers(settings, &request);
        let mut reports = Vec::new();
        while let Some((report, confirmed)) = answers.next().await {
            log(&report);
            if let Some(otp) = confirmed {
                return ServiceVerdict::Confirmed(otp);
            }
            reports.push(report);
        }
        let declined = |which: fn(Declined) -> bool| {
            reports
                .iter()
                .any(|report| matches!(report.said, Said::Declined(why) if which(why)))
        };
        if declined(Declined::is_replay) {
            ServiceVerdict::Replayed
        } else if declined(|why| why == Declined::BadOtp) {
            ServiceVerdict::Refused
        } else {
            ServiceVerdict::None(reports)
        }
    }

    /// One request for all servers of a service, or why none of them could be believed.
    fn request<'a>(
        &self,
        settings: &ValidationServiceSettings,
        otp: &'a Otp,
    ) -> Result<Request<'a>, InvalidAnswer> {
        let key = match &settings.api_key {
            // Falling back to unsigned answers would let an attacker on the way answer.
            Some(key) => {
                Some(ApiKey::parse(key.expose_secret()).ok_or(InvalidAnswer::KeyUnreadable)?)
            }
            None => None,
        };
        let nonce = Nonce::generate(self.entropy.as_ref());
        // The server stops waiting for its peers a second before we stop waiting for it.
        let wait = settings.timeout.saturating_sub(Duration::from_secs(1));
        Ok(Request::new(settings.client_id, key, otp, nonce)
            .synchronised(settings.sync_level)
            .waiting(wait))
    }

    fn ask_servers<'a>(
        &'a self,
        settings: &'a ValidationServiceSettings,
        request: &'a Request<'a>,
    ) -> FuturesUnordered<impl Future<Output = (ServerReport, Option<ConfirmedOtp>)> + 'a> {
        let ask = |url| self.ask_server(settings, url, request);
        settings.urls.iter().map(ask).collect()
    }

    async fn ask_server(
        &self,
        settings: &ValidationServiceSettings,
        url: &Url,
        request: &Request<'_>,
    ) -> (ServerReport, Option<ConfirmedOtp>) {
        let asked = Instant::now();
        let asking = self.fetch(settings.ca.as_ref(), request.address(url));
        let body = timeout(settings.timeout, asking)
            .await
            .unwrap_or(Err(InvalidAnswer::TooSlow));
        let (said, confirmed) = match body.and_then(|body| request.read(&body)) {
            Ok(Answer::Confirmed(otp)) => (Said::Confirmed, Some(otp)),
            Ok(Answer::Declined(why)) => (Said::Declined(why), None),
            Err(distrust) => (Said::Distrusted(distrust), None),
        };
        let report = ServerReport {
            service: settings.name.clone(),
            server: server_name(url),
            said,
            latency: asked.elapsed(),
        };
        (report, confirmed)
    }

    async fn fetch(
        &self,
        ca: Option<&AuthorityCertificates>,
        address: Url,
    ) -> Result<Vec<u8>, InvalidAnswer> {
        // The client's error is dropped: it prints the address, and with it the OTP.
        let unreachable =
            |error: reqwest::Error| InvalidAnswer::Unreachable(outgoing::obstacle(&error));
        let http = match ca {
            None => self.http.clone(),
            Some(ca) => self.trusting(ca)?,
        };
        let request = http.get(&address).map_err(InvalidAnswer::Unreachable)?;
        let mut response = request.send().await.map_err(unreachable)?;
        let status = response.status().as_u16();
        if status != 200 {
            return Err(InvalidAnswer::HttpStatus(status));
        }
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(unreachable)? {
            if body.len() + chunk.len() > LONGEST_BODY {
                return Err(InvalidAnswer::TooLong);
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body)
    }

    fn trusting(&self, ca: &AuthorityCertificates) -> Result<Outgoing, InvalidAnswer> {
        let mut clients = self.trusting.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(client) = clients.get(ca.as_pem()) {
            return Ok(client.clone());
        }
        if clients.len() >= MOST_CLIENTS {
            clients.clear();
        }
        let client = Outgoing::trusting(ca)
            .map_err(|_| InvalidAnswer::Unreachable(ConnectFailure::CertificateUnsound))?;
        clients.insert(ca.as_pem().to_owned(), client.clone());
        Ok(client)
    }
}

/// Whether a service's servers can be asked as its settings say, as far as that is known before.
///
/// # Errors
/// `validation_service.invalid` for an address that is never asked, and for certificates that cannot
/// be read.
pub fn can_ask(settings: &ValidationServiceSettings) -> Result<()> {
    let invalid = |why: String| Problem::new(codes::SERVICE_INVALID).detailed(why);
    for url in &settings.urls {
        outgoing::beyond_surroundings(url)
            .map_err(|obstacle| invalid(format!("{} {}", server_name(url), obstacle.words())))?;
    }
    match &settings.ca {
        Some(ca) if !outgoing::are_readable(ca) => {
            Err(invalid("the CA certificates cannot be read".to_owned()))
        }
        Some(_) | None => Ok(()),
    }
}

/// A server as logs and pages name it: without the path, and without a password in the address.
fn server_name(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    url.port()
        .map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

fn unasked(settings: &ValidationServiceSettings, distrust: InvalidAnswer) -> Vec<ServerReport> {
    let report = |url| ServerReport {
        service: settings.name.clone(),
        server: server_name(url),
        said: Said::Distrusted(distrust),
        latency: Duration::ZERO,
    };
    settings.urls.iter().map(report).inspect(log).collect()
}

fn log(report: &ServerReport) {
    let said = report.said.reason();
    let latency_ms = u64::try_from(report.latency.as_millis()).unwrap_or(u64::MAX);
    match report.said {
        Said::Distrusted(why) => {
            tracing::warn!(
                service = report.service,
                server = report.server,
                said,
                ?why,
                latency_ms,
                "validation server cannot be believed"
            );
        }
        Said::Confirmed | Said::Declined(_) => {
            tracing::debug!(
                service = report.service,
                server = report.server,
                said,
                latency_ms,
                "validation server answered"
            );
        }
    }
}

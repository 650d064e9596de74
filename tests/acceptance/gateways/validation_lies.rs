//! Validation servers that lie, are broken or are not there, and what is decided all the same.

use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::time::Duration;

use futures_util::future::join_all;
use keyward_core::domain::outgoing::ConnectFailure;
use keyward_core::domain::validation_service::{SyncLevel, ValidationService};
use keyward_core::factors::yubikey::{Said, Verdict};
use keyward_core::protocols::yubico::{Declined, InvalidAnswer, Otp};

use crate::gateways::validation::{gateway, service};
use keyward_test_support::hostile_validation::{HostileServer, Lie, is_signed};
use keyward_test_support::soft_yubikey::SoftYubikey;

/// How long an answer is waited for that does not come.
const TIMEOUT: Duration = Duration::from_secs(3);
/// How long one is waited for that comes: longer than a busy machine takes.
const PATIENCE: Duration = Duration::from_mins(1);
const LATER: Duration = Duration::from_millis(200);

fn otp() -> Otp {
    Otp::parse(&SoftYubikey::numbered(1).touch()).expect("an OTP")
}

fn pool(name: &str, servers: &[&HostileServer]) -> ValidationService {
    let urls: Vec<String> = servers.iter().map(|server| server.url()).collect();
    let mut service = service(name, &urls, 7, Some(HostileServer::api_key_base64()));
    let is_slow = servers.iter().any(|server| server.is_slow());
    service.settings.timeout = if is_slow { TIMEOUT } else { PATIENCE };
    service
}

fn later(lie: Lie) -> Lie {
    Lie::After(LATER, Box::new(lie))
}

fn is_confirmed_by(verdict: &Verdict, name: &str) -> bool {
    matches!(verdict, Verdict::Confirmed { service, .. } if service == name)
}

/// Every lie, and what it must be taken for.
pub fn lies() -> Vec<(Lie, InvalidAnswer)> {
    vec![
        (Lie::OtherOtp, InvalidAnswer::OtherOtp),
        (Lie::CapitalOtp, InvalidAnswer::OtherOtp),
        (Lie::NoOtp, InvalidAnswer::OtherOtp),
        (Lie::OtherNonce, InvalidAnswer::OtherNonce),
        (Lie::NoNonce, InvalidAnswer::OtherNonce),
        (Lie::Unsigned, InvalidAnswer::Unsigned(None)),
        (
            Lie::UnsignedReplay,
            InvalidAnswer::Unsigned(Some(Declined::ReplayedOtp)),
        ),
        (Lie::OtherKey, InvalidAnswer::WrongSignature(None)),
        (Lie::EmptyKey, InvalidAnswer::WrongSignature(None)),
        (Lie::CutSignature, InvalidAnswer::WrongSignature(None)),
        (Lie::GarbledSignature, InvalidAnswer::WrongSignature(None)),
        (Lie::Turned, InvalidAnswer::WrongSignature(None)),
        (Lie::ExtraLine, InvalidAnswer::WrongSignature(None)),
        (Lie::SignedExtraLine, InvalidAnswer::UnknownField),
        (Lie::NoStatus, InvalidAnswer::NoStatus),
        (Lie::UnknownStatus, InvalidAnswer::UnknownStatus),
        (Lie::PaddedStatus, InvalidAnswer::UnknownStatus),
        (Lie::RefusedThenOk, InvalidAnswer::FieldTwice),
        (Lie::OkThenRefused, InvalidAnswer::FieldTwice),
        (Lie::TwoSignatures, InvalidAnswer::FieldTwice),
        (Lie::Chatter, InvalidAnswer::NotAnAnswer),
        (Lie::Gap, InvalidAnswer::NotAnAnswer),
        (Lie::Html, InvalidAnswer::UnknownField),
        (Lie::Empty, InvalidAnswer::NotAnAnswer),
        (Lie::Binary, InvalidAnswer::NotAnAnswer),
        (Lie::HttpStatus(201), InvalidAnswer::HttpStatus(201)),
        (Lie::HttpStatus(500), InvalidAnswer::HttpStatus(500)),
        (
            Lie::Redirect("http://127.0.0.1:1/".to_owned()),
            InvalidAnswer::HttpStatus(302),
        ),
        (Lie::Silence, InvalidAnswer::TooSlow),
        (Lie::Drip, InvalidAnswer::TooSlow),
        (
            Lie::AfterHangUp(Box::new(Lie::Truth)),
            InvalidAnswer::TooSlow,
        ),
        (Lie::Huge, InvalidAnswer::TooLong),
        (
            Lie::HugeHead,
            InvalidAnswer::Unreachable(ConnectFailure::Broken),
        ),
        (
            Lie::Truncated,
            InvalidAnswer::Unreachable(ConnectFailure::Broken),
        ),
        (
            Lie::Reset,
            InvalidAnswer::Unreachable(ConnectFailure::Broken),
        ),
        (
            Lie::Noise,
            InvalidAnswer::Unreachable(ConnectFailure::Broken),
        ),
    ]
}

#[tokio::test]
async fn an_honest_server_confirms() {
    let server = HostileServer::start(Lie::Truth);
    let verdict = gateway().verify(&[pool("one", &[&server])], &otp()).await;
    assert!(is_confirmed_by(&verdict, "one"), "{verdict:?}");
}

#[tokio::test]
async fn no_lie_confirms_an_otp() {
    let (gateway, otp) = (gateway(), otp());
    let checks = lies().into_iter().map(async |(lie, distrust)| {
        let server = HostileServer::start(lie.clone());
        let verdict = gateway.verify(&[pool("liar", &[&server])], &otp).await;
        let Verdict::Unavailable { reports } = verdict else {
            panic!("{lie:?} led to {verdict:?}");
        };
        let said: Vec<Said> = reports.iter().map(|report| report.said).collect();
        assert_eq!(said, [Said::Distrusted(distrust)], "{lie:?}");
    });
    join_all(checks).await;
}

#[tokio::test]
async fn no_lie_fails_a_sign_in_that_another_server_confirms() {
    let (gateway, otp) = (gateway(), otp());
    let declined = [
        "BAD_OTP",
        "REPLAYED_OTP",
        "REPLAYED_REQUEST",
        "BACKEND_ERROR",
    ];
    let said = declined.map(Lie::Status).into_iter();
    let bare = declined.map(Lie::BareStatus).into_iter();
    let lies = lies()
        .into_iter()
        .map(|(lie, _)| lie)
        .chain(said)
        .chain(bare);
    let checks = lies.map(async |lie| {
        let liar = HostileServer::start(lie.clone());
        let honest = HostileServer::start(later(Lie::Truth));
        let service = pool("pool", &[&liar, &honest]);
        let verdict = gateway.verify(&[service], &otp).await;
        assert!(
            is_confirmed_by(&verdict, "pool"),
            "{lie:?} led to {verdict:?}"
        );
    });
    join_all(checks).await;
}

#[tokio::test]
async fn no_lie_of_one_service_keeps_the_next_from_being_asked() {
    let (gateway, otp) = (gateway(), otp());
    let declined = [
        "BAD_OTP",
        "NO_SUCH_CLIENT",
        "BAD_SIGNATURE",
        "NOT_ENOUGH_ANSWERS",
    ];
    let said = declined.map(Lie::Status).into_iter();
    let lies = lies().into_iter().map(|(lie, _)| lie).chain(said);
    let checks = lies.map(async |lie| {
        let liar = HostileServer::start(lie.clone());
        let honest = HostileServer::start(Lie::Truth);
        let services = [pool("first", &[&liar]), pool("second", &[&honest])];
        let verdict = gateway.verify(&services, &otp).await;
        assert!(
            is_confirmed_by(&verdict, "second"),
            "{lie:?} led to {verdict:?}"
        );
    });
    join_all(checks).await;
}

#[tokio::test]
async fn the_service_that_confirms_is_the_last_one_asked() {
    let servers = [Lie::Truth, Lie::Truth].map(HostileServer::start);
    let services = [
        pool("first", &[&servers[0]]),
        pool("second", &[&servers[1]]),
    ];
    let verdict = gateway().verify(&services, &otp()).await;
    assert!(is_confirmed_by(&verdict, "first"), "{verdict:?}");
    assert!(servers[1].questions().is_empty());
}

#[tokio::test]
async fn a_replay_that_nobody_contradicts_is_a_refusal() {
    let silent = HostileServer::start(Lie::Silence);
    let next = HostileServer::start(Lie::Truth);
    for status in ["REPLAYED_OTP", "REPLAYED_REQUEST"] {
        for lie in [Lie::Status(status), Lie::BareStatus(status)] {
            let server = HostileServer::start(lie);
            let services = [pool("pool", &[&silent, &server]), pool("next", &[&next])];
            let verdict = gateway().verify(&services, &otp()).await;
            assert!(matches!(verdict, Verdict::Replayed { .. }), "{verdict:?}");
        }
    }
    assert!(
        next.questions().is_empty(),
        "a spent OTP is known; asking on may find it fresh"
    );
}

#[tokio::test]
async fn a_replay_outweighs_other_refusals() {
    let lies = [Lie::Status("BAD_OTP"), later(Lie::Status("REPLAYED_OTP"))];
    let [bad, replay] = lies.map(HostileServer::start);
    let verdict = gateway()
        .verify(&[pool("pool", &[&bad, &replay])], &otp())
        .await;
    assert!(matches!(verdict, Verdict::Replayed { .. }), "{verdict:?}");
}

#[tokio::test]
async fn a_key_that_one_service_does_not_know_and_the_other_cannot_tell_is_refused() {
    let lies = [Lie::Status("BAD_OTP"), Lie::Reset];
    let [unknown, broken] = lies.map(HostileServer::start);
    for order in [[&unknown, &broken], [&broken, &unknown]] {
        let services = order.map(|server| pool("service", &[server]));
        let verdict = gateway().verify(&services, &otp()).await;
        assert!(matches!(verdict, Verdict::Refused { .. }), "{verdict:?}");
    }
}

#[tokio::test]
async fn what_is_wrong_with_our_account_says_nothing_about_the_person() {
    for (status, declined) in [
        ("NO_SUCH_CLIENT", Declined::NoSuchClient),
        ("OPERATION_NOT_ALLOWED", Declined::OperationNotAllowed),
        ("BAD_SIGNATURE", Declined::BadSignature),
        ("MISSING_PARAMETER", Declined::MissingParameter),
        ("BACKEND_ERROR", Declined::BackendError),
        ("NOT_ENOUGH_ANSWERS", Declined::NotEnoughAnswers),
    ] {
        let server = HostileServer::start(Lie::Status(status));
        let verdict = gateway().verify(&[pool("one", &[&server])], &otp()).await;
        let Verdict::Unavailable { reports } = verdict else {
            panic!("{status} led to {verdict:?}");
        };
        assert_eq!(reports[0].said, Said::Declined(declined));
    }
}

#[tokio::test]
async fn all_servers_of_a_service_get_the_same_signed_question() {
    let lies = [Lie::Reset, Lie::Reset, later(Lie::Truth)];
    let servers = lies.map(HostileServer::start);
    let services = [pool("pool", &servers.each_ref())];
    let (gateway, otp) = (gateway(), otp());
    for _ in 0..2 {
        let verdict = gateway.verify(&services, &otp).await;
        assert!(is_confirmed_by(&verdict, "pool"), "{verdict:?}");
    }
    let [first, second] = &servers[0].questions()[..] else {
        panic!("two questions");
    };
    assert_ne!(first["nonce"], second["nonce"]);
    for server in &servers {
        let asked = server.questions();
        assert_eq!([first, second], [&asked[0], &asked[1]]);
    }
    assert!(is_signed(first));
    let names: Vec<&str> = first.keys().map(String::as_str).collect();
    assert_eq!(names, ["h", "id", "nonce", "otp", "timeout"]);
    assert_eq!(first["id"], "7");
    assert_eq!(first["otp"], otp.expose());
}

#[tokio::test]
async fn sync_level_and_timeout_are_sent_and_signed() {
    for (level, sent) in [
        (SyncLevel::Fast, "fast"),
        (SyncLevel::Secure, "secure"),
        (SyncLevel::Percent(50), "50"),
    ] {
        let server = HostileServer::start(Lie::Truth);
        let mut service = pool("one", &[&server]);
        service.settings.sync_level = Some(level);
        service.settings.timeout = Duration::from_secs(9);
        let verdict = gateway().verify(&[service], &otp()).await;
        assert!(is_confirmed_by(&verdict, "one"), "{verdict:?}");
        let asked = &server.questions()[0];
        assert_eq!(asked["sl"], sent);
        assert_eq!(
            asked["timeout"], "8",
            "it must answer before we stop listening"
        );
        assert!(is_signed(asked));
    }
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let elsewhere = HostileServer::start(Lie::Truth);
    let server = HostileServer::start(Lie::Redirect(elsewhere.url()));
    let verdict = gateway().verify(&[pool("one", &[&server])], &otp()).await;
    assert!(
        matches!(verdict, Verdict::Unavailable { .. }),
        "{verdict:?}"
    );
    assert!(
        elsewhere.questions().is_empty(),
        "it would have got a fresh OTP"
    );
}

#[tokio::test]
async fn a_service_without_a_key_still_must_answer_our_question() {
    let (gateway, otp) = (gateway(), otp());
    let needs_no_key = |distrust: &InvalidAnswer| {
        !matches!(
            distrust,
            InvalidAnswer::Unsigned(_) | InvalidAnswer::WrongSignature(_)
        )
    };
    let lies = lies()
        .into_iter()
        .filter(|(_, distrust)| needs_no_key(distrust));
    let checks = lies.map(async |(lie, distrust)| {
        let server = HostileServer::start(lie.clone());
        let mut service = pool("open", &[&server]);
        service.settings.api_key = None;
        let reports = gateway.test(&service, &otp).await;
        assert_eq!(reports[0].said, Said::Distrusted(distrust), "{lie:?}");
    });
    join_all(checks).await;
    let server = HostileServer::start(Lie::Unsigned);
    let mut service = pool("open", &[&server]);
    service.settings.api_key = None;
    let verdict = gateway.verify(&[service], &otp).await;
    assert!(is_confirmed_by(&verdict, "open"), "{verdict:?}");
    assert!(!server.questions()[0].contains_key("h"));
}

#[tokio::test]
async fn an_unreadable_key_does_not_lead_to_unsigned_questions() {
    let server = HostileServer::start(Lie::Unsigned);
    for key in ["", "not base64", "===="] {
        let mut service = pool("one", &[&server]);
        service.settings.api_key = Some(key.to_owned().into());
        let reports = gateway().test(&service, &otp()).await;
        assert_eq!(
            reports[0].said,
            Said::Distrusted(InvalidAnswer::KeyUnreadable)
        );
        let verdict = gateway().verify(&[service], &otp()).await;
        assert!(
            matches!(verdict, Verdict::Unavailable { .. }),
            "{verdict:?}"
        );
    }
    assert!(server.questions().is_empty());
}

#[tokio::test]
async fn a_disabled_service_is_not_asked_but_can_be_tested() {
    let server = HostileServer::start(Lie::Truth);
    let mut service = pool("off", &[&server]);
    service.settings.is_enabled = false;
    let services = [service];
    let verdict = gateway().verify(&services, &otp()).await;
    let Verdict::Unavailable { reports } = verdict else {
        panic!("{verdict:?}");
    };
    assert!(reports.is_empty() && server.questions().is_empty());
    let reports = gateway().test(&services[0], &otp()).await;
    assert_eq!(reports[0].said, Said::Confirmed);
}

#[tokio::test]
async fn the_test_with_a_touch_tells_what_each_server_said() {
    let lies = [
        Lie::Truth,
        later(Lie::Status("REPLAYED_REQUEST")),
        later(later(Lie::Html)),
        Lie::Silence,
    ];
    let servers = lies.map(HostileServer::start);
    let service = pool("pool", &servers.each_ref());
    let reports = gateway().test(&service, &otp()).await;
    let said: Vec<&str> = reports.iter().map(|report| report.said.reason()).collect();
    assert_eq!(
        said,
        ["OK", "REPLAYED_REQUEST", "unknown_field", "too_slow"]
    );
    let named =
        |report: usize, server: usize| servers[server].url().contains(&reports[report].server);
    assert!((0..4).all(|place| named(place, place)), "{reports:?}");
    assert!(reports[1].latency >= LATER && reports[3].latency >= TIMEOUT);
}

#[tokio::test]
async fn silence_costs_one_timeout_a_service_however_many_servers_keep_it() {
    let lies = [Lie::Silence, Lie::Drip, Lie::Silence];
    let servers = lies.map(HostileServer::start);
    let verdict = gateway()
        .verify(&[pool("pool", &servers.each_ref())], &otp())
        .await;
    assert!(
        matches!(verdict, Verdict::Unavailable { .. }),
        "{verdict:?}"
    );
    // They were asked at the same time: servers that answer only when all have been asked, answer.
    let asked = Arc::new(AtomicUsize::new(0));
    let lies = [(); 3].map(|()| Lie::Together(Arc::clone(&asked), 3, Box::new(Lie::Truth)));
    let servers = lies.map(HostileServer::start);
    let verdict = gateway()
        .verify(&[pool("pool", &servers.each_ref())], &otp())
        .await;
    assert!(is_confirmed_by(&verdict, "pool"), "{verdict:?}");
}

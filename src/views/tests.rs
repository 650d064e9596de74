//! Renders every sample of every page in every language, checks what can be checked about the
//! markup, and leaves the pages under `target/gallery` for looking at.

mod locales;
mod markup;
mod round_trips;

use std::collections::HashSet;
use std::path::Path;

use super::console::*;
use super::pages::*;
use super::sessions::{ConsoleSessionsPage, SessionsPage};
use super::trusted_browsers::{ConsoleTrustedBrowsersPage, TrustedBrowsersPage};
use super::{
    ConsoleRoles, Embedded, Frame, Language, MailHead, Notice, Page, Viewer, Views, assets,
};
use keyward_core::clock::Timestamp;
use keyward_core::domain::event::EventKind;
use keyward_core::problem::{Wording, codes};

/// The moment of all samples.
const NOW: Timestamp = Timestamp::from_seconds(1_795_319_835);

/// So many seconds before the moment of all samples.
pub(super) fn ago(seconds: i64) -> Timestamp {
    Timestamp::from_millis(NOW.millis() - seconds * 1000)
}

/// An id for a sample.
pub(super) fn id<T>(number: u8, parse: fn(&str) -> Option<T>) -> T {
    parse(&format!("018f0000-0000-7000-8000-0000000000{number:02x}")).expect("an id")
}

/// Who looks at a page in the gallery.
#[derive(Clone, Copy)]
enum TestViewer {
    Nobody,
    Newcomer,
    User,
    HelpDesk,
    Auditor,
    Superuser,
}

impl TestViewer {
    fn viewer(self) -> Option<Viewer> {
        let viewer = |(is_superuser, audits, helps), must_enrol| Viewer {
            name: "anna".to_owned(),
            is_staff: is_superuser || audits || helps,
            roles: ConsoleRoles {
                is_superuser,
                audits,
                helps,
            },
            must_enrol,
        };
        match self {
            TestViewer::Nobody => None,
            TestViewer::Newcomer => Some(viewer((false, false, false), true)),
            TestViewer::User => Some(viewer((false, false, false), false)),
            TestViewer::HelpDesk => Some(viewer((false, false, true), false)),
            TestViewer::Auditor => Some(viewer((false, true, false), false)),
            TestViewer::Superuser => Some(viewer((true, true, true), false)),
        }
    }
}

struct Gallery {
    views: Views,
    shown: usize,
}

impl Gallery {
    /// Renders and checks all samples of one page, plain and under a notice.
    fn show<P: Page>(&mut self, path: &str, viewer: TestViewer, notice: Notice) {
        if matches!(viewer, TestViewer::Superuser) && path.starts_with("/console") {
            self.show_to::<P>(path, TestViewer::HelpDesk, notice.clone());
            self.show_to::<P>(path, TestViewer::Auditor, notice.clone());
        }
        self.show_to::<P>(path, viewer, notice);
    }

    fn show_to<P: Page>(&mut self, path: &str, viewer: TestViewer, notice: Notice) {
        for language in Language::ALL {
            for (number, sample) in P::samples().iter().enumerate() {
                for notice in [None, Some(notice.clone())] {
                    let frame = Frame {
                        language,
                        path: path.to_owned(),
                        now: NOW,
                        signed_in: viewer.viewer(),
                        notice,
                    };
                    let said = if frame.notice.is_some() {
                        "-notice"
                    } else {
                        ""
                    };
                    let role = match viewer {
                        TestViewer::HelpDesk => "-help-desk",
                        TestViewer::Auditor => "-auditor",
                        _ => "",
                    };
                    let name = format!(
                        "{}-{}-{number}{role}{said}.html",
                        language.tag(),
                        P::TEMPLATE.trim_end_matches(".html").replace('/', "-"),
                    );
                    let page = self
                        .views
                        .render(sample, &frame)
                        .unwrap_or_else(|problem| panic!("{name}: {problem:?}"));
                    markup::check(&name, &page);
                    round_trips::check(&name, &page);
                    write_page(&name, &page);
                    self.shown += 1;
                }
            }
        }
    }
}

fn folder() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/target/gallery"))
}

/// Writes a page with addresses that work in a folder.
fn write_page(name: &str, page: &str) {
    let page = page.replace(&assets::url(""), "assets/");
    std::fs::create_dir_all(folder()).expect("a folder");
    std::fs::write(folder().join(name), page).expect("a page");
}

#[test]
fn every_sample_of_every_page_renders_in_every_language() {
    let mut gallery = Gallery {
        views: Views::new().expect("templates and languages are sound"),
        shown: 0,
    };
    let name = || "Anna's YubiKey 5C".to_owned();
    let weak = || Notice::refused(&codes::USER_PASSWORD_WEAK.into());
    gallery.show::<SetUpPage>("/setup", TestViewer::Nobody, weak());
    gallery.show::<PasswordPage>("/sign-in", TestViewer::Nobody, Notice::WrongPassword);
    gallery.show::<BackupCodePage>("/sign-in", TestViewer::Nobody, Notice::WrongBackupCode);
    gallery.show::<BackupCodesPage>("/account/backup-codes", TestViewer::User, weak());
    gallery.show::<NewBackupCodesPage>("/account/backup-codes", TestViewer::User, weak());
    gallery.show::<RecoverPage>("/recover", TestViewer::Nobody, weak());
    gallery.show::<FoundKeyPage>("/found", TestViewer::Nobody, Notice::FoundKeyReported);
    gallery.show::<ActivatePage>("/activate", TestViewer::Nobody, weak());
    gallery.show::<ActivateKeyPage>("/activate/key", TestViewer::Nobody, weak());
    gallery.show::<InvitationPage>("/invite/x", TestViewer::Nobody, weak());
    gallery.show::<PassPage>("/sign-in", TestViewer::Nobody, Notice::WrongPass);
    gallery.show::<ChoosePasswordPage>("/account/password/new", TestViewer::Newcomer, weak());
    gallery.show::<ResetPage>("/recover/x", TestViewer::Nobody, weak());
    gallery.show::<PasswordChangePage>("/account/password", TestViewer::User, weak());
    gallery.show::<TotpPage>("/sign-in", TestViewer::Nobody, Notice::WrongCode);
    gallery.show::<DeliveredCodePage>("/sign-in", TestViewer::Nobody, Notice::WrongDeliveredCode);
    gallery.show::<YubikeyPage>("/sign-in", TestViewer::Nobody, Notice::OtpUsed);
    gallery.show::<WebauthnPage>("/sign-in", TestViewer::Nobody, Notice::WrongKey);
    gallery.show::<ConfirmPage>(
        "/sign-in",
        TestViewer::Nobody,
        Notice::WrongPasswordAfterKey,
    );
    gallery.show::<ChooseMethodPage>("/sign-in", TestViewer::Nobody, Notice::SignInExpired);
    gallery.show::<ObjectionPage>("/objection/token", TestViewer::Nobody, Notice::SignedOut);
    gallery.show::<PasswordAgainPage>("/step-up", TestViewer::User, Notice::WrongPasswordAgain);
    let added = Notice::DeviceAdded { name: name() };
    gallery.show::<AccountPage>("/account", TestViewer::User, added.clone());
    gallery.show::<DevicesPage>("/account/devices", TestViewer::Superuser, added);
    gallery.show::<SessionsPage>(
        "/account/sessions",
        TestViewer::User,
        Notice::OwnSessionEnded,
    );
    let lost = Notice::refused(&codes::KEY_MOVE.into());
    gallery.show::<LostKeyPage>("/account/devices", TestViewer::User, lost);
    gallery.show::<RemoveDevicePage>("/account/devices", TestViewer::User, Notice::NameMissing);
    gallery.show::<AddDevicePage>(
        "/account/devices/add",
        TestViewer::Newcomer,
        Notice::SignInExpired,
    );
    gallery.show::<AddWebauthnPage>("/account/devices/add", TestViewer::User, Notice::WrongKey);
    gallery.show::<AddYubikeyPage>("/account/devices/add", TestViewer::User, Notice::NotAnOtp);
    gallery.show::<AddTotpPage>("/account/devices/add", TestViewer::User, Notice::WrongCode);
    let paused = || Notice::refused(&codes::CODE_PAUSE.into());
    gallery.show::<AddPhonePage>("/account/devices/add", TestViewer::User, paused());
    gallery.show::<AddEmailPage>("/account/devices/add", TestViewer::User, paused());
    gallery.show::<ConfirmDeliveryAddressPage>("/account/devices/add", TestViewer::User, paused());
    gallery.show::<ProblemPage>("/account/devices", TestViewer::User, Notice::SignedOut);
    let saved = Notice::ServiceSaved { name: name() };
    let taken = || Notice::refused(&codes::USER_NAME_TAKEN.into());
    let invalid = || Notice::refused(&codes::SERVICE_INVALID.into());
    gallery.show::<ConsoleOverviewPage>("/console", TestViewer::Superuser, saved.clone());
    gallery.show::<UsersPage>("/console/users", TestViewer::Superuser, saved.clone());
    gallery.show::<NewUserPage>("/console/users/new", TestViewer::Superuser, taken());
    gallery.show::<UserPage>("/console/users/1", TestViewer::Superuser, saved.clone());
    let invited = Notice::Invited { name: name() };
    let again = || Notice::refused(&codes::INVITATION_OPEN.into());
    gallery.show::<InvitationsPage>("/console/invites", TestViewer::Superuser, invited);
    gallery.show::<NewInvitationPage>("/console/invites/new", TestViewer::Superuser, again());
    let revoked = Notice::PassRevoked { name: name() };
    gallery.show::<PassesPage>("/console/passes", TestViewer::Superuser, revoked.clone());
    gallery.show::<PassIssuedPage>("/console/users/1/pass", TestViewer::Superuser, revoked);
    gallery.show::<InvitationSentPage>("/console/invites", TestViewer::Superuser, saved.clone());
    let link = Notice::PasswordAsked { name: name() };
    gallery.show::<LinkIssuedPage>(
        "/console/users/1/password/link",
        TestViewer::Superuser,
        link.clone(),
    );
    gallery.show::<EndEverybodyPage>("/console/sessions/everybody", TestViewer::Superuser, link);
    gallery.show::<ConsoleDevicesPage>("/console/devices", TestViewer::Superuser, saved.clone());
    gallery.show::<ValidationClientsPage>("/console/clients", TestViewer::Superuser, saved.clone());
    gallery.show::<NewValidationClientPage>(
        "/console/clients/new",
        TestViewer::Superuser,
        invalid(),
    );
    gallery.show::<ValidationClientAddedPage>(
        "/console/clients",
        TestViewer::Superuser,
        saved.clone(),
    );
    gallery.show::<ValidationClientPage>(
        "/console/clients/16",
        TestViewer::Superuser,
        saved.clone(),
    );
    let key = "/console/keys/1";
    gallery.show::<KeysPage>("/console/keys", TestViewer::Superuser, saved.clone());
    gallery.show::<ReportsPage>("/console/reports", TestViewer::Superuser, saved.clone());
    gallery.show::<NewKeyPage>("/console/keys/new", TestViewer::Superuser, invalid());
    gallery.show::<KeyImportPage>("/console/keys/import", TestViewer::Superuser, invalid());
    gallery.show::<KeyPage>(key, TestViewer::Superuser, saved.clone());
    gallery.show::<EnrolKeyPage>(key, TestViewer::Superuser, saved.clone());
    gallery.show::<ActivationCodePage>(key, TestViewer::Superuser, saved.clone());
    gallery.show::<KeyMovePage>(key, TestViewer::Superuser, invalid());
    gallery.show::<KeyLossPage>(key, TestViewer::Superuser, invalid());
    gallery.show::<KeyProposalsPage>(
        "/console/key-proposals",
        TestViewer::Superuser,
        saved.clone(),
    );
    gallery.show::<KeyCasesPage>("/console/key-cases", TestViewer::Superuser, saved.clone());
    gallery.show::<FoundReportsPage>(
        "/console/found-reports",
        TestViewer::Superuser,
        Notice::FoundReportClosed,
    );
    gallery.show::<OtpKeysPage>("/console/otp-keys", TestViewer::Superuser, saved.clone());
    let revoked = Notice::ApiTokenRevoked { name: name() };
    let taken_token = Notice::refused(&codes::API_TOKEN_NAME_TAKEN.into());
    gallery.show::<ApiTokensPage>("/console/tokens", TestViewer::Superuser, revoked);
    gallery.show::<NewApiTokenPage>("/console/tokens/new", TestViewer::Superuser, taken_token);
    gallery.show::<ApiTokenAddedPage>("/console/tokens", TestViewer::Superuser, saved.clone());
    let ended = Notice::BrowserTrustEnded { name: name() };
    gallery.show::<TrustedBrowsersPage>("/account/browsers", TestViewer::User, ended.clone());
    gallery.show::<ConsoleTrustedBrowsersPage>("/console/browsers", TestViewer::Superuser, ended);
    gallery.show::<LockoutsPage>(
        "/console/lockouts",
        TestViewer::Superuser,
        Notice::LockoutsCleared,
    );
    gallery.show::<PhonesPage>(
        "/console/phones",
        TestViewer::Superuser,
        Notice::PhonesStopped,
    );
    gallery.show::<ConsoleSessionsPage>("/console/sessions", TestViewer::Superuser, saved.clone());
    gallery.show::<ValidationServicesPage>(
        "/console/services",
        TestViewer::Superuser,
        saved.clone(),
    );
    gallery.show::<NewValidationServicePage>(
        "/console/services/new",
        TestViewer::Superuser,
        invalid(),
    );
    gallery.show::<ValidationServicePage>(
        "/console/services/1",
        TestViewer::Superuser,
        saved.clone(),
    );
    gallery.show::<RemoveValidationServicePage>(
        "/console/services/1",
        TestViewer::Superuser,
        invalid(),
    );
    let drafted = || Notice::PolicyDrafted;
    let impossible = || Notice::refused(&codes::POLICY_INVALID.into());
    gallery.show::<PoliciesPage>("/console/policies", TestViewer::Superuser, drafted());
    gallery.show::<PolicyPage>(
        "/console/policies/edit",
        TestViewer::Superuser,
        impossible(),
    );
    gallery.show::<DryRunPage>(
        "/console/policies/dry-run",
        TestViewer::Superuser,
        drafted(),
    );
    gallery.show::<AffectedPage>(
        "/console/policies/affected",
        TestViewer::Superuser,
        drafted(),
    );
    gallery.show::<GroupsPage>("/console/groups", TestViewer::Superuser, taken());
    gallery.show::<GroupPage>("/console/groups/show", TestViewer::Superuser, saved.clone());
    gallery.show::<RemoveGroupPage>("/console/groups/remove", TestViewer::Superuser, invalid());
    let webhook = "/console/webhooks/1";
    gallery.show::<WebhooksPage>("/console/webhooks", TestViewer::Superuser, saved.clone());
    gallery.show::<NewWebhookPage>("/console/webhooks/new", TestViewer::Superuser, invalid());
    gallery.show::<WebhookPage>(webhook, TestViewer::Superuser, saved.clone());
    gallery.show::<WebhookSecretPage>(webhook, TestViewer::Superuser, saved.clone());
    gallery.show::<ConfirmationPage>("/console/users/1", TestViewer::Superuser, invalid());
    let application = "/console/applications/1";
    gallery.show::<ApplicationsPage>(
        "/console/applications",
        TestViewer::Superuser,
        saved.clone(),
    );
    gallery.show::<NewApplicationPage>(
        "/console/applications/new",
        TestViewer::Superuser,
        invalid(),
    );
    gallery.show::<ApplicationPage>(application, TestViewer::Superuser, saved.clone());
    gallery.show::<RemoveApplicationPage>(application, TestViewer::Superuser, invalid());
    gallery.show::<ExplainPage>(
        "/console/applications/explain",
        TestViewer::Superuser,
        invalid(),
    );
    let client = "/console/openid-clients/1";
    gallery.show::<OpenidClientsPage>(
        "/console/openid-clients",
        TestViewer::Superuser,
        saved.clone(),
    );
    gallery.show::<NewOpenidClientPage>(
        "/console/openid-clients/new",
        TestViewer::Superuser,
        invalid(),
    );
    gallery.show::<OpenidClientPage>(client, TestViewer::Superuser, saved.clone());
    gallery.show::<OpenidClientSecretPage>(client, TestViewer::Superuser, saved.clone());
    let enter = "/applications/enter";
    gallery.show::<ApplicationDeniedPage>(enter, TestViewer::User, Notice::SignedOut);
    gallery.show::<ApplicationEnrolPage>(enter, TestViewer::User, Notice::SignedOut);
    gallery.show::<EventsPage>("/console/audit", TestViewer::Superuser, saved);
    assert!(gallery.shown > 200);
    // The style sheet of all pages is made of several.
    let files = Embedded::iter().filter_map(|path| path.strip_prefix("assets/").map(str::to_owned));
    for path in files.chain(["css/all.css".to_owned()]) {
        let file = folder().join("assets").join(&path);
        std::fs::create_dir_all(file.parent().expect("a folder")).expect("a folder");
        std::fs::write(file, assets::find(&path).expect("an asset").bytes).expect("an asset");
    }
}

#[test]
fn every_code_has_a_title_and_a_text_in_every_language() {
    let views = Views::new().expect("templates and languages are sound");
    for language in Language::ALL {
        let codes = codes::ALL.iter().map(|code| (*code, None));
        let worded = Wording::ALL.map(|(code, wording)| (code, Some(wording)));
        for (code, wording) in codes.chain(worded) {
            let text = views
                .problem_text((code, wording), language)
                .expect(code.name);
            assert!(!text.title.ends_with('.'), "{}: {}", code.name, text.title);
            assert!(text.text.ends_with('.'), "{}: {}", code.name, text.text);
        }
    }
}

#[test]
fn every_event_has_a_name_in_every_language() {
    for language in Language::ALL {
        let phrases = super::phrases::Phrases::load(language).expect("loads");
        for kind in EventKind::ALL {
            let key = format!("event-{}", kind.as_str().replace('.', "-"));
            assert!(phrases.has(&key), "{key}");
        }
    }
}

#[test]
fn every_rule_has_its_mails_in_every_language() {
    use keyward_core::domain::device::DeviceKind;
    use keyward_core::domain::message::{Envelope, Message, MessageToken, Notification};
    use keyward_core::domain::notification::{Audience, RULES};
    use keyward_core::domain::user::EmailAddress;
    use keyward_core::secret::Token;

    let views = Views::new().expect("templates and languages are sound");
    let url = "https://login.example.org".parse().expect("an address");
    let zone =
        keyward_core::domain::time_zone::TimeZone::parse("Europe/Amsterdam").expect("a zone");
    let head = MailHead {
        public_url: &url,
        organisation: "Example & Co",
        time_zone: &zone,
    };
    let notifications = RULES.iter().flat_map(|rule| {
        rule.to.iter().map(|audience| {
            Message::Notification(Notification {
                event: rule.topic(),
                at: NOW,
                account: "anna".to_owned(),
                to_owner: *audience != Audience::Administrators,
                by: Some("ben".to_owned()),
                device: Some((DeviceKind::Passkey, "Anna's <laptop>".to_owned())),
                codes_left: Some(3),
                address: Some([192, 0, 2, 7].into()),
                user_agent: Some("Browser".to_owned()),
                until: None,
                objection: Token::parse(&"A".repeat(43)).map(|token| MessageToken::new(&token)),
            })
        })
    });
    let recovery = || Message::Recovery {
        token: "A".repeat(43),
        expires_at: NOW,
    };
    let password_link = || Message::PasswordLink {
        token: "A".repeat(43),
        expires_at: NOW,
    };
    let invitation = |by: Option<&str>| Message::Invitation {
        token: "A".repeat(43),
        expires_at: NOW,
        by: by.map(str::to_owned),
    };
    let code = |is_new| Message::Code {
        code: "012345".to_owned(),
        is_new,
        expires_at: NOW,
    };
    for language in Language::ALL {
        for (number, message) in notifications
            .clone()
            .chain([
                Message::Test,
                recovery(),
                password_link(),
                code(true),
                code(false),
            ])
            .chain([invitation(Some("ben")), invitation(None)])
            .enumerate()
        {
            let envelope = Envelope {
                to: EmailAddress::parse("anna@example.org").expect("an address"),
                name: Some("anna".to_owned()),
                language: Some(language.tag().to_owned()),
                message,
            };
            let mail = views.message(&envelope, head).expect("a mail");
            assert!(!mail.subject.ends_with('.'), "{}", mail.subject);
            assert!(!mail.html.contains("<laptop>"), "{}", mail.html);
            assert!(!mail.text.contains("&lt;"), "{}", mail.text);
            std::fs::create_dir_all(folder()).expect("a folder");
            let name = format!("{}-mail-{number}.html", language.tag());
            std::fs::write(folder().join(name), mail.html).expect("a page");
        }
    }
}

#[test]
fn the_first_page_stays_under_thirty_kibibytes() {
    let views = Views::new().expect("templates and languages are sound");
    let frame = Frame {
        language: Language::English,
        path: "/sign-in".to_owned(),
        now: NOW,
        signed_in: None,
        notice: None,
    };
    let page = views
        .render(&PasswordPage::default(), &frame)
        .expect("renders");
    let assets: usize = markup::tags(&page)
        .iter()
        .filter_map(|tag| tag.attribute("href").or(tag.attribute("src")))
        .filter_map(|url| url.strip_prefix("/assets/"))
        .collect::<HashSet<_>>()
        .into_iter()
        .map(|path| assets::find(path).expect(path).bytes.len())
        .sum();
    // Uncompressed, which is three to four times what travels.
    let bytes = page.len() + assets;
    assert!(bytes < 3 * 30 * 1024, "{bytes} bytes");
}

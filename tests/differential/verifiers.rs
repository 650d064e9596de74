//! The three verifiers, asked about one ceremony each.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use url::Url;
use webauthn_rs_core::WebauthnCore;
use webauthn_rs_core::proto::{
    AttestationFormat, AuthenticationState, COSEAlgorithm, COSEEC2Key, COSEKey, COSEKeyType,
    COSERSAKey, Credential as LibraryCredential, ECDSACurve, ParsedAttestation,
    PublicKeyCredential, RegisterPublicKeyCredential, RegisteredExtensions, RegistrationState,
    UserVerificationPolicy,
};

use super::ceremonies::{Case, ORIGIN, RP_ID};
use keyward_core::clock::{SystemEntropy, Timestamp};
use keyward_core::domain::credential::Credential;
use keyward_core::domain::device::{DeviceId, DeviceKind};
use keyward_core::domain::user::{User, UserHandle, UserId, UserName};
use keyward_core::factors::webauthn::{
    AttestationConveyance, RelyingParty, RelyingPartySettings, UserVerification,
};
use keyward_core::problem::Problem;
use keyward_core::protocols::webauthn::algorithm::Algorithm;
use keyward_core::protocols::webauthn::public_key::PublicKey;
use keyward_test_support::py_webauthn::PyWebauthn;
use keyward_test_support::soft_authenticator::{SoftAuthenticator, Tampering};
use keyward_test_support::soft_maker::SoftMaker;

/// The counter that a registration told, before an authentication.
pub const ENROLLED_WITH: u32 = 7;

/// What each of them says.
pub struct Verdicts {
    pub ours: bool,
    library: bool,
    python: bool,
    /// Why ours refuses.
    pub reason: String,
}

impl Verdicts {
    pub fn agree(&self) -> bool {
        self.ours == self.library && self.ours == self.python
    }

    pub fn cells(&self) -> [&'static str; 3] {
        [self.ours, self.library, self.python].map(|accepts| if accepts { "yes" } else { "no" })
    }
}

pub struct Verifiers {
    party: RelyingParty,
    core: WebauthnCore,
    python: PyWebauthn,
}

impl Verifiers {
    pub fn start() -> Self {
        let settings = RelyingPartySettings {
            id: RP_ID.to_owned(),
            name: "Example".to_owned(),
            origins: vec![ORIGIN.to_owned()],
            top_origins: Vec::new(),
            algorithms: Algorithm::USUAL.to_vec(),
            user_verification: UserVerification::Required,
            attestation: AttestationConveyance::Direct,
            save_key_slots: false,
            timeout: Duration::from_mins(5),
        };
        let core = WebauthnCore::new_unsafe_experts_only(
            "Example",
            RP_ID,
            vec![Url::parse(ORIGIN).expect("an origin")],
            Duration::from_mins(5),
            Some(false),
            Some(false),
        );
        Self {
            party: RelyingParty::new(settings).expect("a relying party"),
            core,
            python: PyWebauthn::start(),
        }
    }

    /// Asks about a registration.
    pub fn registration(&mut self, case: &Case) -> Verdicts {
        let mut authenticator = (case.authenticator)();
        authenticator.maker = Some(Arc::new(SoftMaker::new()));
        let started = self
            .party
            .start_registration(&user(), DeviceKind::Passkey, &[]);
        let (options, ceremony) = started.expect("options");
        let answer = authenticator.register_tampered(&options, case.origin, case.tampering());
        let outcome = self
            .party
            .finish_registration(ceremony, answer.to_string().as_bytes());
        let python = json!({
            "ceremony": "registration",
            "challenge": options["challenge"],
        });
        Verdicts {
            library: self.library_registers(&options["challenge"], &answer),
            python: self.python(python, &answer),
            ours: outcome.is_ok(),
            reason: reason(outcome),
        }
    }

    /// Asks about an authentication.
    pub fn authentication(&mut self, case: &Case) -> Verdicts {
        self.assertion(case, case.tampering(), |_| ())
    }

    /// Asks about an authentication that is changed on the way.
    pub fn assertion(
        &mut self,
        case: &Case,
        tampering: Tampering<'_>,
        change: impl FnOnce(&mut Value),
    ) -> Verdicts {
        let user = user();
        let mut enrolled = SoftAuthenticator::passkey();
        let wanted = (case.authenticator)();
        enrolled.algorithm = wanted.algorithm;
        enrolled.backup_eligible = wanted.backup_eligible;
        enrolled.counter = wanted_counter(&wanted);
        let (credentials, mut authenticator) = self.enrol(&user, enrolled);
        authenticator.behave_like(&wanted);
        // It counted on, unless the case wants something else.
        if authenticator.counter == SoftAuthenticator::passkey().counter {
            authenticator.counter = Some(ENROLLED_WITH + 1);
        }
        let (options, ceremony) = self
            .party
            .start_authentication(user.id, &credentials)
            .expect("options");
        let mut answer = authenticator.authenticate_tampered(&options, case.origin, tampering);
        change(&mut answer);
        let outcome = self.party.finish_authentication(
            ceremony,
            answer.to_string().as_bytes(),
            &credentials,
            &user.handle,
        );
        let stored = &credentials[0];
        let python = json!({
            "ceremony": "authentication",
            "challenge": options["challenge"],
            "public_key": URL_SAFE_NO_PAD.encode(&stored.public_key),
            "sign_count": stored.sign_count,
        });
        Verdicts {
            library: self.library_authenticates(&options["challenge"], &answer, stored),
            python: self.python(python, &answer),
            ours: outcome.is_ok(),
            reason: reason(outcome.map_err(Problem::from)),
        }
    }

    fn enrol(
        &self,
        user: &User,
        mut authenticator: SoftAuthenticator,
    ) -> (Vec<Credential>, SoftAuthenticator) {
        let started = self
            .party
            .start_registration(user, DeviceKind::Passkey, &[]);
        let (options, ceremony) = started.expect("options");
        let answer = authenticator.register(&options, ORIGIN).to_string();
        let registered = self
            .party
            .finish_registration(ceremony, answer.as_bytes())
            .expect("a credential");
        let id = DeviceId::generate(Timestamp::default(), &SystemEntropy);
        (vec![registered.into_credential(id)], authenticator)
    }

    fn library_registers(&self, challenge: &Value, answer: &Value) -> bool {
        let algorithms = [-7, -8, -35, -257].map(COSEAlgorithm::try_from);
        let builder = self
            .core
            .new_challenge_register_builder(&[7; 32], "anna", "anna")
            .expect("a builder")
            .user_verification_policy(UserVerificationPolicy::Required)
            .credential_algorithms(algorithms.into_iter().filter_map(Result::ok).collect());
        let (_, state) = self
            .core
            .generate_challenge_register(builder)
            .expect("options");
        let mut state = serde_json::to_value(state).expect("a stored form");
        state["challenge"] = challenge.clone();
        let state: RegistrationState = serde_json::from_value(state).expect("a state");
        serde_json::from_value::<RegisterPublicKeyCredential>(answer.clone())
            .is_ok_and(|answer| self.core.register_credential(&answer, &state, None).is_ok())
    }

    /// The library holds the credential as it reads the one that ours stored; where it cannot, it
    /// does not accept.
    fn library_authenticates(
        &self,
        challenge: &Value,
        answer: &Value,
        stored: &Credential,
    ) -> bool {
        let Some(credential) = library_credential(stored) else {
            return false;
        };
        let builder = self
            .core
            .new_challenge_authenticate_builder(
                vec![credential],
                Some(UserVerificationPolicy::Required),
            )
            .expect("a builder");
        let (_, state) = self
            .core
            .generate_challenge_authenticate(builder)
            .expect("options");
        let mut state = serde_json::to_value(state).expect("a stored form");
        state["challenge"] = challenge.clone();
        let state: AuthenticationState = serde_json::from_value(state).expect("a state");
        serde_json::from_value::<PublicKeyCredential>(answer.clone())
            .is_ok_and(|answer| self.core.authenticate_credential(&answer, &state).is_ok())
    }

    fn python(&mut self, mut case: Value, answer: &Value) -> bool {
        case["answer"] = answer.clone();
        case["rp_id"] = json!(RP_ID);
        case["origins"] = json!([ORIGIN]);
        case["user_verification"] = json!(true);
        self.python.accepts(&case)
    }
}

fn library_credential(stored: &Credential) -> Option<LibraryCredential> {
    let elliptic = |curve, x: &[u8], y: &[u8]| {
        let (x, y) = (x.to_vec(), y.to_vec());
        COSEKeyType::EC_EC2(COSEEC2Key { curve, x, y })
    };
    let (type_, key) = match PublicKey::read(&stored.public_key).ok()? {
        PublicKey::Es256 { x, y } => (COSEAlgorithm::ES256, elliptic(ECDSACurve::SECP256R1, x, y)),
        PublicKey::Es384 { x, y } => (COSEAlgorithm::ES384, elliptic(ECDSACurve::SECP384R1, x, y)),
        PublicKey::Rsa { n, e, .. } => {
            let (n, e) = (n.to_vec(), e.try_into().ok()?);
            (COSEAlgorithm::RS256, COSEKeyType::RSA(COSERSAKey { n, e }))
        }
        // It has a form for these keys, and never makes one.
        PublicKey::Ed25519 { .. } | PublicKey::Es512 { .. } => return None,
    };
    Some(LibraryCredential {
        cred_id: stored.credential_id.clone(),
        cred: COSEKey { type_, key },
        counter: stored.sign_count,
        transports: None,
        user_verified: true,
        backup_eligible: stored.backup_eligible,
        backup_state: stored.backed_up,
        registration_policy: UserVerificationPolicy::Required,
        extensions: RegisteredExtensions::none(),
        attestation: ParsedAttestation::default(),
        attestation_format: AttestationFormat::None,
    })
}

/// Those that are backed up never count.
fn wanted_counter(wanted: &SoftAuthenticator) -> Option<u32> {
    (!wanted.backed_up).then_some(ENROLLED_WITH)
}

fn reason<T>(outcome: Result<T, Problem>) -> String {
    outcome
        .err()
        .map_or_else(String::new, |problem| problem.to_string())
}

fn user() -> User {
    User {
        id: UserId::generate(Timestamp::default(), &SystemEntropy),
        name: UserName::parse("anna").expect("a name"),
        display_name: None,
        email: None,
        handle: UserHandle::generate(&SystemEntropy),
        is_superuser: false,
        is_enabled: true,
        default_device: None,
        created_at: Timestamp::default(),
        last_sign_in_at: None,
    }
}

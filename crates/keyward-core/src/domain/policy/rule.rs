//! The rules of policies: one table with all that differs from rule to rule.
//!
//! A row of it is a rule. What a row must say, the compiler asks for; the struct that is stored, the
//! fields of the form, the options of the command line, what is shown, and how two policies become
//! one are made of the table. What pages need beside it (words) a test of `views` asks for.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::form::{days, model_lists, models, number, one, several, statuses, tick};
use super::judgement::{self, Judgement};
use super::rule_value::{Limit, RuleValue, Typed};
use super::strictness::{all, common, either, greater, lesser};
use super::{Attestation, ModelList, Verification};
use crate::domain::device::DeviceKind;
use crate::domain::model::{CertificationLevel, RegistryValue};
use crate::problem::codes;

/// Whom a rule concerns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Concerned {
    /// Everybody, also who has no device.
    Everybody,
    /// Those who have devices.
    Owners,
}

/// What must be known of a model before a device of it is judged by a rule.
#[derive(Clone, Copy, Debug)]
pub(super) struct ModelNeeds {
    /// What metadata say.
    pub metadata: bool,
    /// That a device is of it: a model that only says what it is could be any.
    pub proof: bool,
}

impl ModelNeeds {
    const NOTHING: Self = Self {
        metadata: false,
        proof: false,
    };
    const METADATA: Self = Self {
        metadata: true,
        ..Self::NOTHING
    };
    const PROOF: Self = Self {
        proof: true,
        ..Self::NOTHING
    };
    const BOTH: Self = Self {
        metadata: true,
        proof: true,
    };
}

/// How a rule is shown in the form.
#[derive(Clone, Copy, Debug)]
pub(super) struct Layout {
    /// The key of what is said below it in the locale files.
    pub hint: Option<&'static str>,
    /// Whether it stands beside the one before it.
    pub is_beside: bool,
}

impl Layout {
    const PLAIN: Self = Self {
        hint: None,
        is_beside: false,
    };

    const fn with(hint: &'static str) -> Self {
        Self {
            hint: Some(hint),
            ..Self::PLAIN
        }
    }

    const fn beside(self) -> Self {
        Self {
            is_beside: true,
            ..self
        }
    }
}

/// All that differs from rule to rule.
pub(super) struct RuleDescriptor {
    /// The stable name: in reasons that are stored, in the trail, and in the locale files, which
    /// have `rule-` and it.
    pub name: &'static str,
    /// What it is called in the JSON of rules.
    pub json: &'static str,
    /// What it asks for, as the reference of commands says it.
    pub meaning: &'static str,
    /// Its value.
    pub value: &'static dyn RuleValue,
    /// The name of its field in the form.
    pub field: &'static str,
    /// Its option of `keyward policy set`, without the dashes.
    pub option: &'static str,
    /// How a device breaks it; `None` for what is asked of people, of browsers, and of
    /// authenticators at enrolment.
    pub judgement: Option<Judgement>,
    /// What must be known of models for that.
    pub model: ModelNeeds,
    /// Whom it concerns.
    pub concerned: Concerned,
    /// How it is shown.
    pub layout: Layout,
}

/// Declares the rules: a variant, the part of [`Rules`] that holds its value, and its descriptor.
macro_rules! rules {
    ($(
        $(#[doc = $meaning:literal])+
        $rule:ident $name:literal in $part:ident: $type:ty {
            form: $form:expr,
            stricter: $stricter:expr,
            limit: $limit:expr,
            $($column:ident: $value:expr,)*
        }
    )*) => {
        /// The rules of a policy. What a rule leaves unsaid, it does not ask for.
        #[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(default, deny_unknown_fields)]
        pub struct Rules {
            $($(#[doc = $meaning])+ pub $part: $type,)*
        }

        /// A rule of policies, in the order in which they are listed.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum Rule {
            $($(#[doc = $meaning])+ #[serde(rename = $name)] $rule,)*
        }

        impl Rule {
            /// Every rule.
            pub const ALL: [Self; [$(Self::$rule),*].len()] = [$(Self::$rule),*];

            pub(super) const fn descriptor(self) -> &'static RuleDescriptor {
                match self {
                    $(Self::$rule => const { &RuleDescriptor {
                        name: $name,
                        json: stringify!($part),
                        meaning: concat!($($meaning),+),
                        value: &Typed::<$type> {
                            form: $form,
                            stricter: $stricter,
                            limit: $limit,
                            get: |rules| &rules.$part,
                            get_mut: |rules| &mut rules.$part,
                        },
                        $($column: $value,)*
                    } },)*
                }
            }
        }
    };
}

rules! {
    /// Everybody must have a second factor.
    SecondFactor "second-factor" in second_factor: bool {
        form: tick(),
        stricter: either,
        limit: Limit::None,
        field: "second_factor",
        option: "second-factor",
        judgement: None,
        model: ModelNeeds::NOTHING,
        concerned: Concerned::Everybody,
        layout: Layout::PLAIN,
    }
    /// A second factor that another provider proved is not enough: everybody proves one here.
    OwnSecondFactor "own-second-factor" in own_second_factor: bool {
        form: tick(),
        stricter: either,
        limit: Limit::None,
        field: "own_second_factor",
        option: "own-second-factor",
        judgement: None,
        model: ModelNeeds::NOTHING,
        concerned: Concerned::Everybody,
        layout: Layout::with("policy-own-second-factor-hint"),
    }
    /// A kind of device that counts: passkey, security-key, yubikey, totp …
    Kinds "kinds" in kinds: Option<BTreeSet<DeviceKind>> {
        form: several("KIND", Some("kind")),
        stricter: common,
        limit: Limit::Only(
            |kinds| kinds.as_ref().is_none_or(|kinds| !kinds.is_empty()),
            "no kind of device counts",
        ),
        field: "kind",
        option: "kind",
        judgement: Some(Judgement::by(judgement::kinds, codes::POLICY_KIND)),
        model: ModelNeeds::NOTHING,
        concerned: Concerned::Owners,
        layout: Layout::with("policy-kinds-hint"),
    }
    /// Only devices whose proof cannot be relayed: passkeys and security keys.
    PhishingResistant "phishing-resistant" in phishing_resistant: bool {
        form: tick(),
        stricter: either,
        limit: Limit::None,
        field: "phishing_resistant",
        option: "phishing-resistant",
        judgement: Some(Judgement::by(judgement::phishing_resistant, codes::POLICY_KIND)),
        model: ModelNeeds::NOTHING,
        concerned: Concerned::Owners,
        layout: Layout::with("policy-phishing-resistant-hint"),
    }
    /// Only hardware keys: security keys that cannot be copied, and YubiKeys.
    HardwareOnly "hardware-only" in hardware_only: bool {
        form: tick(),
        stricter: either,
        limit: Limit::None,
        field: "hardware_only",
        option: "hardware-only",
        judgement: Some(Judgement::by(judgement::hardware_only, codes::POLICY_HARDWARE_ONLY)),
        model: ModelNeeds::NOTHING,
        concerned: Concerned::Owners,
        layout: Layout::with("policy-hardware-only-hint"),
    }
    /// Only keys of the inventory, which prove that they are one of it.
    InventoryOnly "inventory-only" in inventory_only: bool {
        form: tick(),
        stricter: either,
        limit: Limit::None,
        field: "inventory_only",
        option: "inventory-only",
        judgement: Some(Judgement::by(
            judgement::inventory_only,
            codes::POLICY_INVENTORY_ONLY,
        )),
        model: ModelNeeds::NOTHING,
        concerned: Concerned::Owners,
        layout: Layout::with("policy-inventory-only-hint"),
    }
    /// Only the keys that the inventory has for whom uses them.
    OwnKeys "own-keys" in own_keys: bool {
        form: tick(),
        stricter: either,
        limit: Limit::None,
        field: "own_keys",
        option: "own-keys",
        judgement: Some(Judgement::by(judgement::own_keys, codes::POLICY_OWN_KEYS)),
        model: ModelNeeds::NOTHING,
        concerned: Concerned::Owners,
        layout: Layout::with("policy-own-keys-hint"),
    }
    /// No passkey that its provider copies to other devices.
    DeviceBound "device-bound" in device_bound: bool {
        form: tick(),
        stricter: either,
        limit: Limit::None,
        field: "device_bound",
        option: "device-bound",
        judgement: Some(Judgement::by(judgement::device_bound, codes::POLICY_DEVICE_BOUND)),
        model: ModelNeeds::NOTHING,
        concerned: Concerned::Owners,
        layout: Layout::with("policy-device-bound-hint"),
    }
    /// Whether passkeys and security keys verify their user.
    UserVerification "user-verification" in user_verification: Option<Verification> {
        form: one("WHETHER", Some("user-verification")),
        stricter: greater,
        limit: Limit::None,
        field: "user_verification",
        option: "user-verification",
        judgement: Some(Judgement::by(
            judgement::user_verification,
            codes::CEREMONY_USER_VERIFICATION,
        )),
        model: ModelNeeds::NOTHING,
        concerned: Concerned::Owners,
        layout: Layout::PLAIN,
    }
    /// Whether passkeys and security keys prove their make at enrolment.
    Attestation "attestation" in attestation: Option<Attestation> {
        form: one("WHETHER", Some("attestation")),
        stricter: greater,
        limit: Limit::None,
        field: "attestation",
        option: "attestation",
        judgement: None,
        model: ModelNeeds::NOTHING,
        concerned: Concerned::Owners,
        layout: Layout::PLAIN.beside(),
    }
    /// Only models whose attestation was verified.
    VerifiedModels "verified-models" in verified_models: bool {
        form: tick(),
        stricter: either,
        limit: Limit::None,
        field: "verified_models",
        option: "verified-models",
        judgement: Some(Judgement::by(
            judgement::verified_models,
            codes::POLICY_MODEL_UNVERIFIED,
        )),
        model: ModelNeeds::PROOF,
        concerned: Concerned::Owners,
        layout: Layout::with("policy-verified-models-hint"),
    }
    /// Models that count, by AAGUID or by metadata: `certification:L2`,
    /// `key-protection:secure_element`, `user-verification:fingerprint_internal`,
    /// `status:FIDO_CERTIFIED_L1`; ` & ` joins.
    Allow "allow" in allow: BTreeSet<ModelList> {
        form: model_lists(),
        stricter: all,
        limit: Limit::Only(
            |lists| !lists.iter().any(BTreeSet::is_empty),
            "a list allows no model",
        ),
        field: "allow",
        option: "allow",
        // What is known against a model says more than that it is not on a list.
        judgement: Some(Judgement::by(judgement::allow, codes::POLICY_MODEL).told_last()),
        model: ModelNeeds::BOTH,
        concerned: Concerned::Owners,
        layout: Layout::with("policy-models-hint"),
    }
    /// Models that do not count, in the same words.
    Deny "deny" in deny: ModelList {
        form: models(),
        stricter: all,
        limit: Limit::None,
        field: "deny",
        option: "deny",
        judgement: Some(Judgement::by(judgement::deny, codes::POLICY_MODEL)),
        model: ModelNeeds::METADATA,
        concerned: Concerned::Owners,
        layout: Layout::with("policy-deny-hint"),
    }
    /// A status under which a model does not count: REVOKED, USER_KEY_PHYSICAL_COMPROMISE …
    Statuses "statuses" in statuses: BTreeSet<RegistryValue> {
        form: statuses(),
        stricter: all,
        limit: Limit::None,
        field: "statuses",
        option: "status",
        judgement: Some(Judgement::by(judgement::statuses, codes::POLICY_MODEL_REPORTED)),
        model: ModelNeeds::METADATA,
        concerned: Concerned::Owners,
        layout: Layout::with("policy-statuses-hint"),
    }
    /// The least certification: L1, L1plus, L2, L2plus, L3, L3plus.
    Certification "certification" in certification: Option<CertificationLevel> {
        form: one("LEVEL", None),
        stricter: greater,
        limit: Limit::None,
        field: "certification",
        option: "certification",
        judgement: Some(Judgement::by(judgement::certification, codes::POLICY_MODEL)),
        model: ModelNeeds::BOTH,
        concerned: Concerned::Owners,
        layout: Layout::PLAIN,
    }
    /// How many devices everybody is reminded to have.
    LeastDevices "least-devices" in least_devices: Option<u16> {
        form: number("N"),
        stricter: greater,
        limit: Limit::None,
        field: "least_devices",
        option: "least-devices",
        judgement: None,
        model: ModelNeeds::NOTHING,
        concerned: Concerned::Everybody,
        layout: Layout::with("policy-least-devices-hint"),
    }
    /// How many devices a user may have.
    MostDevices "most-devices" in most_devices: Option<u16> {
        form: number("N"),
        stricter: lesser,
        limit: Limit::Only(|most| *most != Some(0), "nobody may have a device"),
        field: "most_devices",
        option: "most-devices",
        judgement: None,
        model: ModelNeeds::NOTHING,
        concerned: Concerned::Owners,
        layout: Layout::PLAIN.beside(),
    }
    /// How many browsers of one person may be trusted; 0 for none.
    TrustedBrowsers "trusted-browsers" in trusted_browsers: Option<u16> {
        form: number("N"),
        stricter: lesser,
        limit: Limit::None,
        field: "trusted_browsers",
        option: "trusted-browsers",
        judgement: None,
        model: ModelNeeds::NOTHING,
        concerned: Concerned::Owners,
        layout: Layout::with("policy-trusted-browsers-hint"),
    }
    /// How many days a browser is trusted, at most.
    TrustedBrowserDays "trusted-browser-days" in trusted_browser_days: Option<u16> {
        form: number("DAYS"),
        stricter: lesser,
        limit: Limit::Only(
            |days| *days != Some(0),
            "for no trust in browsers, allow none of them",
        ),
        field: "trusted_browser_days",
        option: "trusted-browser-days",
        judgement: None,
        model: ModelNeeds::NOTHING,
        concerned: Concerned::Owners,
        layout: Layout::PLAIN.beside(),
    }
    /// How many days enrolled devices still work that do not satisfy the policy, and people may go
    /// on without a second factor.
    Grace "grace" in grace_seconds: Option<u64> {
        form: days().usually(Rules::USUAL_GRACE.as_secs() / 86_400),
        stricter: lesser,
        limit: Limit::Only(
            |grace| grace.is_none_or(|seconds| seconds <= Rules::LONGEST_GRACE.as_secs()),
            "the grace is longer than a year",
        ),
        field: "grace_days",
        option: "grace-days",
        judgement: None,
        model: ModelNeeds::NOTHING,
        concerned: Concerned::Everybody,
        layout: Layout::with("policy-grace-hint"),
    }
}

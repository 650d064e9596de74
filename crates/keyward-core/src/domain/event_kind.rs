//! What can happen: the kinds of the trail's events.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

macro_rules! event_kinds {
    ($($(#[$doc:meta])* $variant:ident = $name:literal,)*) => {
        /// What happened.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum EventKind { $($(#[$doc])* $variant,)* }

        impl EventKind {
            /// Every kind.
            pub const ALL: &[EventKind] = &[$(EventKind::$variant),*];

            /// The stable name, in the database and in exports.
            pub fn as_str(self) -> &'static str {
                match self { $(EventKind::$variant => $name,)* }
            }

            /// Reads a stable name.
            pub fn parse(text: &str) -> Option<Self> {
                Self::from_stored(text)
            }

            /// The kind of a row.
            pub fn from_stored(text: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|kind| kind.as_str() == text)
            }
        }
    };
}

event_kinds! {
    /// A user was created.
    UserCreated = "user.created",
    /// A user may sign in again.
    UserEnabled = "user.enabled",
    /// A user may no longer sign in.
    UserDisabled = "user.disabled",
    /// A user was deleted: what is left of them is this trail.
    UserDeleted = "user.deleted",
    /// A user has another name from now on.
    UserRenamed = "user.renamed",
    /// A user has another e-mail address from now on, or none.
    EmailChanged = "user.email_changed",
    /// A user is called something else from now on.
    DisplayNameChanged = "user.display_name_changed",
    /// A user was made a superuser.
    SuperuserGranted = "user.superuser_granted",
    /// A user is no superuser any more.
    SuperuserWithdrawn = "user.superuser_withdrawn",
    /// A group or a user was given a role at the console.
    RoleGranted = "role.granted",
    /// A role at the console was taken away.
    RoleWithdrawn = "role.withdrawn",
    /// A user joined or left groups.
    GroupsChanged = "user.groups_changed",
    /// A user's password was set.
    PasswordSet = "user.password_set",
    /// A user's lockouts were cleared.
    UserUnlocked = "user.unlocked",
    /// The password was checked.
    PasswordChecked = "sign_in.password",
    /// A passkey that stands for user name and password was checked.
    PasskeyChecked = "sign_in.passkey",
    /// A sign-in at another OpenID provider was checked.
    UpstreamChecked = "sign_in.upstream",
    /// A second factor was checked.
    SecondFactorChecked = "sign_in.second_factor",
    /// A session was opened.
    SignedIn = "sign_in.completed",
    /// A session was opened from a network from which its user was not known.
    UnusualPlace = "sign_in.unusual_place",
    /// A user proved themselves again for something dangerous.
    SteppedUp = "session.stepped_up",
    /// A user signed out.
    SignedOut = "session.signed_out",
    /// A session was ended from outside it.
    SessionEnded = "session.ended",
    /// A device was enrolled.
    DeviceAdded = "device.added",
    /// A code was sent.
    CodeSent = "code.sent",
    /// As many messages and calls were sent to phones as a limit allows; told once a day for each.
    PhoneLimitMet = "phones.limit_met",
    /// Nothing is sent to phones any more.
    PhonesStopped = "phones.stopped",
    /// Codes are sent to phones again.
    PhonesStarted = "phones.started",
    /// A device was renamed.
    DeviceRenamed = "device.renamed",
    /// A device became the one that is asked for first.
    DeviceMadeDefault = "device.made_default",
    /// A backup code was used.
    BackupCodeUsed = "backup_code.used",
    /// A device was removed.
    DeviceRemoved = "device.removed",
    /// A device's signature counter went back.
    DeviceSuspect = "device.suspect",
    /// A suspect device may be used again.
    DeviceReleased = "device.released",
    /// All devices of a user were removed.
    TwoFactorDisabled = "two_factor.disabled",
    /// A user was linked with who they are at another OpenID provider.
    UpstreamLinked = "upstream.linked",
    /// A user is linked with nobody at another OpenID provider any more.
    UpstreamUnlinked = "upstream.unlinked",
    /// A browser was trusted to stand in for the second factor.
    BrowserTrusted = "trusted_browser.added",
    /// The trust in a browser ended.
    BrowserTrustEnded = "trusted_browser.ended",
    /// A key of the past came back: an attacker has a copy of a trusted browser's cookie.
    BrowserKeyReused = "trusted_browser.key_reused",
    /// An owner said of a change to their account that it was not them.
    Objected = "account.objected",
    /// A validation service was added.
    ServiceAdded = "validation_service.added",
    /// A validation service was changed.
    ServiceChanged = "validation_service.changed",
    /// A validation service was removed.
    ServiceRemoved = "validation_service.removed",
    /// A validation service was tested with a touch.
    ServiceTested = "validation_service.tested",
    /// A person asked for a link to replace a forgotten password.
    RecoveryAsked = "recovery.asked",
    /// An administrator gave a user a link to choose a password by.
    PasswordLinkIssued = "password.link_issued",
    /// An administrator took a password away that others may know, and asked for a new one.
    PasswordAsked = "password.asked",
    /// Such a link was used.
    RecoveryLinkUsed = "recovery.link_used",
    /// A person was invited by mail.
    Invited = "invitation.sent",
    /// An invitation was sent again, with another link.
    InvitationResent = "invitation.resent",
    /// An invitation was taken back.
    InvitationRevoked = "invitation.revoked",
    /// An invitation became an account.
    InvitationAccepted = "invitation.accepted",
    /// A temporary pass was issued.
    PassIssued = "pass.issued",
    /// A temporary pass was used.
    PassUsed = "pass.used",
    /// A temporary pass was taken back.
    PassRevoked = "pass.revoked",
    /// A mail was given up.
    MailFailed = "mail.failed",
    /// An application was added.
    ApplicationAdded = "application.added",
    /// An application's hosts, rules or words were changed.
    ApplicationChanged = "application.changed",
    /// An application was removed.
    ApplicationRemoved = "application.removed",
    /// A client of the OpenID provider was added.
    OpenidClientAdded = "openid_client.added",
    /// A client's addresses, scopes, rules or words were changed.
    OpenidClientChanged = "openid_client.changed",
    /// A client was removed.
    OpenidClientRemoved = "openid_client.removed",
    /// A client got another secret.
    OpenidClientSecretRotated = "openid_client.secret_rotated",
    /// A key that will sign tokens was made.
    OpenidKeyAdded = "openid_key.added",
    /// A key that signed tokens was retired, and the next one signs.
    OpenidKeyRotated = "openid_key.rotated",
    /// A group was made.
    GroupAdded = "group.added",
    /// A group was removed.
    GroupRemoved = "group.removed",
    /// A policy was prepared.
    PolicyDrafted = "policy.drafted",
    /// A policy's draft was forgotten.
    PolicyDraftDiscarded = "policy.draft_discarded",
    /// A policy was put in force.
    PolicySwitchedOn = "policy.switched_on",
    /// A policy was taken back.
    PolicyRemoved = "policy.removed",
    /// An enrolled device does not satisfy policy any more, and stops working at its deadline.
    DeviceStopping = "device.stopping",
    /// A user was reminded that they must have a second factor soon.
    SecondFactorDue = "policy.second_factor_due",
    /// A user was reminded that they should have more devices.
    DevicesMissing = "policy.devices_missing",
    /// FIDO metadata was taken into use.
    MetadataImported = "metadata.imported",
    /// Keys with their secrets came from elsewhere.
    OtpKeysImported = "otp_key.imported",
    /// Counters of held keys came from elsewhere.
    OtpCountersImported = "otp_key.counters_imported",
    /// Held keys were exported.
    OtpKeysExported = "otp_key.exported",
    /// New key material was made.
    OtpKeysGenerated = "otp_key.generated",
    /// The secret of a key is held here now.
    OtpKeyAdded = "otp_key.added",
    /// A held key's one-time passwords are judged again.
    OtpKeyActivated = "otp_key.activated",
    /// A held key's one-time passwords are answered as unknown.
    OtpKeyDeactivated = "otp_key.deactivated",
    /// A key came into the inventory.
    KeyAdded = "key.added",
    /// A key that was there before the inventory came into it.
    KeyAdopted = "key.adopted",
    /// Keys came into the inventory from a list.
    KeysImported = "key.imported",
    /// Something else is said of a key.
    KeyFactsChanged = "key.changed",
    /// A key is kept for a user.
    KeyAssigned = "key.assigned",
    /// A key is on its way to its owner.
    KeyShipped = "key.shipped",
    /// A key was given to its owner.
    KeyHandedOver = "key.handed_over",
    /// A key is used by its owner from now on.
    KeyActivated = "key.activated",
    /// A key is in stock again.
    KeyTakenBack = "key.taken_back",
    /// A key is lost.
    KeyLost = "key.lost",
    /// A key that was lost is in stock again.
    KeyFound = "key.found",
    /// Somebody without rights here says that they have found a key.
    KeyReportedFound = "key.reported_found",
    /// An administrator has dealt with what a finder reported.
    KeyFoundReportClosed = "key.found_report_closed",
    /// A key that was lost is its owner's again, and works again.
    KeyGivenBack = "key.given_back",
    /// An administrator registered what is on a key for its owner, who has yet to activate it.
    KeyEnrolled = "key.enrolled",
    /// An administrator made a code by which that is activated.
    KeyActivationCodeIssued = "key.activation_code_issued",
    /// What was registered for the owner of a key was withdrawn before they activated it.
    KeyEnrolmentWithdrawn = "key.enrolment_withdrawn",
    /// Somebody whose key is lost has another one in its place.
    KeyReplaced = "key.replaced",
    /// A key is out of use for good.
    KeyRetired = "key.retired",
    /// Something is on a key: a device, or an OTP slot.
    KeyLinked = "key.linked",
    /// Something is on a key no more.
    KeyUnlinked = "key.unlinked",
    /// A client of the validation server was added.
    ValidationClientAdded = "validation_client.added",
    /// A client of the validation server was changed.
    ValidationClientChanged = "validation_client.changed",
    /// A client of the validation server is not answered any more.
    ValidationClientRevoked = "validation_client.revoked",
    /// A client of the validation server is answered again.
    ValidationClientRestored = "validation_client.restored",
    /// An API token was made.
    ApiTokenAdded = "api_token.added",
    /// An API token was revoked.
    ApiTokenRevoked = "api_token.revoked",
    /// An API token was shown, and is not good.
    ApiTokenRefused = "api_token.refused",
    /// A client of the validation server was refused; recorded once a minute for each client and
    /// reason.
    ValidationRefused = "validation.refused",
    /// A user went on to an OpenID client, which got a code for it.
    OpenidSignedIn = "openid.signed_in",
    /// A user agreed to let an OpenID client know who they are.
    OpenidAgreed = "openid.agreed",
    /// A user took that back, and the client's tokens ended.
    OpenidAgreementEnded = "openid.agreement_ended",
    /// An authorization code came a second time: an attacker may have a copy of it.
    OpenidCodeReused = "openid.code_reused",
    /// A refresh token came again after it was replaced: an attacker may have a copy of it.
    OpenidRefreshReused = "openid.refresh_reused",
    /// A client ended its own tokens.
    OpenidRevoked = "openid.revoked",
    /// An OpenID client did not prove itself.
    OpenidClientRefused = "openid.client_refused",
    /// A webhook was added.
    WebhookAdded = "webhook.added",
    /// A webhook was changed.
    WebhookChanged = "webhook.changed",
    /// A webhook was removed.
    WebhookRemoved = "webhook.removed",
    /// An event was sent to a webhook to try it.
    WebhookTested = "webhook.tested",
    /// A webhook got a new secret, beside which the one before works on for a while.
    WebhookSecretRotated = "webhook.secret_rotated",
    /// Events that a webhook had been given up for are sent to it again.
    WebhookResent = "webhook.resent",
    /// A list of the console was exported into a file.
    ListExported = "list.exported",
    /// A user tried what they may not do.
    AccessRefused = "access.refused",
    /// Too many failed tries locked a user's factor, or an address.
    LockedOut = "lockout.locked",
    /// Too many failed tries in a row ended a user's factor, until another proof or an administrator
    /// opens it again.
    FactorEnded = "lockout.ended",
    /// Many users were tried from few addresses, each a few times.
    SprayingNoticed = "lockout.spraying",
    /// Lockouts were cleared.
    LockoutsCleared = "lockout.cleared",
}

impl EventKind {
    /// Whether an event of this kind that is about no user in particular can change what the sessions
    /// of all of them open.
    pub fn concerns_everybody(self) -> bool {
        matches!(
            self,
            Self::SessionEnded
                | Self::PolicySwitchedOn
                | Self::PolicyRemoved
                | Self::GroupRemoved
                | Self::MetadataImported
                | Self::TwoFactorDisabled
        )
    }
}

impl Serialize for EventKind {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for EventKind {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        Self::from_stored(&name).ok_or_else(|| de::Error::custom("no kind of event"))
    }
}

//! Passkeys and security keys (WebAuthn Level 3).

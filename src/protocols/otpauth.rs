//! The `otpauth:` address that authenticator apps read from a QR code.

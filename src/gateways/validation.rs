//! Validation services for YubiKey one-time passwords, as their client.

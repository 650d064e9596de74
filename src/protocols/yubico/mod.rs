//! Yubico's one-time passwords and the validation protocol, version 2.0.

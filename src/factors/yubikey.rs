//! One-time passwords of YubiKeys, confirmed by a validation service.

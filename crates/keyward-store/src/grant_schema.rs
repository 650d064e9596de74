//! The tables of what users let OpenID clients have, as both databases have them.

diesel::table! {
    openid_grants (id) {
        id -> Text,
        client_id -> Text,
        user_id -> Nullable<Text>,
        session_id -> Nullable<Text>,
        sid -> Text,
        scopes -> Text,
        claims -> Text,
        auth_time -> Nullable<BigInt>,
        acr -> Text,
        methods -> Text,
        device_id -> Nullable<Text>,
        is_by_device -> Bool,
        created_at -> BigInt,
        expires_at -> BigInt,
        ended_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    openid_consents (user_id, client_id) {
        user_id -> Text,
        client_id -> Text,
        scopes -> Text,
        agreed_at -> BigInt,
    }
}

diesel::table! {
    openid_codes (code_hash) {
        code_hash -> Text,
        grant_id -> Text,
        client_id -> Text,
        redirect_uri -> Text,
        challenge -> Nullable<Text>,
        nonce -> Nullable<Text>,
        expires_at -> BigInt,
        spent_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    openid_access_tokens (token_hash) {
        token_hash -> Text,
        grant_id -> Text,
        scopes -> Text,
        expires_at -> BigInt,
    }
}

diesel::table! {
    openid_refresh_tokens (family_hash) {
        family_hash -> Text,
        grant_id -> Text,
        client_id -> Text,
        current_hash -> Text,
        previous_hash -> Nullable<Text>,
        rotated_at -> Nullable<BigInt>,
        expires_at -> BigInt,
    }
}

diesel::table! {
    openid_session_ends (id) {
        id -> Text,
        client_id -> Text,
        sid -> Text,
        user_id -> Nullable<Text>,
        tries -> BigInt,
        due_at -> BigInt,
        expires_at -> BigInt,
    }
}

diesel::table! {
    openid_pushed_requests (reference_hash) {
        reference_hash -> Text,
        client_id -> Text,
        parameters -> Text,
        expires_at -> BigInt,
    }
}

diesel::table! {
    openid_device_codes (code_hash) {
        code_hash -> Text,
        user_code -> Text,
        client_id -> Text,
        scopes -> Text,
        state -> Text,
        grant_id -> Nullable<Text>,
        next_poll_at -> BigInt,
        expires_at -> BigInt,
    }
}

//! The tables of the OpenID provider, as both databases have them.

use super::schema::{groups, users};
use super::tables::tables;

tables! {
    openid_clients (id) {
        id -> Text,
        client_id -> Text,
        name -> Text,
        name_folded -> Text,
        contact -> Text,
        authentication -> Text,
        who -> Text,
        level -> Text,
        within -> Nullable<BigInt>,
        subject_type -> Text,
        access_token -> Text,
        id_token_algorithm -> Text,
        asks_consent -> Bool,
        requires_pkce -> Bool,
        version -> BigInt,
        created_at -> BigInt,
    }
    openid_client_values (client_id, kind, position) {
        client_id -> Text,
        kind -> Text,
        position -> BigInt,
        value -> Text,
    }
    openid_client_groups (client_id, group_id) {
        client_id -> Text,
        group_id -> BigInt,
    }
    openid_client_users (client_id, user_id) {
        client_id -> Text,
        user_id -> Text,
    }
    openid_client_secrets (hash) {
        hash -> Text,
        client_id -> Text,
        created_at -> BigInt,
        expires_at -> Nullable<BigInt>,
    }
    openid_keys (kid) {
        kid -> Text,
        algorithm -> Text,
        state -> Text,
        private_key -> Binary,
        public_key -> Text,
        created_at -> BigInt,
        activated_at -> Nullable<BigInt>,
        expires_at -> Nullable<BigInt>,
    }
}

diesel::allow_tables_to_appear_in_same_query!(openid_client_groups, groups);
diesel::allow_tables_to_appear_in_same_query!(openid_client_users, users);
diesel::joinable!(openid_client_users -> users (user_id));

//! The tables of the inventory of keys, as both databases have them.

use crate::schema::{attestations, devices, users, yubikeys};
use crate::tables::tables;

tables! {
    keys (id) {
        id -> Text,
        maker -> Text,
        serial -> Text,
        model -> Text,
        firmware -> Text,
        form_factor -> Text,
        batch -> Text,
        order_number -> Text,
        place -> Text,
        note -> Text,
        state -> Text,
        owner_id -> Nullable<Text>,
        created_at -> BigInt,
        changed_at -> BigInt,
        state_since -> BigInt,
        version -> BigInt,
    }
    key_slots (public_id) {
        public_id -> Text,
        key_id -> Text,
        linked_at -> BigInt,
    }
    key_devices (device_id) {
        device_id -> Text,
        key_id -> Text,
        linked_at -> BigInt,
    }
    key_cases (id) {
        id -> Text,
        key_id -> Text,
        owner_id -> Nullable<Text>,
        opened_at -> BigInt,
        closed_at -> Nullable<BigInt>,
        outcome -> Nullable<Text>,
        replacement_id -> Nullable<Text>,
    }
    key_case_devices (device_id) {
        device_id -> Text,
        case_id -> Text,
        state -> Text,
    }
    key_case_slots (public_id) {
        public_id -> Text,
        case_id -> Text,
    }
    found_reports (id) {
        id -> Text,
        named -> Text,
        is_known -> Bool,
        place -> Text,
        contact -> Text,
        reported_at -> BigInt,
        closed_at -> Nullable<BigInt>,
    }
    key_enrolments (id) {
        id -> Text,
        user_id -> Text,
        key_id -> Text,
        name -> Text,
        credential_id -> Binary,
        registered -> Text,
        created_at -> BigInt,
        code_hash -> Nullable<Text>,
        code_expires_at -> Nullable<BigInt>,
        tries -> BigInt,
    }
    key_events (key_id, event_id) {
        event_id -> Text,
        key_id -> Text,
    }
}

diesel::joinable!(keys -> users (owner_id));
diesel::joinable!(key_cases -> keys (key_id));
diesel::joinable!(key_cases -> users (owner_id));
diesel::joinable!(key_devices -> devices (device_id));
diesel::allow_tables_to_appear_in_same_query!(keys, users);
diesel::allow_tables_to_appear_in_same_query!(key_enrolments, users);
diesel::allow_tables_to_appear_in_same_query!(key_cases, users);
diesel::allow_tables_to_appear_in_same_query!(key_devices, devices);
diesel::allow_tables_to_appear_in_same_query!(key_devices, users);
diesel::allow_tables_to_appear_in_same_query!(key_slots, yubikeys);
diesel::allow_tables_to_appear_in_same_query!(keys, yubikeys);
diesel::allow_tables_to_appear_in_same_query!(attestations, keys);

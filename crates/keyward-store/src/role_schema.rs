//! The tables of roles at the console.

use super::schema::{group_members, groups, users};

diesel::table! {
    group_roles (group_id, role) {
        group_id -> BigInt,
        role -> Text,
    }
}

diesel::table! {
    user_roles (user_id, role) {
        user_id -> Text,
        role -> Text,
    }
}

diesel::joinable!(group_roles -> groups (group_id));
diesel::joinable!(user_roles -> users (user_id));
diesel::allow_tables_to_appear_in_same_query!(group_roles, groups);
diesel::allow_tables_to_appear_in_same_query!(group_roles, group_members);
diesel::allow_tables_to_appear_in_same_query!(user_roles, users);

//! The tables of sign-in at other OpenID providers.

diesel::table! {
    upstream_links (id) {
        id -> Text,
        user_id -> Text,
        issuer -> Text,
        subject -> Text,
        called -> Text,
        created_at -> BigInt,
        last_used_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    upstream_sessions (session_id) {
        session_id -> Text,
        link_id -> Text,
        sub -> Text,
        sid -> Nullable<Text>,
    }
}

diesel::joinable!(upstream_sessions -> upstream_links (link_id));
diesel::allow_tables_to_appear_in_same_query!(upstream_links, upstream_sessions);

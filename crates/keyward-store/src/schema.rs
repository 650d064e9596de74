//! The tables, as both databases have them.

use super::tables::tables;

tables! {
    instance (name) {
        name -> Text,
        value -> Binary,
    }
    users (id) {
        id -> Text,
        name -> Text,
        name_folded -> Text,
        email -> Nullable<Text>,
        email_folded -> Nullable<Text>,
        password_hash -> Nullable<Text>,
        handle -> Binary,
        is_superuser -> Bool,
        is_enabled -> Bool,
        default_device -> Nullable<Text>,
        device_count -> BigInt,
        created_at -> BigInt,
        last_sign_in_at -> Nullable<BigInt>,
        is_searchable -> Bool,
        password_version -> BigInt,
        display_name -> Nullable<Text>,
    }
    user_search (place) {
        place -> BigInt,
        user_id -> Text,
        text -> Text,
    }
    group_members (user_id, group_id) {
        user_id -> Text,
        group_id -> BigInt,
    }
    groups (id) {
        id -> BigInt,
        name -> Text,
        members -> BigInt,
        removed_at -> Nullable<BigInt>,
        judges_leavers -> Bool,
    }
    tallies (name) {
        name -> Text,
        number -> BigInt,
    }
    judgements (scope) {
        scope -> Text,
        number -> BigInt,
        owners_only -> Bool,
        after_user -> Text,
        judged -> BigInt,
        people -> BigInt,
    }
    passes (user_id) {
        user_id -> Text,
        code_hash -> Text,
        issued_by -> Nullable<Text>,
        issued_at -> BigInt,
        expires_at -> BigInt,
        is_once -> Bool,
        used_at -> Nullable<BigInt>,
    }
    policies (scope) {
        scope -> Text,
        rules -> Nullable<Text>,
        draft -> Nullable<Text>,
        version -> BigInt,
        switched_on_at -> Nullable<BigInt>,
        is_quiet -> Bool,
    }
    policy_state (id) {
        id -> BigInt,
        verified_by -> BigInt,
    }
    stopping_devices (device_id) {
        device_id -> Text,
        reasons -> Text,
        since -> BigInt,
        deadline -> BigInt,
    }
    duties (user_id, kind) {
        user_id -> Text,
        kind -> Text,
        since -> BigInt,
        deadline -> Nullable<BigInt>,
        remind_at -> Nullable<BigInt>,
    }
    attestations (device_id) {
        device_id -> Text,
        is_verified -> Bool,
        chain -> Text,
        serial -> Nullable<Text>,
        serial_maker -> Nullable<Text>,
    }
    metadata_edition (id) {
        id -> BigInt,
        serial -> BigInt,
        next_update -> BigInt,
        imported_at -> BigInt,
        models -> BigInt,
        digest -> Text,
    }
    models (aaguid) {
        aaguid -> Text,
        description -> Text,
        facts -> Text,
        roots -> Text,
        icon -> Nullable<Binary>,
        entry -> Text,
    }
    devices (id) {
        id -> Text,
        user_id -> Text,
        kind -> Text,
        name -> Text,
        model -> Nullable<Text>,
        state -> Text,
        created_at -> BigInt,
        last_used_at -> Nullable<BigInt>,
        idle_since -> BigInt,
    }
    credentials (device_id) {
        device_id -> Text,
        credential_id -> Binary,
        public_key -> Binary,
        sign_count -> BigInt,
        aaguid -> Text,
        transports -> Text,
        backup_eligible -> Bool,
        backed_up -> Bool,
        user_verified -> Bool,
        discoverable -> Nullable<Bool>,
        attestation_format -> Text,
    }
    totp_secrets (device_id) {
        device_id -> Text,
        secret -> Binary,
        digits -> BigInt,
        step -> BigInt,
        t0 -> BigInt,
        tolerance -> BigInt,
        drift -> BigInt,
        last_step -> BigInt,
    }
    yubikeys (device_id) {
        device_id -> Text,
        public_id -> Text,
    }
    backup_codes (device_id, code_hash) {
        device_id -> Text,
        code_hash -> Text,
        used_at -> Nullable<BigInt>,
    }
    spent_otps (digest) {
        digest -> Text,
        spent_at -> BigInt,
    }
    browser_sessions (key_hash) {
        key_hash -> Text,
        state -> Text,
        expires_at -> BigInt,
        user_id -> Nullable<Text>,
    }
    sessions (id) {
        id -> Text,
        identifier_hash -> Text,
        user_id -> Text,
        assurance -> Text,
        methods -> Text,
        device_id -> Nullable<Text>,
        opened_at -> BigInt,
        last_seen_at -> BigInt,
        expires_at -> BigInt,
        address -> Text,
        user_agent -> Text,
        proved_at -> Nullable<BigInt>,
        trusted_browser_id -> Nullable<Text>,
        level -> Text,
    }
    trusted_browsers (id) {
        id -> Text,
        user_id -> Text,
        name -> Text,
        device_id -> Text,
        key_hash -> Text,
        previous_hash -> Nullable<Text>,
        rotated_at -> BigInt,
        created_at -> BigInt,
        last_used_at -> Nullable<BigInt>,
        expires_at -> BigInt,
        address -> Text,
        user_agent -> Text,
    }
    journeys (id) {
        id -> Text,
        version -> BigInt,
        user_id -> Text,
        stage -> Binary,
        expires_at -> BigInt,
    }
    setup_links (token_hash) {
        token_hash -> Text,
        expires_at -> BigInt,
    }
    attempts (scope) {
        scope -> Text,
        failures -> BigInt,
        locks -> BigInt,
        locked_until -> BigInt,
        updated_at -> BigInt,
        in_a_row -> BigInt,
        lock_event -> Nullable<Text>,
    }
    address_tries (address, whose) {
        address -> Text,
        whose -> Text,
        pending -> BigInt,
        outcome -> BigInt,
        tried_at -> BigInt,
    }
    failed_names (network, scope) {
        network -> Text,
        scope -> Text,
        failed_at -> BigInt,
    }
    objections (token_hash) {
        token_hash -> Text,
        user_id -> Text,
        event -> Text,
        device_id -> Nullable<Text>,
        expires_at -> BigInt,
        happened_at -> Nullable<BigInt>,
        device -> Nullable<Text>,
        address -> Nullable<Text>,
        user_agent -> Nullable<Text>,
        former_email -> Nullable<Text>,
    }
    spent_challenges (digest) {
        digest -> Text,
        expires_at -> BigInt,
    }
    suspicions (device_id) {
        device_id -> Text,
        raised_at -> BigInt,
        stored_count -> BigInt,
        presented_count -> BigInt,
        address -> Text,
        user_agent -> Text,
    }
    validation_services (id) {
        id -> Text,
        name -> Text,
        name_folded -> Text,
        urls -> Text,
        client_id -> BigInt,
        api_key -> Nullable<Binary>,
        sync_level -> Nullable<Text>,
        timeout -> BigInt,
        is_enabled -> Bool,
        ca -> Nullable<Text>,
    }
    otp_keys (public_id) {
        public_id -> Text,
        id -> Text,
        secret -> Binary,
        lock_code -> Nullable<Binary>,
        serial -> Nullable<BigInt>,
        counter -> BigInt,
        session_use -> BigInt,
        device_clock -> BigInt,
        nonce -> Text,
        is_active -> Bool,
        note -> Text,
        created_at -> BigInt,
        modified_at -> BigInt,
        last_used_at -> Nullable<BigInt>,
    }
    validation_clients (id) {
        id -> BigInt,
        api_key -> Binary,
        is_active -> Bool,
        note -> Text,
        owner -> Text,
        addresses -> Text,
        rate_limit -> Nullable<BigInt>,
        must_sign -> Bool,
        may_see_user -> Bool,
        created_at -> BigInt,
        last_used_at -> Nullable<BigInt>,
    }
    recoveries (token_hash) {
        token_hash -> Text,
        user_id -> Text,
        email_folded -> Text,
        expires_at -> BigInt,
        is_handed_over -> Bool,
    }
    invitations (id) {
        id -> Text,
        email -> Text,
        email_folded -> Text,
        token_hash -> Text,
        invited_by -> Nullable<Text>,
        sent_at -> BigInt,
        expires_at -> BigInt,
        state -> Text,
        ended_at -> Nullable<BigInt>,
        user_id -> Nullable<Text>,
        mail_failure -> Nullable<Text>,
    }
    invitation_groups (invitation_id, group_name) {
        invitation_id -> Text,
        group_name -> Text,
    }
    outbox (id) {
        id -> Text,
        channel -> Text,
        topic -> Text,
        user_id -> Nullable<Text>,
        content -> Nullable<Binary>,
        state -> Text,
        tries -> BigInt,
        due_at -> BigInt,
        lease -> Nullable<Text>,
        created_at -> BigInt,
        expires_at -> BigInt,
        ended_at -> Nullable<BigInt>,
        failure -> Nullable<Text>,
        about -> Nullable<Text>,
        recipient -> Nullable<Binary>,
        class -> Text,
    }
    delivery_addresses (device_id) {
        device_id -> Text,
        user_id -> Text,
        method -> Text,
        address -> Binary,
        address_hash -> Text,
    }
    delivered_codes (journey_id) {
        journey_id -> Text,
        id -> Text,
        device_id -> Nullable<Text>,
        code_hash -> Text,
        tries -> BigInt,
        sent_at -> BigInt,
        expires_at -> BigInt,
    }
    code_sendings (scope) {
        scope -> Text,
        began_at -> BigInt,
        sent -> BigInt,
        last_at -> BigInt,
    }
    events (id) {
        id -> Text,
        at -> BigInt,
        kind -> Text,
        refusal -> Nullable<Text>,
        actor -> Text,
        actor_user -> Nullable<Text>,
        subject_user -> Nullable<Text>,
        device_id -> Nullable<Text>,
        detail -> Nullable<Text>,
        address -> Nullable<Text>,
        user_agent -> Nullable<Text>,
        api_token -> Nullable<Text>,
    }
    api_tokens (id) {
        id -> Text,
        name -> Text,
        name_folded -> Text,
        secret_hash -> Text,
        owner_id -> Text,
        scopes -> Text,
        networks -> Text,
        created_at -> BigInt,
        expires_at -> Nullable<BigInt>,
        last_used_at -> Nullable<BigInt>,
    }
    answered_requests (key_hash) {
        key_hash -> Text,
        fingerprint -> Text,
        expires_at -> BigInt,
        outcome -> Nullable<Binary>,
        answer -> Nullable<Binary>,
    }
    webhooks (id) {
        id -> Text,
        name -> Text,
        name_folded -> Text,
        url -> Text,
        kinds -> Text,
        secret -> Binary,
        former_secret -> Nullable<Binary>,
        former_until -> Nullable<BigInt>,
        is_enabled -> Bool,
        created_at -> BigInt,
        delivered_at -> Nullable<BigInt>,
        failed_at -> Nullable<BigInt>,
        failure -> Nullable<Text>,
    }
    export_sinks (name) {
        name -> Text,
    }
    export_queue (position) {
        position -> BigInt,
        sink -> Text,
        event_id -> Text,
    }
    webhook_deliveries (position) {
        position -> BigInt,
        webhook_id -> Text,
        event_id -> Text,
        user_id -> Nullable<Text>,
        state -> Text,
        tries -> BigInt,
        due_at -> BigInt,
        lease -> Nullable<Text>,
        created_at -> BigInt,
        expires_at -> Nullable<BigInt>,
        ended_at -> Nullable<BigInt>,
        failure -> Nullable<Text>,
    }
    nodes (id) {
        id -> Text,
        name -> Text,
        settings -> Text,
        seen_at -> BigInt,
    }
    leases (name) { name -> Text, holder -> Text, expires_at -> BigInt, }
    probes (id) { id -> Text, filling -> Binary, }
    event_repeats (event_id) { event_id -> Text, times -> BigInt, last_at -> BigInt, }
    applications (id) {
        id -> Text,
        name -> Text,
        name_folded -> Text,
        contact -> Text,
        version -> BigInt,
        created_at -> BigInt,
    }
    application_hosts (host) {
        host -> Text,
        application_id -> Text,
        position -> BigInt,
    }
    application_rules (application_id, position) {
        application_id -> Text,
        position -> BigInt,
        methods -> Text,
        path -> Text,
        who -> Text,
        level -> Text,
        within -> Nullable<BigInt>,
        takes_tokens -> Bool,
    }
    application_rule_groups (application_id, position, group_id) {
        application_id -> Text,
        position -> BigInt,
        group_id -> BigInt,
    }
    application_rule_users (application_id, position, user_id) {
        application_id -> Text,
        position -> BigInt,
        user_id -> Text,
    }
    application_sessions (token_hash) {
        token_hash -> Text,
        session_id -> Text,
        host -> Nullable<Text>,
        opened_at -> BigInt,
    }
    hand_overs (code_hash) {
        code_hash -> Text,
        session_id -> Text,
        host -> Text,
        browser_hash -> Text,
        expires_at -> BigInt,
    }
}

diesel::joinable!(group_members -> users (user_id));
diesel::joinable!(group_members -> groups (group_id));
diesel::joinable!(devices -> users (user_id));
diesel::joinable!(credentials -> devices (device_id));
diesel::joinable!(suspicions -> devices (device_id));
diesel::joinable!(totp_secrets -> devices (device_id));
diesel::joinable!(yubikeys -> devices (device_id));
diesel::joinable!(stopping_devices -> devices (device_id));
diesel::joinable!(recoveries -> users (user_id));
diesel::joinable!(sessions -> users (user_id));
diesel::joinable!(application_sessions -> sessions (session_id));
diesel::joinable!(application_rule_users -> users (user_id));
diesel::joinable!(api_tokens -> users (owner_id));
diesel::joinable!(trusted_browsers -> users (user_id));

//! The ids of rows that others refer to: types that speak of each other by id need no more of each
//! other than this.

use super::id_type;

id_type!(
    /// The id of a user's row. Never shown to an authenticator: see [`UserHandle`](super::user::UserHandle).
    UserId
);

id_type!(
    /// The id of a device's row.
    DeviceId
);

id_type!(
    /// The id of a session's row, as consoles and the command line show it. It opens nothing: what
    /// opens a session is the random identifier whose hash the row holds.
    SessionId
);

id_type!(
    /// The id of a trusted browser's row. It opens nothing: what opens is the key in the cookie.
    TrustedBrowserId
);

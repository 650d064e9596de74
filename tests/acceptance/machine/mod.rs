//! What programs ask, without a session.

mod forward_attacks;
mod forward_auth;
mod forward_hardware;
mod forward_proxies;
mod forward_tokens;
mod health;
mod metrics;
mod openid;
mod openid_attacks;
mod openid_certificates;
mod openid_client_keys;
mod openid_costs;
mod openid_edges;
mod openid_hardware;
mod openid_keys;
mod openid_late;
mod openid_losses;
mod openid_nodes;
mod openid_twin;
mod real_clients;
mod relying_applications;
mod relying_parties;
mod wsapi;
mod wsapi_clients;
mod wsapi_races;

//! Tests against real servers.

mod api;

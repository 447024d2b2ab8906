//! The authorities that are built into the program: none.
//!
//! sqlx adds an authority that is named to those of the crate `webpki-roots`, so that a certificate of any public
//! authority would pass where one authority alone is named. In the place of that crate (`[patch.crates-io]` in
//! Cargo.toml) stands this one, which has the same name and no authority. `mysql::login` hands over those that count.

/// The list of built-in authorities, which is empty.
pub static TLS_SERVER_ROOTS: &[pki_types::TrustAnchor<'static>] = &[];

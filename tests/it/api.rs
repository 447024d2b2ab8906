//! The API on a real API server: CRDs, roles and admission policies, tried with real users.

mod admission;
mod crds;
mod support;

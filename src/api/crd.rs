//! The CRDs, generated from the Rust types. `crds/` holds them, and a test says that they are current.

/// Every CRD: file name below `crds/`, and YAML.
pub fn crds() -> Vec<(String, String)> {
    todo!()
}

//! Names that must be unique, and names that must exist.

use std::collections::BTreeMap;

use super::super::suggest::nearest;
use super::Faults;
use crate::api::ColumnSpec;

/// The columns of a spec, compared as the server compares them.
pub(super) struct Columns {
    names: BTreeMap<String, String>,
}

impl Columns {
    /// The columns of a spec.
    pub(super) fn new(specs: &[ColumnSpec]) -> Self {
        Self { names: specs.iter().map(|spec| (spec.name.to_lowercase(), spec.name.clone())).collect() }
    }

    /// Notes a name that no column has.
    pub(super) fn check(&self, path: impl FnOnce() -> String, name: &str, faults: &mut Faults) {
        if self.names.contains_key(&name.to_lowercase()) {
            return;
        }
        let hint = match nearest(name, self.names.values().map(String::as_str)) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "add it to spec.columns, or name another".to_owned(),
        };
        faults.add(path(), format!("the table has no column `{name}`"), hint);
    }
}

/// Notes names that the server takes for the same.
pub(super) fn unique<'names>(path: &str, what: &str, names: impl Iterator<Item = &'names str>, faults: &mut Faults) {
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    for (index, name) in names.enumerate() {
        if let Some(first) = seen.insert(name.to_lowercase(), index) {
            faults.add(
                format!("{path}[{index}].name"),
                format!("the {what} `{name}` stands here for the second time; the first is {path}[{first}]"),
                "MySQL compares these names without regard to case: remove or rename one of them",
            );
        }
    }
}

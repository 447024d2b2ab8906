//! Quiet writes, client required: a status is sent only where it differs, as one small merge patch.
//!
//! The patch carries the object's uid: a status never lands on another object that took the name meanwhile. A missing
//! object, or one of another uid, is no error: there is nothing left to tell.

use std::fmt::Debug;

use kube::api::{Api, Patch, PatchParams};
use kube::{Resource, ResourceExt};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use crate::api::labels::FIELD_MANAGER;

/// What came of a write.
#[derive(Debug)]
pub(crate) enum Written<K> {
    /// Nothing differed.
    Unchanged,
    /// The object as it is now.
    Changed(Box<K>),
    /// It is gone.
    Gone,
}

/// Writes `desired` as the status of `object`, whose status is `standing`.
pub(crate) async fn status<K, S>(
    api: &Api<K>,
    object: &K,
    standing: Option<&S>,
    desired: &S,
) -> Result<Written<K>, kube::Error>
where
    K: Resource<DynamicType = ()> + Clone + DeserializeOwned + Debug,
    S: Serialize + Default,
{
    let empty = S::default();
    let standing = serde_json::to_value(standing.unwrap_or(&empty)).map_err(kube::Error::SerdeError)?;
    let desired = serde_json::to_value(desired).map_err(kube::Error::SerdeError)?;
    let Some(patch) = difference(&standing, &desired) else { return Ok(Written::Unchanged) };
    let patch = json!({ "metadata": { "uid": object.uid() }, "status": patch });
    let params = PatchParams { field_manager: Some(FIELD_MANAGER.to_owned()), ..PatchParams::default() };
    match api.patch_status(&object.name_any(), &params, &Patch::Merge(&patch)).await {
        Ok(written) => Ok(Written::Changed(Box::new(written))),
        Err(kube::Error::Api(status)) if status.is_not_found() => Ok(Written::Gone),
        // With a merge patch the only conflict there can be is the uid's.
        Err(kube::Error::Api(status)) if status.is_conflict() && status.message.contains("UID") => Ok(Written::Gone),
        Err(error) => Err(error),
    }
}

/// The merge patch (RFC 7386) of the top level from one to the other; `None` where they are equal.
fn difference(standing: &Value, desired: &Value) -> Option<Value> {
    let empty = Map::new();
    let standing = standing.as_object().unwrap_or(&empty);
    let desired = desired.as_object().unwrap_or(&empty);
    let mut patch = Map::new();
    for (key, value) in desired {
        if standing.get(key) != Some(value) {
            // A merge patch merges objects: what they no longer have must be said to be gone.
            let value = match (standing.get(key), value) {
                (Some(before @ Value::Object(_)), Value::Object(_)) => difference(before, value)?,
                _ => value.clone(),
            };
            patch.insert(key.clone(), value);
        }
    }
    for key in standing.keys().filter(|key| !desired.contains_key(*key)) {
        patch.insert(key.clone(), Value::Null);
    }
    (!patch.is_empty()).then_some(Value::Object(patch))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_did_not_change_is_not_sent_and_what_went_is_taken_away() {
        let standing = json!({"observedGeneration": 1, "plan": "p", "tables": {"total": 1, "ready": 0}, "list": [1]});
        assert_eq!(difference(&standing, &standing), None);
        let desired = json!({"observedGeneration": 2, "tables": {"total": 1}, "list": [1]});
        assert_eq!(
            difference(&standing, &desired),
            Some(json!({"observedGeneration": 2, "plan": null, "tables": {"ready": null}}))
        );
    }
}

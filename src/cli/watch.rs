//! Rows of a listing as they change: what `get --watch` prints.

use std::collections::BTreeMap;
use std::pin::pin;

use futures::StreamExt;
use kube::Api;
use kube::api::DynamicObject;
use kube_runtime::watcher::{self, Event, watcher};

use super::failure::Failure;

/// Hands over each object that matches as it is now, and then each time after it has changed, until `print`
/// fails. What is deleted is passed over, a broken connection taken up again.
pub(super) async fn objects(
    api: Api<DynamicObject>,
    config: watcher::Config,
    mut print: impl FnMut(DynamicObject) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let mut seen: BTreeMap<String, String> = BTreeMap::new();
    let mut failures = 0;
    let mut stream = pin!(watcher(api, config));
    while let Some(event) = stream.next().await {
        let object = match event {
            Ok(Event::InitApply(object) | Event::Apply(object)) => object,
            Ok(Event::Init | Event::InitDone | Event::Delete(_)) => continue,
            // The first answer says whether it is allowed at all; later ones may be a server that restarts.
            Err(error) if seen.is_empty() || failures > MOST_FAILURES => {
                return Err(Failure::new(error).hint("watching needs the verbs list and watch"));
            }
            Err(_) => {
                failures += 1;
                tokio::time::sleep(PAUSE).await;
                continue;
            }
        };
        failures = 0;
        let uid = object.metadata.uid.clone().unwrap_or_default();
        let version = object.metadata.resource_version.clone().unwrap_or_default();
        if seen.insert(uid, version.clone()) != Some(version) {
            print(object)?;
        }
    }
    Ok(())
}

const MOST_FAILURES: u32 = 30;
const PAUSE: std::time::Duration = std::time::Duration::from_secs(1);

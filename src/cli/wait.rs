//! `wait`: until an object has come where it is to come, or until it cannot any more.

use std::time::Duration;

use clap::Args;
use kube::Api;
use kube::api::DynamicObject;
use kube::runtime::wait::await_condition;
use serde_json::Value;

use super::exit::Exit;
use super::failure::Failure;
use super::get::{Kind, condition};
use super::kubernetes::{Cluster, ClusterArgs};
use super::options::duration;
use super::terminal::Terminal;

#[derive(Debug, Args)]
pub(super) struct WaitArgs {
    /// What it is: plan, table, database or approval
    kind: Kind,
    /// Its name
    name: String,
    /// What to wait for: a condition (Ready, Applied, Replicated), or a Plan's phase (Pending, Succeeded)
    #[arg(long = "for", value_name = "WHAT", default_value = "Ready")]
    wanted: String,
    /// How long to wait
    #[arg(long, value_name = "DURATION", default_value = "5m", value_parser = duration)]
    timeout: Duration,
    #[command(flatten)]
    cluster: ClusterArgs,
}

/// How an object stands to what is waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Reached,
    OnTheWay,
    OutOfReach,
}

pub(super) async fn run(args: WaitArgs, terminal: &Terminal) -> Result<Exit, Failure> {
    let cluster = Cluster::connect(&args.cluster).await?;
    let resource = args.kind.resource();
    let reference = args.kind.reference(&args.name);
    let api: Api<DynamicObject> = Api::namespaced_with(cluster.client.clone(), &cluster.namespace, &resource);
    let decided = |object: Option<&DynamicObject>| {
        let value = object.and_then(|object| serde_json::to_value(object).ok());
        value.is_some_and(|value| state(&value, &args.wanted) != State::OnTheWay)
    };
    let _progress = terminal.progress(format!("waiting for {reference}"));
    let waited = tokio::time::timeout(args.timeout, await_condition(api, &args.name, decided)).await;
    let Ok(result) = waited else {
        return Err(Failure::new(format!("{reference} is not {} after {} s", args.wanted, args.timeout.as_secs()))
            .hint(format!("`kubectl tablewright describe {} {}` says what it waits for", resource.plural, args.name)));
    };
    let value = serde_json::to_value(result?)?;
    if state(&value, &args.wanted) == State::Reached {
        terminal.data(&format!("{reference} is {}\n", args.wanted))?;
        return Ok(Exit::Done);
    }
    let said = condition(&value, "Ready").or_else(|| condition(&value, "Superseded"));
    let message = said.and_then(|said| said["message"].as_str()).unwrap_or_default();
    Err(Failure::new(format!("{reference} will not be {} without a person: {message}", args.wanted)))
}

/// A condition counts only for the generation that is there now; a Plan that has ended elsewhere never gets there.
fn state(object: &Value, wanted: &str) -> State {
    let phase = object.pointer("/status/phase").and_then(Value::as_str);
    if phase.is_some_and(|phase| phase.eq_ignore_ascii_case(wanted)) {
        return State::Reached;
    }
    if matches!(phase, Some("Rejected" | "Expired" | "Superseded" | "Cancelled" | "Failed")) {
        return State::OutOfReach;
    }
    let generation = object.pointer("/metadata/generation").and_then(Value::as_i64);
    let observed = object.pointer("/status/observedGeneration").and_then(Value::as_i64);
    let holds = |kind: &str| condition(object, kind).is_some_and(|one| one["status"] == "True");
    if observed.is_none() || observed < generation {
        State::OnTheWay
    } else if holds(wanted) {
        State::Reached
    } else if holds("Stalled") {
        State::OutOfReach
    } else {
        State::OnTheWay
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn only_the_present_generation_counts() {
        let at = |observed: i64, kind: &str| {
            json!({ "metadata": { "generation": 2 },
                    "status": { "observedGeneration": observed, "conditions": [{ "type": kind, "status": "True" }] } })
        };
        assert_eq!(state(&at(1, "Ready"), "Ready"), State::OnTheWay);
        assert_eq!(state(&at(2, "Ready"), "Ready"), State::Reached);
        assert_eq!(state(&at(2, "Stalled"), "Ready"), State::OutOfReach);
        assert_eq!(state(&json!({ "status": { "phase": "Rejected" } }), "Succeeded"), State::OutOfReach);
        assert_eq!(state(&json!({ "status": { "phase": "Succeeded" } }), "succeeded"), State::Reached);
    }
}

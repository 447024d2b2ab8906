//! `retry`: asks the controller for another attempt at what a Plan could not, or may not, do.

use clap::Args;
use jiff::Timestamp;
use kube::api::{Patch, PatchParams};
use serde_json::json;

use crate::api::{Phase, Plan, labels};

use super::exit::Exit;
use super::failure::Failure;
use super::kubernetes::{Cluster, ClusterArgs, phase, refused};
use super::terminal::Terminal;

#[derive(Debug, Args)]
pub(super) struct RetryArgs {
    /// The Plan that was rejected, has expired or has failed
    name: String,
    #[command(flatten)]
    cluster: ClusterArgs,
}

pub(super) async fn run(args: RetryArgs, terminal: &Terminal) -> Result<Exit, Failure> {
    let cluster = Cluster::connect(&args.cluster).await?;
    let name = args.name;
    let plan: Plan = cluster.object(&name).await?;
    if !matches!(phase(&plan), Some(Phase::Rejected | Phase::Expired | Phase::Failed)) {
        let phase = phase(&plan).map_or("new".to_owned(), |phase| format!("{phase:?}"));
        let problem =
            format!("plan `{name}` is {phase}; only one that was rejected, has expired or has failed is retried");
        return Err(Failure::refused(problem));
    }
    let patch = json!({ "metadata": { "annotations": { labels::RETRY: Timestamp::now().to_string() } } });
    let params = PatchParams { field_manager: Some("kubectl-tablewright".to_owned()), ..PatchParams::default() };
    let patched = cluster.api::<Plan>().patch(&name, &params, &Patch::Merge(&patch)).await;
    patched.map_err(|error| refused(&format!("annotate plan `{name}`"), error))?;
    terminal.data(&format!("plan.tablewright.dev/{name} will be attempted again\n"))?;
    Ok(Exit::Done)
}

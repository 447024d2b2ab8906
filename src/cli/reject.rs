//! `reject`: writes a decision into a Plan, with the reason that its author will read.

use clap::Args;

use super::exit::Exit;
use super::failure::Failure;
use super::kubernetes::{Cluster, ClusterArgs};
use super::terminal::Terminal;

#[derive(Debug, Args)]
pub(super) struct RejectArgs {
    /// The Plan
    name: String,
    /// Why, for the author of the change
    #[arg(long, value_name = "TEXT")]
    comment: String,
    #[command(flatten)]
    cluster: ClusterArgs,
}

pub(super) async fn run(args: RejectArgs, terminal: &Terminal) -> Result<Exit, Failure> {
    let cluster = Cluster::connect(&args.cluster).await?;
    let plan = cluster.plan(Some(&args.name), None).await?;
    let by = cluster.decide(&plan, "Rejected", Some(&args.comment)).await?;
    terminal.data(&format!("plan.tablewright.dev/{} rejected\n", args.name))?;
    terminal.say(&format!("by {by}"));
    Ok(Exit::Done)
}

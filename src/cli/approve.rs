//! `approve`: writes a decision into a Plan, under the name by which the API server knows the caller.

use clap::Args;

use super::exit::Exit;
use super::failure::Failure;
use super::kubernetes::{Cluster, ClusterArgs};
use super::terminal::Terminal;

#[derive(Debug, Args)]
pub(super) struct ApproveArgs {
    /// The Plan
    #[arg(required_unless_present = "digest")]
    name: Option<String>,
    /// The digest that was seen; with a name: approve only if the Plan has it, without: the Plan that has it
    #[arg(long, value_name = "DIGEST")]
    digest: Option<String>,
    /// Why, for those who read it later
    #[arg(long, value_name = "TEXT")]
    comment: Option<String>,
    #[command(flatten)]
    cluster: ClusterArgs,
}

pub(super) async fn run(args: ApproveArgs, terminal: &Terminal) -> Result<Exit, Failure> {
    let cluster = Cluster::connect(&args.cluster).await?;
    let plan = cluster.plan(args.name.as_deref(), args.digest.as_deref()).await?;
    let by = cluster.decide(&plan, "Approved", args.comment.as_deref()).await?;
    let name = plan.metadata.name.unwrap_or_default();
    terminal.data(&format!("plan.tablewright.dev/{name} approved\n"))?;
    terminal.say(&format!("by {by}, for {}", plan.spec.proposal.digest));
    Ok(Exit::Done)
}

//! `drift`: which Tables were changed on the server by somebody else.

use clap::Args;
use kube::Api;
use kube::api::{DynamicObject, ListParams};

use super::exit::Exit;
use super::failure::Failure;
use super::get::{Kind, aligned, condition};
use super::kubernetes::{Cluster, ClusterArgs, refused};
use super::terminal::Terminal;
use super::text::one_line;

#[derive(Debug, Args)]
pub(super) struct DriftArgs {
    #[command(flatten)]
    cluster: ClusterArgs,
    /// Exit with 2 when something has drifted
    #[arg(long)]
    detailed_exitcode: bool,
}

pub(super) async fn run(args: DriftArgs, terminal: &Terminal) -> Result<Exit, Failure> {
    let cluster = Cluster::connect(&args.cluster).await?;
    let resource = Kind::Tables.resource();
    let api: Api<DynamicObject> = Api::namespaced_with(cluster.client.clone(), &cluster.namespace, &resource);
    let tables = api.list(&ListParams::default()).await.map_err(|error| refused("list tables", error))?;
    let mut rows = vec![["NAME", "DATABASE", "REASON", "MESSAGE"].map(str::to_owned).to_vec()];
    for table in tables.items {
        let value = serde_json::to_value(&table)?;
        let Some(drifted) = condition(&value, "Drifted").filter(|drifted| drifted["status"] == "True") else {
            continue;
        };
        let text = |value: &serde_json::Value| one_line(value.as_str().unwrap_or_default());
        let database = text(&value["spec"]["databaseRef"]["name"]);
        rows.push(vec![
            text(&value["metadata"]["name"]),
            database,
            text(&drifted["reason"]),
            text(&drifted["message"]),
        ]);
    }
    if rows.len() == 1 {
        terminal.say(&format!("No table in namespace {} has drifted.", cluster.namespace));
        return Ok(Exit::Done);
    }
    terminal.data(&aligned(&rows))?;
    Ok(if args.detailed_exitcode { Exit::Pending } else { Exit::Done })
}

//! From what is live and what is desired to a plan: compare, ask the server for its own form, rehearse, propose.

use super::{ApplyError, Connections, Observed, PlanOptions, Planned};
use crate::model::DesiredTable;

/// Plans one group of tables over what was observed. A table's trouble is a refusal in the result; an error means that the
/// server could not be asked.
pub async fn plan(
    connections: &Connections,
    observed: &Observed,
    desired: &[DesiredTable],
    options: &PlanOptions,
) -> Result<Planned, ApplyError> {
    let _ = (connections, observed, desired, options);
    todo!()
}

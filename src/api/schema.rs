//! The JSON Schema of `plan --format json`. `schemas/plan.schema.json` holds it, and a test says that it is current.

/// JSON Schema of the plan's output: the proposal's fields, and `refusals`.
pub fn plan_schema() -> String {
    todo!()
}

//! The proposal at top level, as `Plan.spec.proposal` has it, and `refusals` beside it; its JSON Schema is
//! schemas/plan.schema.json.

use serde::Serialize;
use serde_json::Value;

use crate::plan::proposal::{Proposal, Refusal};

use super::Report;

#[derive(Serialize)]
struct Document<'a> {
    #[serde(flatten)]
    proposal: &'a Proposal,
    refusals: &'a [Refusal],
}

/// The report as one JSON document, ending in a newline.
pub(crate) fn render(report: &Report) -> String {
    format!("{:#}\n", value(report))
}

/// As [`render`], to be put into a larger document.
pub(crate) fn value(report: &Report) -> Value {
    // Strings, numbers and lists with string keys only: this cannot fail.
    serde_json::to_value(Document { proposal: &report.proposal, refusals: &report.refusals }).unwrap_or(Value::Null)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::render::sample;

    #[test]
    fn proposal_is_at_top_level_with_refusals_beside_it() {
        let parsed: Value = serde_json::from_str(&render(&sample::report())).unwrap();
        assert_eq!(parsed["statements"][0]["algorithm"], "INPLACE");
        assert_eq!(parsed["risk"], "Destructive");
        assert_eq!(parsed["refusals"][0]["reason"], "Unsupported");
        let mut proposal = parsed.clone();
        proposal.as_object_mut().unwrap().remove("refusals");
        assert_eq!(serde_json::from_value::<Proposal>(proposal).unwrap(), sample::report().proposal);
    }

    #[test]
    fn every_property_is_in_the_published_schema() {
        let schema: Value = serde_json::from_str(&crate::api::plan_schema()).unwrap();
        for key in value(&sample::report()).as_object().unwrap().keys() {
            assert!(schema["properties"].get(key).is_some(), "{key} is missing in the schema");
        }
    }
}

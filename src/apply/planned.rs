//! A plan and its approval: the only way to something that may run.

use super::ApprovalError;
use super::look::{Asked, RowBounds};
use super::plan::After;
use crate::diff::Desired;
use crate::model::{SchemaDefaults, ServerFacts, Statement};
use crate::plan::proposal::{ApprovalWay, Proposal, Refusal, Risk};

/// What a plan is asked for.
#[derive(Clone, Debug, Default)]
pub struct PlanOptions {
    /// Drop live base tables that no manifest names.
    pub prune: bool,
    /// Ways in which the plan may be approved; part of the proposal.
    pub approval_via: Vec<ApprovalWay>,
    /// Do not rehearse, even where the account could.
    pub without_rehearsal: bool,
    /// A run follows at once: its sessions are opened meanwhile.
    pub run_follows: bool,
    /// How far to look at the rows.
    pub rows: RowBounds,
}

/// A plan: what is proposed, and what is refused. Its statements cannot be changed from outside.
#[derive(Clone, Debug)]
pub struct Planned {
    pub(super) proposal: Proposal,
    pub(super) statements: Vec<Statement>,
    /// Per statement what its table is expected to be afterwards.
    pub(super) after: Vec<After>,
    /// What the tables are to be in the end.
    pub(super) wanted: Vec<Desired>,
    pub(super) refusals: Vec<Refusal>,
    /// What the findings ask of the rows.
    pub(super) questions: Vec<Asked>,
    /// How far to look.
    pub(super) rows: RowBounds,
    /// Whether the schema has to be made first.
    pub(super) create_schema: bool,
    pub(super) facts: ServerFacts,
    /// Whether a statement computes values in the server's time zone.
    pub(super) in_a_zone: bool,
    pub(super) defaults: SchemaDefaults,
}

impl Planned {
    /// What is put before a person.
    pub fn proposal(&self) -> &Proposal {
        &self.proposal
    }

    /// The statements, in the proposal's order.
    pub fn statements(&self) -> &[Statement] {
        &self.statements
    }

    /// Tables that are not planned, with the reason; while there are any, nothing of this plan is approved.
    pub fn refusals(&self) -> &[Refusal] {
        &self.refusals
    }

    /// Whether live is as desired: no statement and no refusal.
    pub fn is_in_sync(&self) -> bool {
        self.proposal.statements.is_empty() && self.refusals.is_empty()
    }

    /// Approves the plan, if the approval covers it.
    pub fn approve(self, approval: Approval) -> Result<Approved, ApprovalError> {
        if !self.refusals.is_empty() {
            return Err(ApprovalError::Refused { refusals: self.refusals });
        }
        let count = self.proposal.statements.len();
        match approval {
            Approval::Policy { max_risk } if self.proposal.risk > max_risk => {
                Err(ApprovalError::RiskTooHigh { risk: self.proposal.risk, max_risk })
            }
            Approval::Digest(given) if given != self.proposal.digest => {
                Err(ApprovalError::DigestDiffers { given, actual: self.proposal.digest })
            }
            Approval::Policy { .. } => {
                Ok(Approved { planned: self, places: (0..count).collect(), total: count, by_person: false })
            }
            Approval::Digest(_) => {
                Ok(Approved { planned: self, places: (0..count).collect(), total: count, by_person: true })
            }
            Approval::Remainder(remainder) => {
                let places = remainder.places_of(&self.proposal)?;
                let total = remainder.proposal.statements.len();
                Ok(Approved { planned: self, places, total, by_person: true })
            }
        }
    }
}

/// Why a plan may run.
#[derive(Clone, Debug)]
#[expect(clippy::large_enum_variant, reason = "there is one per run")]
pub enum Approval {
    /// The policy lets plans up to this risk through.
    Policy {
        /// The highest risk that needs no person.
        max_risk: Risk,
    },
    /// A person approved the plan of exactly this digest.
    Digest(String),
    /// It is the rest of a plan that was approved and partly executed.
    Remainder(Remainder),
}

/// The rest of a plan that was approved and interrupted: the plan computed now must have exactly those statements of the
/// approved proposal that are left.
#[derive(Clone, Debug)]
pub struct Remainder {
    /// The approved proposal, as stored; its digest is computed again and must be `digest`.
    pub proposal: Proposal,
    /// The digest that was approved.
    pub digest: String,
    /// Places in the proposal of the statements that are known to be executed.
    pub done: Vec<usize>,
}

impl Remainder {
    /// Where in the approved proposal the statements of the plan computed now stand; all that are left, in order.
    fn places_of(&self, computed: &Proposal) -> Result<Vec<usize>, ApprovalError> {
        let differs = |difference: String| Err(ApprovalError::RemainderDiffers { difference });
        if self.proposal.digest != self.digest || crate::plan::digest_of(&self.proposal) != self.digest {
            return differs("the stored proposal does not have the digest that was approved".to_owned());
        }
        if self.proposal.baseline.server_uuid != computed.baseline.server_uuid {
            return differs(format!(
                "it was approved for server {} and {} answers",
                self.proposal.baseline.server_uuid, computed.baseline.server_uuid
            ));
        }
        if self.proposal.baseline.schema != computed.baseline.schema {
            return differs(format!(
                "it was approved for schema `{}`, and this is `{}`",
                self.proposal.baseline.schema, computed.baseline.schema
            ));
        }
        let left: Vec<usize> = (0..self.proposal.statements.len()).filter(|place| !self.done.contains(place)).collect();
        if left.len() != computed.statements.len() {
            return differs(format!(
                "{} statements of the approved plan are left, and {} are needed now",
                left.len(),
                computed.statements.len()
            ));
        }
        for (place, now) in left.iter().zip(&computed.statements) {
            if self.proposal.statements.get(*place).map(|approved| &approved.sql) != Some(&now.sql) {
                return differs(format!("statement {} would now be `{}`", place + 1, now.sql));
            }
        }
        Ok(left)
    }
}

/// A plan that may run. Only [`Planned::approve`] makes one.
#[derive(Clone, Debug)]
pub struct Approved {
    pub(super) planned: Planned,
    /// Per statement its place in the approved proposal (differs from its index for a remainder).
    pub(super) places: Vec<usize>,
    /// How many statements the approved proposal has.
    pub(super) total: usize,
    /// Whether a person approved exactly this plan, by its digest; else a policy let it through.
    pub(super) by_person: bool,
}

impl Approved {
    /// The same plan, which its policy let through without a person: it does not begin where a statement would delete
    /// rows.
    pub fn by_policy(self) -> Self {
        Self { by_person: false, ..self }
    }

    /// The plan.
    pub fn proposal(&self) -> &Proposal {
        &self.planned.proposal
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Version;
    use crate::plan::proposal::{Baseline, DatabaseReference, Proof, ProposedStatement, RefusalReason};

    fn planned(statements: &[&str], risk: Risk) -> Planned {
        let mut proposal = Proposal {
            database_ref: DatabaseReference { name: "blog".to_owned(), namespace: None },
            tables: Vec::new(),
            statements: statements
                .iter()
                .map(|sql| ProposedStatement {
                    sql: (*sql).to_owned(),
                    table: "t".to_owned(),
                    summary: String::new(),
                    algorithm: None,
                    lock: None,
                    rebuilds: false,
                    locks: Vec::new(),
                    risk,
                    zero_dates: false,
                    time_zone: None,
                })
                .collect(),
            estimates: Vec::new(),
            findings: Vec::new(),
            risk,
            baseline: Baseline {
                server_uuid: "s".to_owned(),
                schema: "blog".to_owned(),
                time_zone: None,
                fingerprints: Vec::new(),
            },
            approval_via: Vec::new(),
            proof: Proof::Rehearsed,
            digest: String::new(),
        };
        proposal.digest = crate::plan::digest_of(&proposal);
        Planned {
            proposal,
            statements: Vec::new(),
            after: Vec::new(),
            wanted: Vec::new(),
            refusals: Vec::new(),
            questions: Vec::new(),
            rows: RowBounds::NOTHING,
            create_schema: false,
            facts: ServerFacts::mysql_defaults(Version { major: 9, minor: 7, patch: 4 }),
            in_a_zone: false,
            defaults: SchemaDefaults {
                character_set: "utf8mb4".to_owned(),
                collation: "utf8mb4_0900_ai_ci".to_owned(),
            },
        }
    }

    #[test]
    fn a_policy_lets_through_up_to_its_bound() {
        assert!(planned(&["a"], Risk::Caution).approve(Approval::Policy { max_risk: Risk::Caution }).is_ok());
        assert!(matches!(
            planned(&["a"], Risk::Blocking).approve(Approval::Policy { max_risk: Risk::Caution }),
            Err(ApprovalError::RiskTooHigh { .. })
        ));
    }

    #[test]
    fn a_digest_must_be_this_plans() {
        let digest = planned(&["a"], Risk::Safe).proposal.digest;
        assert!(planned(&["a"], Risk::Safe).approve(Approval::Digest(digest.clone())).is_ok());
        assert!(matches!(
            planned(&["b"], Risk::Safe).approve(Approval::Digest(digest)),
            Err(ApprovalError::DigestDiffers { .. })
        ));
    }

    #[test]
    fn a_digest_is_of_one_schema_and_of_one_proof() {
        let digest = planned(&["a"], Risk::Safe).proposal.digest;
        let differs = |change: &dyn Fn(&mut Proposal)| {
            let mut other = planned(&["a"], Risk::Safe);
            change(&mut other.proposal);
            other.proposal.digest = crate::plan::digest_of(&other.proposal);
            matches!(other.approve(Approval::Digest(digest.clone())), Err(ApprovalError::DigestDiffers { .. }))
        };
        assert!(differs(&|proposal| proposal.baseline.schema = "blog_test".to_owned()));
        assert!(differs(&|proposal| proposal.baseline.server_uuid = "other".to_owned()));
        assert!(differs(&|proposal| proposal.proof = Proof::NotProved));
        // What is no part of it: the same plan for a Database of another name.
        assert!(!differs(&|proposal| proposal.database_ref.name = "other".to_owned()));
    }

    #[test]
    fn nothing_is_approved_while_a_table_is_refused() {
        let mut refused = planned(&["a"], Risk::Safe);
        refused.refusals.push(Refusal {
            table: "u".to_owned(),
            reason: RefusalReason::Unsupported,
            message: String::new(),
        });
        assert!(matches!(
            refused.approve(Approval::Policy { max_risk: Risk::Destructive }),
            Err(ApprovalError::Refused { .. })
        ));
    }

    #[test]
    fn a_remainder_is_exactly_what_is_left() {
        let approved = planned(&["a", "b", "c"], Risk::Destructive).proposal;
        let remainder = |done: &[usize]| {
            Approval::Remainder(Remainder {
                digest: approved.digest.clone(),
                proposal: approved.clone(),
                done: done.to_vec(),
            })
        };
        let rest = planned(&["b", "c"], Risk::Destructive).approve(remainder(&[0])).expect("the rest");
        assert_eq!((rest.places, rest.total), (vec![1, 2], 3));
        assert!(planned(&["b", "x"], Risk::Destructive).approve(remainder(&[0])).is_err());
        assert!(planned(&["c"], Risk::Destructive).approve(remainder(&[0])).is_err());
        let mut elsewhere = planned(&["b", "c"], Risk::Destructive);
        elsewhere.proposal.baseline.schema = "blog_test".to_owned();
        assert!(elsewhere.approve(remainder(&[0])).is_err());
    }

    #[test]
    fn a_stored_proposal_that_was_tampered_with_has_no_remainder() {
        let mut stored = planned(&["a", "b"], Risk::Safe).proposal;
        let digest = stored.digest.clone();
        stored.statements[1].sql = "DROP TABLE `t`".to_owned();
        let remainder = Approval::Remainder(Remainder { digest, proposal: stored, done: vec![0] });
        assert!(planned(&["DROP TABLE `t`"], Risk::Safe).approve(remainder).is_err());
    }
}

//! A plan and its approval: the only way to something that may run.

use super::ApprovalError;
use super::plan::After;
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
}

/// A plan: what is proposed, and what is refused. Its statements cannot be changed from outside.
#[derive(Clone, Debug)]
pub struct Planned {
    pub(super) proposal: Proposal,
    pub(super) statements: Vec<Statement>,
    /// Per statement what its table is expected to be afterwards.
    pub(super) after: Vec<After>,
    pub(super) refusals: Vec<Refusal>,
    /// Whether the schema has to be made first.
    pub(super) create_schema: bool,
    pub(super) facts: ServerFacts,
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
        let _ = approval;
        todo!()
    }
}

/// Why a plan may run.
#[derive(Clone, Debug)]
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

/// A plan that may run. Only [`Planned::approve`] makes one.
#[derive(Clone, Debug)]
pub struct Approved {
    pub(super) planned: Planned,
    /// Per statement its place in the approved proposal (differs from its index for a remainder).
    pub(super) places: Vec<usize>,
    /// How many statements the approved proposal has.
    pub(super) total: usize,
}

impl Approved {
    /// The plan.
    pub fn proposal(&self) -> &Proposal {
        &self.planned.proposal
    }
}

//! What becomes of a Plan next. No client required: a function of what is known, so that every controller and every
//! restart comes to the same answer.
//!
//! ```text
//! (new) -> Pending -> Approved -> Applying -> Verifying -> Succeeded
//!             |           |           |
//!             |           |           +-> Failed, Cancelled (after a statement), Superseded (before the first)
//!             +-----------+-> Superseded
//!             +-> Rejected, Expired
//! ```
//!
//! Invariants: a final phase is never left; nothing starts without an approval; a stale plan never starts; a decision
//! counts only for the digest that it names; what the Database asks for now holds for every Plan that has not started,
//! whatever it asked for when the Plan was made.

use std::time::Duration;

use crate::api::{ApprovalHow, Decision, Phase, Reason, Verdict};

/// Whether a Plan still says what would be proposed now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Currency {
    /// It does.
    Current,
    /// Its manifests move, or the server cannot be asked: nothing is decided yet.
    Unknown,
    /// It does not.
    Stale,
}

/// All on which the next step depends.
#[derive(Clone, Debug)]
pub(crate) struct Situation<'a> {
    pub(crate) phase: Option<Phase>,
    pub(crate) digest: &'a str,
    pub(crate) decision: Option<&'a Decision>,
    /// The approval that has been noted in the status.
    pub(crate) approved: Option<ApprovalHow>,
    /// The Plan may be approved in a way that its Database no longer lists.
    pub(crate) ways_taken_away: bool,
    /// The policy asks for a person.
    pub(crate) needs_person: bool,
    /// A person has consented to this very Plan's digest beforehand, through Git.
    pub(crate) consented: bool,
    pub(crate) currency: Currency,
    pub(crate) age: Duration,
    pub(crate) expires_after: Duration,
    /// Why nothing may start at present.
    pub(crate) hold: Option<Reason>,
    /// This process runs it.
    pub(crate) running: bool,
}

/// What to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// Nothing: it is final, or its run goes on.
    Keep,
    /// Say `Pending`, so that it can be decided on.
    Announce,
    /// Note that the policy approves it.
    ApproveByPolicy,
    /// Note that a person approved it.
    ApproveByPerson,
    /// Note that an Approval approves it.
    ApproveByConsent,
    /// The policy approved it and now asks for a person: that approval is taken back.
    TakeBack,
    /// A person said no.
    Reject,
    /// The decision names another digest: it can never count.
    VoidDecision,
    /// Nobody answered in time.
    Expire,
    /// Something else is to be proposed.
    Supersede,
    /// The same is to be proposed in the ways of approval that its Database lists now.
    SupersedeWays,
    /// Wait, for this reason.
    Wait(Reason),
    /// Run it.
    Start,
    /// It was running when its controller ended: take it up.
    Adopt,
    /// Wait for its replicas.
    Verify,
}

/// The next step.
pub(crate) fn next(situation: &Situation<'_>) -> Step {
    let Situation {
        phase,
        digest,
        decision,
        approved,
        ways_taken_away,
        needs_person,
        consented,
        currency,
        age,
        expires_after,
        hold,
        running,
    } = situation;
    if *running {
        return Step::Keep;
    }
    let Some(phase) = phase else { return Step::Announce };
    match phase {
        Phase::Succeeded | Phase::Rejected | Phase::Expired | Phase::Superseded | Phase::Cancelled | Phase::Failed => {
            return Step::Keep;
        }
        Phase::Verifying => return Step::Verify,
        // A suspended Database does not leave a statement unobserved: adoption finds out what became of it and stops.
        Phase::Applying => return Step::Adopt,
        Phase::Pending | Phase::Approved => {}
    }
    if let Some(decision) = decision {
        if decision.digest != *digest {
            return Step::VoidDecision;
        }
        if decision.verdict == Verdict::Rejected {
            return Step::Reject;
        }
    }
    // Before any yes is looked at: it may have been given in the way that was taken away.
    if *ways_taken_away {
        return Step::SupersedeWays;
    }
    if *approved == Some(ApprovalHow::Policy) && *needs_person {
        return Step::TakeBack;
    }
    match currency {
        Currency::Stale => return Step::Supersede,
        Currency::Unknown => return Step::Wait(Reason::Planning),
        Currency::Current => {}
    }
    if approved.is_none() {
        if decision.is_some() {
            return Step::ApproveByPerson;
        }
        if *needs_person && *consented {
            return Step::ApproveByConsent;
        }
        if *needs_person {
            return if age > expires_after { Step::Expire } else { Step::Wait(Reason::AwaitingApproval) };
        }
        return Step::ApproveByPolicy;
    }
    match hold {
        Some(reason) => Step::Wait(*reason),
        None => Step::Start,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decision(verdict: Verdict, digest: &str) -> Decision {
        Decision { verdict, digest: digest.to_owned(), by: "dba".to_owned(), comment: None }
    }

    fn pending<'a>() -> Situation<'a> {
        Situation {
            phase: Some(Phase::Pending),
            digest: "v1:sha256:aa",
            decision: None,
            approved: None,
            ways_taken_away: false,
            needs_person: true,
            consented: false,
            currency: Currency::Current,
            age: Duration::from_secs(10),
            expires_after: Duration::from_secs(100),
            hold: None,
            running: false,
        }
    }

    #[test]
    fn the_way_of_a_plan_that_a_person_approves() {
        let yes = decision(Verdict::Approved, "v1:sha256:aa");
        assert_eq!(next(&Situation { phase: None, ..pending() }), Step::Announce);
        assert_eq!(next(&pending()), Step::Wait(Reason::AwaitingApproval));
        assert_eq!(next(&Situation { decision: Some(&yes), ..pending() }), Step::ApproveByPerson);
        let approved = Situation { decision: Some(&yes), approved: Some(ApprovalHow::Kubectl), ..pending() };
        assert_eq!(next(&approved), Step::Start);
        assert_eq!(
            next(&Situation { hold: Some(Reason::OutsideWindow), ..approved.clone() }),
            Step::Wait(Reason::OutsideWindow)
        );
        assert_eq!(next(&Situation { running: true, phase: Some(Phase::Applying), ..approved.clone() }), Step::Keep);
        assert_eq!(next(&Situation { phase: Some(Phase::Applying), ..approved.clone() }), Step::Adopt);
        assert_eq!(next(&Situation { phase: Some(Phase::Verifying), ..approved }), Step::Verify);
    }

    #[test]
    fn the_policy_approves_only_what_needs_nobody() {
        assert_eq!(next(&Situation { needs_person: false, ..pending() }), Step::ApproveByPolicy);
        assert_eq!(next(&Situation { age: Duration::from_secs(101), ..pending() }), Step::Expire);
    }

    #[test]
    fn consent_given_beforehand_approves_what_needs_a_person_and_a_no_goes_before_it() {
        let consented = Situation { consented: true, ..pending() };
        assert_eq!(next(&Situation { phase: None, ..consented.clone() }), Step::Announce);
        assert_eq!(next(&consented), Step::ApproveByConsent);
        assert_eq!(next(&Situation { age: Duration::from_secs(101), ..consented.clone() }), Step::ApproveByConsent);
        assert_eq!(next(&Situation { needs_person: false, ..consented.clone() }), Step::ApproveByPolicy);
        let no = decision(Verdict::Rejected, "v1:sha256:aa");
        assert_eq!(next(&Situation { decision: Some(&no), ..consented.clone() }), Step::Reject);
        assert_eq!(next(&Situation { currency: Currency::Stale, ..consented.clone() }), Step::Supersede);
        assert_eq!(next(&Situation { currency: Currency::Unknown, ..consented }), Step::Wait(Reason::Planning));
    }

    #[test]
    fn a_decision_counts_only_for_the_digest_it_names_and_no_is_no() {
        let other = decision(Verdict::Approved, "v1:sha256:bb");
        assert_eq!(next(&Situation { decision: Some(&other), ..pending() }), Step::VoidDecision);
        let no = decision(Verdict::Rejected, "v1:sha256:aa");
        assert_eq!(next(&Situation { decision: Some(&no), ..pending() }), Step::Reject);
        assert_eq!(next(&Situation { decision: Some(&no), needs_person: false, ..pending() }), Step::Reject);
        // Approved by the policy, waiting for a window, and then rejected.
        let waiting = Situation { approved: Some(ApprovalHow::Policy), hold: Some(Reason::OutsideWindow), ..pending() };
        assert_eq!(next(&Situation { decision: Some(&no), ..waiting }), Step::Reject);
    }

    #[test]
    fn a_policy_that_asks_for_a_person_takes_its_own_approval_back_until_something_has_started() {
        let waiting = Situation { approved: Some(ApprovalHow::Policy), hold: Some(Reason::OutsideWindow), ..pending() };
        let content = Situation { needs_person: false, ..waiting.clone() };
        assert_eq!(next(&content), Step::Wait(Reason::OutsideWindow));
        for phase in [Phase::Pending, Phase::Approved] {
            assert_eq!(next(&Situation { phase: Some(phase), ..waiting.clone() }), Step::TakeBack);
            assert_eq!(next(&Situation { phase: Some(phase), hold: None, ..waiting.clone() }), Step::TakeBack);
        }
        // The approval is gone: it is a Plan that waits for a person.
        assert_eq!(next(&Situation { approved: None, ..waiting.clone() }), Step::Wait(Reason::AwaitingApproval));
        // What was given by somebody stands, whatever the policy asks for.
        for how in [ApprovalHow::Kubectl, ApprovalHow::ArgoCD, ApprovalHow::Git] {
            assert_eq!(next(&Situation { approved: Some(how), hold: None, ..waiting.clone() }), Step::Start);
        }
        // What has started is ended.
        let started = Situation { phase: Some(Phase::Applying), ..waiting.clone() };
        assert_eq!(next(&started), Step::Adopt);
        assert_eq!(next(&Situation { running: true, ..started }), Step::Keep);
        assert_eq!(next(&Situation { phase: Some(Phase::Verifying), ..waiting }), Step::Verify);
    }

    #[test]
    fn no_decision_counts_once_a_way_of_the_plan_is_taken_away_except_a_no() {
        let yes = decision(Verdict::Approved, "v1:sha256:aa");
        let taken_away = Situation { ways_taken_away: true, ..pending() };
        assert_eq!(next(&taken_away), Step::SupersedeWays);
        assert_eq!(next(&Situation { decision: Some(&yes), ..taken_away.clone() }), Step::SupersedeWays);
        assert_eq!(next(&Situation { consented: true, ..taken_away.clone() }), Step::SupersedeWays);
        for phase in [Phase::Pending, Phase::Approved] {
            let noted = Situation {
                phase: Some(phase),
                decision: Some(&yes),
                approved: Some(ApprovalHow::Kubectl),
                ..taken_away.clone()
            };
            assert_eq!(next(&noted), Step::SupersedeWays);
        }
        let unknown = Situation { currency: Currency::Unknown, ..taken_away.clone() };
        assert_eq!(next(&unknown), Step::SupersedeWays);
        let no = decision(Verdict::Rejected, "v1:sha256:aa");
        assert_eq!(next(&Situation { decision: Some(&no), ..taken_away.clone() }), Step::Reject);
        // What has started is ended.
        assert_eq!(next(&Situation { phase: Some(Phase::Applying), ..taken_away.clone() }), Step::Adopt);
        assert_eq!(next(&Situation { phase: Some(Phase::Verifying), ..taken_away }), Step::Verify);
    }

    #[test]
    fn a_stale_plan_never_starts_and_a_final_phase_is_never_left() {
        let yes = decision(Verdict::Approved, "v1:sha256:aa");
        for approved in [None, Some(ApprovalHow::Kubectl)] {
            let stale = Situation { currency: Currency::Stale, decision: Some(&yes), approved, ..pending() };
            assert_eq!(next(&stale), Step::Supersede);
            let unknown = Situation { currency: Currency::Unknown, decision: Some(&yes), approved, ..pending() };
            assert_eq!(next(&unknown), Step::Wait(Reason::Planning));
        }
        for phase in
            [Phase::Succeeded, Phase::Rejected, Phase::Expired, Phase::Superseded, Phase::Cancelled, Phase::Failed]
        {
            assert_eq!(
                next(&Situation { phase: Some(phase), approved: Some(ApprovalHow::Policy), ..pending() }),
                Step::Keep
            );
        }
    }
}

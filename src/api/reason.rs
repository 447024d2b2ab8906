//! Condition types and reasons: closed enums on which tools decide. Messages are for people.

use std::fmt;

/// Types of conditions, as kstatus and this project define them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ConditionType {
    /// Everything holds for this generation, on the replica too.
    Ready,
    /// Work goes on, or will be tried again by itself. Only while true.
    Reconciling,
    /// A person is needed. Only while true.
    Stalled,
    /// The primary equals the spec.
    Applied,
    /// Every required replica equals the primary.
    Replicated,
    /// The live table was changed by somebody else.
    Drifted,
    /// Another Plan has taken this one's place: there is nothing to be ready, or to wait for. Stands alone.
    Superseded,
}

impl ConditionType {
    /// Every type.
    pub const ALL: [Self; 7] = [
        Self::Ready,
        Self::Reconciling,
        Self::Stalled,
        Self::Applied,
        Self::Replicated,
        Self::Drifted,
        Self::Superseded,
    ];

    /// The text in `type`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ready => "Ready",
            Self::Reconciling => "Reconciling",
            Self::Stalled => "Stalled",
            Self::Applied => "Applied",
            Self::Replicated => "Replicated",
            Self::Drifted => "Drifted",
            Self::Superseded => "Superseded",
        }
    }
}

impl fmt::Display for ConditionType {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// What a reason asks of the reader; health checks map it to Healthy, Progressing, Suspended and Degraded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Disposition {
    /// All is well.
    Done,
    /// Goes on by itself.
    Progressing,
    /// Waits, by intention, for an approval, a window, or the end of a freeze.
    Waiting,
    /// A person must act.
    Stalled,
}

macro_rules! reasons {
    ($($(#[$doc:meta])* $name:ident => $disposition:ident,)+) => {
        /// Why a condition is as it is. Closed: a new one is an API change.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Reason {
            $($(#[$doc])* $name,)+
        }

        impl Reason {
            /// Every reason.
            pub const ALL: &'static [Self] = &[$(Self::$name,)+];

            /// The text in `reason`, also the event's reason and the metric's label.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => stringify!($name),)+
                }
            }

            /// What it asks of the reader when it is the reason of `Ready`.
            pub fn disposition(self) -> Disposition {
                match self {
                    $(Self::$name => Disposition::$disposition,)+
                }
            }
        }
    };
}

reasons! {
    // All is well.
    /// The primary and every required replica equal the spec.
    InSync => Done,
    /// This region is the standby, and its server equals the spec already.
    InSyncStandby => Done,
    /// The table does not exist, as declared.
    Absent => Done,
    /// No replica is declared (Replicated).
    NoReplicas => Done,
    /// The primary equals the spec (Applied).
    Applied => Done,
    /// The required replicas equal the primary (Replicated).
    Replicated => Done,
    /// The primary is writable and has no source (Database).
    Active => Done,
    /// The primary is read_only and has a source (Database): nothing is planned or written here.
    Standby => Done,
    /// Nobody else changed the table (Drifted is false).
    NoDrift => Done,
    /// The plan has run and is verified (Plan).
    Succeeded => Done,
    /// The consent is given; the plan with its digest has not come out (Approval).
    AwaitingPlan => Done,
    /// It has approved its plan, and counts for no other (Approval).
    ApprovalUsed => Done,
    /// The plan with its digest was decided without it, and it counts for no later one (Approval).
    ApprovalObsolete => Done,

    // Goes on by itself.
    /// The object has not been looked at yet.
    Pending => Progressing,
    /// The manifests are about to settle, or the plan is being computed.
    Planning => Progressing,
    /// The plan may run and will start.
    Approved => Progressing,
    /// A statement runs on the primary.
    Applying => Progressing,
    /// Done on the primary; the replicas are waited for.
    Verifying => Progressing,
    /// Something else of the same change group or schema runs first.
    Queued => Progressing,
    /// A statement waits for a metadata lock and is tried again.
    LockWaitTimeout => Progressing,
    /// Another session holds the schema's slot lock.
    SchemaLocked => Progressing,
    /// The Database is not ready; its own conditions say why.
    DatabaseNotReady => Progressing,
    /// The referenced Database does not exist (yet).
    DatabaseNotFound => Progressing,
    /// The primary cannot be reached.
    PrimaryUnreachable => Progressing,
    /// A required replica cannot be seen.
    ReplicaUnobservable => Progressing,
    /// A required replica is behind.
    ReplicaLagging => Progressing,
    /// A required replica's applier waits for a metadata lock.
    ReplicaBlocked => Progressing,
    /// Standby: the change has not replicated from the other region yet.
    WaitingForReplication => Progressing,
    /// The desired or the live state has changed; another plan takes its place.
    Superseded => Progressing,
    /// The live table was changed by somebody else.
    Drifted => Progressing,
    /// A transient error; tried again with backoff.
    Retrying => Progressing,

    // Waits by intention.
    /// A person must approve the plan.
    AwaitingApproval => Waiting,
    /// Plans may not start at this time.
    OutsideWindow => Waiting,
    /// The Database is suspended.
    Suspended => Waiting,
    /// The Database only observes, and the table differs from the manifest.
    Differs => Waiting,

    // A person must act.
    /// The manifest is wrong, or the server refuses its definition.
    InvalidDefinition => Stalled,
    /// The live table cannot be printed back exactly by the model.
    Unsupported => Stalled,
    /// A referenced table, column or index is missing.
    MissingReference => Stalled,
    /// MySQL has no way from live to desired without losing what the manifest keeps.
    NotConvertible => Stalled,
    /// The rehearsal did not end at the desired definition.
    NotProvable => Stalled,
    /// Another Table holds the claim on this table, or another Database the one on this schema.
    Conflict => Stalled,
    /// A name, comment or default that MySQL cannot show back.
    NotRepresentable => Stalled,
    /// The name belongs to a view, or is otherwise not a base table.
    NotATable => Stalled,
    /// The Database does not allow Tables or Approvals of this namespace.
    NamespaceNotAllowed => Stalled,
    /// A person rejected the plan.
    PlanRejected => Stalled,
    /// Nobody answered in time.
    PlanExpired => Stalled,
    /// A person stopped the plan.
    PlanCancelled => Stalled,
    /// A statement failed.
    PlanFailed => Stalled,
    /// The spec is wrong in a way that the CRD cannot tell.
    InvalidSpec => Stalled,
    /// The Secret or its key does not exist.
    SecretNotFound => Stalled,
    /// The controller may not read the Secret; the message names the Role that would help.
    SecretForbidden => Stalled,
    /// User name or password is wrong.
    AuthenticationFailed => Stalled,
    /// TLS failed: no TLS on the server, or a certificate that does not verify.
    TlsFailed => Stalled,
    /// A privilege is missing; the message has the GRANT.
    MissingPrivilege => Stalled,
    /// The schema does not exist and is not to be created.
    SchemaMissing => Stalled,
    /// The server's version or kind is not supported (Galera, multi-primary group replication, too old).
    UnsupportedServer => Stalled,
    /// A multiplexing proxy stands between.
    MultiplexingProxy => Stalled,
    /// Fenced: read_only without a replication source.
    ReadOnly => Stalled,
    /// Fenced: writable with a configured replication source.
    SourceConfigured => Stalled,
    /// Fenced: another server answers behind the same name.
    ServerChanged => Stalled,
    /// Fenced: the primary has lost GTIDs that it once had.
    HistoryLost => Stalled,
    /// Fenced: a sibling is writable too and holds transactions that this server lacks.
    SplitBrain => Stalled,
    /// A required replica's applier has stopped.
    ReplicaStopped => Stalled,
    /// A required replica's table differs although it has come so far.
    ReplicaDiverged => Stalled,
    /// Filters keep the schema, or some of its tables, from a required replica.
    ReplicaFiltered => Stalled,
    /// A required replica has executed transactions that the primary lacks.
    ReplicaErrant => Stalled,
    /// A required replica has other rows in a table that the plan wrote anew.
    RowsDiffer => Stalled,
    /// The rows of a table that the plan wrote anew could not all be compared with a required replica's.
    RowsNotProved => Stalled,
    /// Git is not among the ways in which the Database, or the plan, may be approved (Approval).
    ApprovalWayNotAllowed => Stalled,
    /// A bug: please report it.
    InternalError => Stalled,
}

impl fmt::Display for Reason {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl From<crate::plan::proposal::RefusalReason> for Reason {
    fn from(reason: crate::plan::proposal::RefusalReason) -> Self {
        use crate::plan::proposal::RefusalReason;
        match reason {
            RefusalReason::Unsupported => Self::Unsupported,
            RefusalReason::InvalidDefinition => Self::InvalidDefinition,
            RefusalReason::MissingReference => Self::MissingReference,
            RefusalReason::NotConvertible => Self::NotConvertible,
            RefusalReason::NotProvable => Self::NotProvable,
            RefusalReason::Conflict => Self::Conflict,
            RefusalReason::NotRepresentable => Self::NotRepresentable,
            RefusalReason::NotATable => Self::NotATable,
        }
    }
}

//! Names of labels, annotations and finalizers, and of the field manager. Stable: tools select on them.
//!
//! A Table's own labels are never copied to a Plan: Argo CD tracks by label and would prune the Plan.

/// Label on Tables: those of one namespace and Database that carry the same value share a Plan.
pub const CHANGE_GROUP: &str = "tablewright.dev/change-group";
/// Label on Plans: name of the Database (where it fits a label's 63 characters).
pub const DATABASE: &str = "tablewright.dev/database";
/// Label on Plans: the change group's name or hash.
pub const GROUP: &str = "tablewright.dev/group";
/// Label on Plans: the first 16 hexadecimal digits of the digest.
pub const DIGEST: &str = "tablewright.dev/digest";
/// Label on Plans: the attempt, from 1.
pub const ATTEMPT: &str = "tablewright.dev/attempt";
/// Annotation by which a person asks for another attempt (`kubectl tablewright retry`); any new value counts.
pub const RETRY: &str = "tablewright.dev/retry";
/// Annotation by which a person asks what the servers do now, while a Plan waits (`kubectl tablewright describe plan`); any
/// new value counts, and the status says which one was answered.
pub const LOOK: &str = "tablewright.dev/look";
/// Annotation on Databases by which a person gives up transactions that the primary has lost: a set of GTIDs, which
/// `status.primary.lostGtids` and the message name.
pub const ACCEPT_LOST_GTIDS: &str = "tablewright.dev/accept-lost-gtids";
/// Annotation on Plans: the W3C `traceparent` of the round that proposed it, so that one change is one trace.
pub const TRACEPARENT: &str = "tablewright.dev/traceparent";
/// Finalizer of a Plan that runs, until its verification has ended: the journal must not go with its Tables.
pub const RUNNING: &str = "tablewright.dev/running";
/// Field manager of the controller's writes.
pub const FIELD_MANAGER: &str = "tablewright";

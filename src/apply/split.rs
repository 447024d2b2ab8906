//! Whether a replica is a second primary: written on its own, with transactions that the primary lacks.
//!
//! In doubt it is not. One that follows a source may have transactions of its own, however wrong, and is no second
//! primary; statements that were not logged leave no trace here; and a server that shares no transaction with the primary
//! has not been its replica yet.

use crate::mysql::{GtidSet, ReplicaState};

/// Whether it can be one at all: only then is the primary asked what it has.
pub(super) fn is_written_alone(replica: &ReplicaState) -> bool {
    !replica.has_source && !replica.read_only && !replica.executed.is_empty() && replica.executed.names_sources()
}

/// Whether it is one. `primary` was read after the replica: what came from there is in it.
pub(super) fn is_split(replica: &ReplicaState, primary: &GtidSet) -> bool {
    let shares = primary.subtract(&replica.executed) != *primary;
    is_written_alone(replica) && primary.names_sources() && shares && !primary.contains_set(&replica.executed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ServerUuid;

    const PRIMARY: &str = "11111111-1111-1111-1111-111111111111";
    const REPLICA: &str = "22222222-2222-2222-2222-222222222222";

    fn set(text: &str) -> GtidSet {
        GtidSet::parse(&text.replace("PRIMARY", PRIMARY).replace("REPLICA", REPLICA)).unwrap()
    }

    fn replica(executed: &str) -> ReplicaState {
        ReplicaState::alone(ServerUuid(REPLICA.to_owned()), set(executed), false)
    }

    #[test]
    fn one_that_is_written_alone_and_has_more_is_a_second_primary() {
        let primary = set("PRIMARY:1-9");
        assert!(is_split(&replica("PRIMARY:1-7,REPLICA:1"), &primary));
        // Of the primary's own, before it was put back.
        assert!(is_split(&replica("PRIMARY:1-12"), &primary));
        // It was promoted and nobody wrote; or it has never been a replica of this primary.
        assert!(!is_split(&replica("PRIMARY:1-7"), &primary));
        assert!(!is_split(&replica("REPLICA:1-3"), &primary));
        assert!(!is_split(&replica(""), &primary));
    }

    #[test]
    fn one_that_follows_or_may_not_be_written_is_not() {
        let (primary, split) = (set("PRIMARY:1-9"), replica("PRIMARY:1-7,REPLICA:1"));
        assert!(!is_split(&ReplicaState { has_source: true, ..split.clone() }, &primary));
        assert!(!is_split(&ReplicaState { read_only: true, ..split }, &primary));
        // MariaDB's positions say nothing of who wrote what.
        let positions = |text: &str| GtidSet::parse_positions(text).unwrap();
        let elsewhere = ReplicaState { executed: positions("0-2-12"), ..replica("") };
        assert!(!is_split(&elsewhere, &positions("0-1-9")));
    }
}

//! The connections of one Database: opened once and kept, a handful whatever the number of tables.

use super::{ApplyError, Target};

/// Server pools of the primary and of every replica. Cheap to clone.
#[derive(Clone)]
pub struct Connections {
    target: std::sync::Arc<Target>,
}

impl Connections {
    /// Prepares the pools; nothing is dialled before it is needed, so an unreachable replica is no error here.
    pub fn open(target: &Target) -> Result<Self, ApplyError> {
        let _ = target;
        todo!()
    }

    /// What they were opened for.
    pub fn target(&self) -> &Target {
        &self.target
    }

    /// Closes every connection that is idle and refuses new ones.
    pub async fn close(&self) {
        todo!()
    }
}

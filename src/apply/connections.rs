//! The connections of one Database: opened once and kept, a handful whatever the number of tables.

use std::sync::Arc;

use super::plan::Memory;
use super::{ApplyError, Fence, ReplicaTarget, Role, Target};
use crate::mysql::{self, Capabilities, Server, ServerIdentity, ServerRole};

/// Server pools of the primary and of every replica. Cheap to clone; clones share the pools.
#[derive(Clone, Debug)]
pub struct Connections {
    target: Arc<Target>,
    primary: Server,
    replicas: Vec<Server>,
    memory: Arc<Memory>,
}

impl Connections {
    /// Prepares the pools; nothing is dialled before it is needed, so an unreachable server is no error here.
    pub fn open(target: &Target) -> Self {
        Self {
            target: Arc::new(target.clone()),
            primary: Server::new(target.primary.clone(), target.schema.clone()),
            replicas: target
                .replicas
                .iter()
                .map(|replica| Server::new(replica.endpoint.clone(), target.schema.clone()))
                .collect(),
            memory: Arc::new(Memory::default()),
        }
    }

    /// What they were opened for.
    pub fn target(&self) -> &Target {
        &self.target
    }

    /// Asks the primary who it is.
    pub async fn identify(&self) -> Result<ServerIdentity, ApplyError> {
        mysql::identify(&self.primary)
            .await
            .map_err(ApplyError::server(format!("asking {} who it is", self.primary.address())))
    }

    /// Which case a primary of this identity is in.
    pub fn role(&self, identity: &ServerIdentity) -> Role {
        match identity.multi_writer {
            Some(cluster) => Role::Fenced(Fence::MultiWriter(cluster)),
            None => Role::of(identity.read_only || identity.super_read_only, identity.source, self.target.role),
        }
    }

    /// Asks what the account may do on the primary, and what it misses.
    pub async fn capabilities(&self) -> Result<Capabilities, ApplyError> {
        mysql::capabilities(&self.primary, ServerRole::Primary)
            .await
            .map_err(ApplyError::server(format!("reading the grants on {}", self.primary.address())))
    }

    /// Asks what the account may do on each replica, in the target's order.
    pub async fn replica_capabilities(&self) -> Vec<(String, Result<Capabilities, ApplyError>)> {
        let asked = self.replicas().map(|(target, server)| async move {
            let answer = mysql::capabilities(server, ServerRole::Replica)
                .await
                .map_err(ApplyError::server(format!("reading the grants on replica {}", target.name)));
            (target.name.clone(), answer)
        });
        futures::future::join_all(asked).await
    }

    /// Begins to open the sessions over which a schema is read.
    pub fn expect_look(&self) {
        self.primary.expect(2);
    }

    /// Begins to open the session of a rehearsal, while the definitions are being read.
    pub fn expect_rehearsal(&self) {
        self.primary.expect(1);
    }

    /// Begins to open the sessions that a run of so many statements takes, while something else is being done.
    pub(super) fn expect_run(&self, statements: usize, besides: usize) {
        // The guard's, and one per lane.
        self.primary.expect(1 + statements.min(usize::from(mysql::SLOTS)) + besides);
    }

    /// Begins to open sessions to the replicas.
    pub(super) fn expect_replicas(&self) {
        for replica in &self.replicas {
            replica.expect(2);
        }
    }

    /// Closes sessions that were opened ahead and not taken.
    pub(super) async fn dismiss(&self) {
        for server in std::iter::once(&self.primary).chain(&self.replicas) {
            server.dismiss().await;
        }
    }

    /// Closes the pools.
    pub async fn close(&self) {
        self.primary.close().await;
        for replica in &self.replicas {
            replica.close().await;
        }
    }

    pub(super) fn memory(&self) -> &Memory {
        &self.memory
    }

    pub(super) fn primary(&self) -> &Server {
        &self.primary
    }

    pub(super) fn replicas(&self) -> impl Iterator<Item = (&ReplicaTarget, &Server)> {
        self.target.replicas.iter().zip(&self.replicas)
    }
}

//! One server and one schema on it, with a handful of lazily opened sessions.

use std::sync::Arc;

use super::{Endpoint, MysqlError};
use crate::model::SchemaName;

/// A server, a schema on it, and a few sessions. Cheap to clone; clones share the sessions.
///
/// Nothing is connected until something is asked; idle sessions are closed after a while. The schema need not exist.
#[derive(Clone, Debug)]
pub struct Server {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    endpoint: Endpoint,
    schema: SchemaName,
}

impl Server {
    /// Names the server; does not connect.
    pub fn new(endpoint: Endpoint, schema: SchemaName) -> Self {
        Self { inner: Arc::new(Inner { endpoint, schema }) }
    }

    /// Where it is.
    pub fn endpoint(&self) -> &Endpoint {
        &self.inner.endpoint
    }

    /// The schema that all calls are about.
    pub fn schema(&self) -> &SchemaName {
        &self.inner.schema
    }

    /// `host:port`, for messages.
    pub fn address(&self) -> &str {
        todo!()
    }

    /// Opens a session and closes nothing: says whether login works.
    pub async fn ping(&self) -> Result<(), MysqlError> {
        todo!()
    }

    /// Closes all pooled sessions; sessions that were opened apart (DDL, scratch) live on.
    pub async fn close(&self) {
        todo!()
    }
}

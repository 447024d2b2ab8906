SELECT t.PROCESSLIST_STATE, t.PROCESSLIST_TIME, l.OBJECT_SCHEMA, l.OBJECT_NAME
  FROM performance_schema.threads t
  LEFT JOIN performance_schema.metadata_locks l
    ON l.OWNER_THREAD_ID = t.THREAD_ID AND l.LOCK_STATUS = 'PENDING' AND l.OBJECT_TYPE = 'TABLE'
 WHERE t.NAME IN ('thread/sql/replica_sql', 'thread/sql/replica_worker', 'thread/sql/slave_sql', 'thread/sql/slave_worker')
   AND t.PROCESSLIST_STATE LIKE 'Waiting for % lock'

SELECT STATE, TIME, NULL, NULL
  FROM information_schema.PROCESSLIST
 WHERE COMMAND IN ('Slave_SQL', 'Slave_worker') AND STATE LIKE 'Waiting for % lock'

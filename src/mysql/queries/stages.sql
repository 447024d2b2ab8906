SELECT t.PROCESSLIST_ID, s.EVENT_NAME, s.WORK_COMPLETED, s.WORK_ESTIMATED
  FROM performance_schema.threads t
  JOIN performance_schema.events_stages_current s ON s.THREAD_ID = t.THREAD_ID
 WHERE t.PROCESSLIST_ID IN (?)

SELECT l.TABLE_NAME, p.ID, p.USER, '', p.HOST, p.TIME, p.COMMAND, p.STATE, l.LOCK_MODE, 'GRANTED'
  FROM information_schema.METADATA_LOCK_INFO l
  JOIN information_schema.PROCESSLIST p ON p.ID = l.THREAD_ID
 WHERE l.LOCK_TYPE = 'Table metadata lock' AND p.ID <> CONNECTION_ID()
   AND l.TABLE_SCHEMA = ? AND l.TABLE_NAME IN (?)

SELECT trx_mysql_thread_id,
       TIMESTAMPDIFF(SECOND, trx_started, CONVERT_TZ(UTC_TIMESTAMP(), '+00:00', 'SYSTEM'))
  FROM information_schema.INNODB_TRX
 WHERE trx_mysql_thread_id <> 0

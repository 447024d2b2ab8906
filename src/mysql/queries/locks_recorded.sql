SELECT ENABLED
  FROM performance_schema.setup_instruments
 WHERE NAME = 'wait/lock/metadata/sql/mdl'

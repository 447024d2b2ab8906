SET @@SESSION.alter_algorithm = 'DEFAULT',
  @@SESSION.old_mode = 'UTF8_IS_UTF8MB3',
  @@SESSION.check_constraint_checks = 1,
  @@SESSION.sql_if_exists = 0,
  @@SESSION.system_versioning_alter_history = 'ERROR'

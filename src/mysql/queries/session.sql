SET NAMES utf8mb4,
  @@SESSION.sql_mode = 'ONLY_FULL_GROUP_BY,STRICT_TRANS_TABLES,NO_ZERO_IN_DATE,NO_ZERO_DATE,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION,NO_AUTO_VALUE_ON_ZERO',
  @@SESSION.time_zone = '+00:00',
  @@SESSION.autocommit = 1,
  @@SESSION.sql_quote_show_create = 1,
  @@SESSION.foreign_key_checks = 1,
  @@SESSION.unique_checks = 1,
  @@SESSION.sql_select_limit = DEFAULT,
  @@SESSION.sql_auto_is_null = 0,
  @@SESSION.innodb_lock_wait_timeout = 5,
  @@SESSION.lock_wait_timeout = 5,
  @@SESSION.wait_timeout = 60
  /*!80013 , @@SESSION.show_create_table_verbosity = 0, @@SESSION.information_schema_stats_expiry = 0, @@SESSION.max_execution_time = 60000 */
  /*!80030 , @@SESSION.show_gipk_in_create_table_and_information_schema = 1 */

SELECT CONNECTION_ID(), VERSION(), @@SESSION.innodb_strict_mode, @@SESSION.explicit_defaults_for_timestamp
  /*!80030 , @@SESSION.sql_generate_invisible_primary_key */

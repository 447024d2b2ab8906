SELECT @@GLOBAL.server_uuid, VERSION(), @@GLOBAL.version_comment, @@GLOBAL.read_only, @@GLOBAL.super_read_only,
       @@GLOBAL.gtid_mode, @@GLOBAL.log_bin, @@GLOBAL.lower_case_table_names, @@SESSION.default_storage_engine,
       @@SESSION.default_collation_for_utf8mb4, CURRENT_USER(), UNIX_TIMESTAMP(), @@GLOBAL.innodb_page_size,
       (SELECT VARIABLE_VALUE FROM performance_schema.global_variables
         WHERE VARIABLE_NAME = 'group_replication_single_primary_mode'),
       @@GLOBAL.time_zone, @@GLOBAL.system_time_zone
  /*!80030 , @@GLOBAL.sql_generate_invisible_primary_key */

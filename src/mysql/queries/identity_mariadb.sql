SELECT CONCAT(@@GLOBAL.hostname, ':', @@GLOBAL.port, ':', @@GLOBAL.server_id), VERSION(), @@GLOBAL.version_comment,
       @@GLOBAL.read_only, 0, 'OFF', @@GLOBAL.log_bin, @@GLOBAL.lower_case_table_names,
       @@SESSION.default_storage_engine,
       (SELECT FULL_COLLATION_NAME FROM information_schema.COLLATION_CHARACTER_SET_APPLICABILITY
         WHERE CHARACTER_SET_NAME = 'utf8mb4' AND IS_DEFAULT = 'Yes' LIMIT 1),
       CURRENT_USER(), UNIX_TIMESTAMP(), @@GLOBAL.innodb_page_size,
       (SELECT VARIABLE_VALUE FROM information_schema.GLOBAL_VARIABLES WHERE VARIABLE_NAME = 'WSREP_ON'),
       @@GLOBAL.time_zone, @@GLOBAL.system_time_zone

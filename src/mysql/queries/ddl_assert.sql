SELECT CONNECTION_ID(), IS_USED_LOCK(?), @@GLOBAL.read_only, @@GLOBAL.log_bin, @@SESSION.sql_log_bin, @@GLOBAL.server_uuid

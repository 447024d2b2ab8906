SELECT @@GLOBAL.server_uuid, @@GLOBAL.gtid_executed, @@GLOBAL.read_only

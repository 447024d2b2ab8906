SELECT CONCAT(@@GLOBAL.hostname, ':', @@GLOBAL.port, ':', @@GLOBAL.server_id), @@GLOBAL.gtid_slave_pos,
       @@GLOBAL.read_only

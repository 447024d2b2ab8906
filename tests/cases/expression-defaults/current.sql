CREATE TABLE t (id binary(16) DEFAULT (uuid_to_bin(uuid())) PRIMARY KEY, a int DEFAULT 1, at datetime DEFAULT CURRENT_TIMESTAMP);

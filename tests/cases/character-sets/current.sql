CREATE TABLE t (id int PRIMARY KEY, a varchar(20), b varchar(20) CHARACTER SET latin1, c text COLLATE utf8mb4_bin) CHARSET=utf8mb4;

CREATE TABLE t (id int PRIMARY KEY, a varchar(20), b enum('x','y')) CHARSET=latin1;
ALTER TABLE t CONVERT TO CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

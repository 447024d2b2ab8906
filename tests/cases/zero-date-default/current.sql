CREATE TABLE t (id int PRIMARY KEY, at datetime NOT NULL DEFAULT '0000-00-00 00:00:00', name varchar(20));

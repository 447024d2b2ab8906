CREATE TABLE t (id int PRIMARY KEY, a varchar(20), b enum('x','y')) CHARSET=latin1;

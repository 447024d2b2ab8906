CREATE TABLE t (id int PRIMARY KEY, a int DEFAULT 7, b int);

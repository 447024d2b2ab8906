CREATE TABLE t (id int PRIMARY KEY, e enum('a','b','c'), s set('x','y'));

CREATE TABLE t (e int, b int, x int, a int, d int, PRIMARY KEY (a));

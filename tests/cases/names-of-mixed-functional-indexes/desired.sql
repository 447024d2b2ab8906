CREATE TABLE t (
  id int NOT NULL PRIMARY KEY,
  a int,
  KEY (a, ((id + 2))),
  KEY a (a)
);

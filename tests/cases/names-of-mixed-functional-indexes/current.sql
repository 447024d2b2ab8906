CREATE TABLE t (
  id int NOT NULL PRIMARY KEY,
  a int,
  KEY (a, ((id + 1))),
  KEY a (id, a)
);

CREATE TABLE t (
  id int NOT NULL PRIMARY KEY,
  a int,
  KEY f ((a + 2)),
  CONSTRAINT always CHECK (1 = 1),
  CONSTRAINT never CHECK (7 <> 7) NOT ENFORCED
);

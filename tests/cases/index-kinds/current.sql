CREATE TABLE t (id int PRIMARY KEY, a varchar(100), b int, j json, g geometry NOT NULL SRID 4326, body text, KEY a (a));

CREATE TABLE t (id int PRIMARY KEY, a varchar(100), b int, j json, g geometry NOT NULL SRID 4326, body text,
  KEY a (a(10) DESC, b) COMMENT 'mixed', UNIQUE KEY u (b DESC) INVISIBLE, KEY f ((lower(a))), KEY m ((CAST(j->'$.tags' AS unsigned array))),
  SPATIAL KEY g (g), FULLTEXT KEY body (body) WITH PARSER ngram, FULLTEXT KEY both_ (a, body));

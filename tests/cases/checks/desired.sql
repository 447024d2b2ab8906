CREATE TABLE t (id int PRIMARY KEY, a int, b int, CONSTRAINT b_small CHECK (b < 100) NOT ENFORCED, CONSTRAINT a_or_b CHECK (a is not null or !b and b <> 3));

CREATE TABLE t (id int PRIMARY KEY, e enum('c','it''s','a\\b','a,b',''), s set('y','x','z') DEFAULT 'z,y');

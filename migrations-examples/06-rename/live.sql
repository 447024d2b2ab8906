CREATE TABLE members (
  id bigint unsigned NOT NULL AUTO_INCREMENT,
  mail varchar(100) NOT NULL,
  PRIMARY KEY (id)
);
INSERT INTO members (mail) VALUES ('ada@example.org');

CREATE TABLE users (
  id bigint unsigned NOT NULL AUTO_INCREMENT,
  email varchar(100) NOT NULL,
  PRIMARY KEY (id)
);
INSERT INTO users (email) VALUES ('ada@example.org'), ('grace@example.org');

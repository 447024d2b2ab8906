-- The account that the documentation asks for on MariaDB, and not a privilege more. Schemas of tests begin with t.
CREATE USER 'tablewright'@'%' IDENTIFIED BY 'primary-Secr3t';
GRANT SELECT, CREATE, ALTER, DROP, INDEX, REFERENCES, INSERT, SHOW VIEW, TRIGGER, CREATE TEMPORARY TABLES ON `t%`.* TO 'tablewright'@'%';
GRANT SELECT, CREATE, ALTER, DROP, INDEX, REFERENCES, INSERT, SHOW VIEW, TRIGGER, CREATE TEMPORARY TABLES ON `_tablewright\_%`.* TO 'tablewright'@'%';
GRANT PROCESS, SLAVE MONITOR, BINLOG ADMIN ON *.* TO 'tablewright'@'%';

CREATE USER 'tablewright_replica'@'%' IDENTIFIED BY 'replica-Secr3t';
GRANT SELECT, SHOW VIEW ON `t%`.* TO 'tablewright_replica'@'%';
GRANT PROCESS, SLAVE MONITOR ON *.* TO 'tablewright_replica'@'%';

-- The accounts that the documentation asks for, and not a privilege more. Schemas of tests begin with t or example_.
CREATE USER 'tablewright'@'%' IDENTIFIED BY 'primary-Secr3t';
GRANT SELECT, CREATE, ALTER, DROP, INDEX, REFERENCES, INSERT, SHOW VIEW, TRIGGER, CREATE TEMPORARY TABLES ON `t%`.* TO 'tablewright'@'%';
GRANT SELECT, CREATE, ALTER, DROP, INDEX, REFERENCES, INSERT, SHOW VIEW, TRIGGER, CREATE TEMPORARY TABLES ON `_tablewright\_%`.* TO 'tablewright'@'%';
GRANT PROCESS, REPLICATION CLIENT, SESSION_VARIABLES_ADMIN ON *.* TO 'tablewright'@'%';
GRANT SELECT ON performance_schema.* TO 'tablewright'@'%';

CREATE USER 'tablewright_replica'@'%' IDENTIFIED BY 'replica-Secr3t';
GRANT SELECT, SHOW VIEW ON `t%`.* TO 'tablewright_replica'@'%';
GRANT PROCESS, REPLICATION CLIENT ON *.* TO 'tablewright_replica'@'%';
GRANT SELECT ON performance_schema.* TO 'tablewright_replica'@'%';

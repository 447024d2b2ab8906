ALTER TABLE `users` ADD COLUMN `email_domain` varchar(100) GENERATED ALWAYS AS (substring_index(`email`,_utf8mb4'@',-(1))) VIRTUAL, ALGORITHM=INSTANT;

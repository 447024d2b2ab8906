ALTER TABLE `users` ADD COLUMN `email_domain` varchar(100) GENERATED ALWAYS AS (substring_index(email, '@', -1)) VIRTUAL, ALGORITHM=INSTANT;

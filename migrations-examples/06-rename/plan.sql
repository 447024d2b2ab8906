RENAME TABLE `members` TO `users`;
ALTER TABLE `users` RENAME COLUMN `mail` TO `email`, ALGORITHM=INSTANT;

ALTER TABLE `users` ADD COLUMN `status` enum('active','closed') NOT NULL DEFAULT 'active', ALGORITHM=INSTANT;

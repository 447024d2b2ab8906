ALTER TABLE `users` ADD KEY `users_email` (`email`(16)), ALGORITHM=INPLACE, LOCK=NONE;

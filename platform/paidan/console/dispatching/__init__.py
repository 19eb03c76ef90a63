"""The page on which people say which department does what, and see first what that would change."""

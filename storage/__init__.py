"""The only room that speaks SQL: the encrypted file, its models and its migrations."""

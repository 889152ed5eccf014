"""DynamoDB behind typed reads and transactions; the only package that talks to tables."""

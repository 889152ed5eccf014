"""How often something may happen: exact sliding limits, each kept in one item of a table."""

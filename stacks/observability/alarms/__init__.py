"""The alarms of a stage: a table of plain data, by family, and what makes resources of it."""

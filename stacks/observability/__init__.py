"""What an operator sees of a stage: alarms and who hears of them, dashboards, saved queries, the archive."""

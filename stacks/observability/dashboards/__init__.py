"""The two dashboards of a stage: one for the business, one for those who run it."""

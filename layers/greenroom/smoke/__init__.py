"""A few questions to a version or to a whole system, whose answers say whether it can be let at people."""

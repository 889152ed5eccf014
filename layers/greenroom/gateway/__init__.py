"""From a gateway's proxy event to an answer: one route table, and each step of a request in one place."""

"""Draws the dashboards of a synthesised stage with made-up values: what an operator will see."""

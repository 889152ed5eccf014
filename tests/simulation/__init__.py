"""A hot celebrity's on-sale in simulated time: our rules and settings on a model of AWS, limits included.

``python -m tests.simulation.on_sale`` prints what it finds; docs/scale.md says what to make of it.
"""

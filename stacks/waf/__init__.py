"""The web application firewall before the API: floods, known bad addresses and known bad inputs.

It is the coarse net. What must be exact (quotas, validation, access) is decided in the functions, and
nothing there relies on what stands here.
"""

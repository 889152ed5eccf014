"""A small client for the services of AWS that speak JSON and that requests wait for.

It does what botocore does for them, at a fraction of its loading and of its work a call: requests are signed
(Signature Version 4), sent over kept connections, tried again where that helps, and their errors told apart.
What it leaves out is what these calls never need: descriptions of services, validation of parameters against
them, paginators, waiters, proxies. Everything else goes through boto3.
"""

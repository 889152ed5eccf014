"""Greenroom: the shared code of a celebrity-booking platform, by capability."""

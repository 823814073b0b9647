"""Servers that the tests run against: a real PostgreSQL, a real SMTP server, a real browser.

None of them imitates our own code.
"""

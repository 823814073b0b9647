"""The rules of closing a finding, in plain Python: values in, values out; no clock, no session, no framework."""

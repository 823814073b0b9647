"""Runs in the peer's own environment (see `tests.bench.viewflow_peer`): a Django application with one flow."""

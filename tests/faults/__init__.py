"""Seeded faults: things go wrong on purpose, thousands of times, and it is counted what was lost, doubled or stuck.

``python -m tests.faults --rounds 100 --seed 1`` (docs/faults.md). Each kind of fault is a module with an ``attempt``;
seed, kind and number of a round are all that a failure needs to be had again.
"""

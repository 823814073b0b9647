"""A made-up city whose units rectify findings, most of them honestly; tricks as published descriptions tell them.

``python -m tests.bench.paper_world DIR`` writes one world in the format of ``xiaohao.bench_format``. Nothing here looks
at how the product recognises anything. The order of reading: words, city, scenarios, styles, drafts, papers, honest,
tricks_*, look_alikes, writing.
"""

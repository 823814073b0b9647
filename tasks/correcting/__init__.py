"""Corrections of a finding: asked by one person, decided by another where the decision table says so, then applied."""

"""A house is rehearsed day by day, and who was told what is held against an independent reckoning."""

"""The letters: which event is told to whom by which letter, how it reads, and how it is sent."""

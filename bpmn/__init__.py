"""The diagrams, decision tables and forms, and the engine that plays them in memory, without any I/O."""

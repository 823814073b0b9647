"""The history of the schema: one Alembic revision per change, run by `Database.migrate`."""

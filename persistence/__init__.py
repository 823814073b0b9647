"""Where it is kept: tables, the case store, the ledger, the outbox and the attachments, on SQLite and PostgreSQL."""

"""What comes and goes as files: ledgers, feedback documents, evidence, sign-off sheets."""

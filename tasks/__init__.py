"""What may be done: one module per act; every transaction begins and ends in `tasks.office.Office.perform`."""

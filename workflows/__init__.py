"""What starts by itself: the clock of cases and letters (APScheduler), the patrols (Prefect)."""

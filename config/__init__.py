"""Settings, working calendars, message catalogues and policy defaults: values only, no other room is imported."""

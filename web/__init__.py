"""What people see: pages, the JSON API, sign-in and static files."""

"""What evidence adds up to: ship-%, statuses, and the tables that a person reads."""

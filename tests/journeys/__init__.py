"""Three journeys through the whole house: a click, a timer, a letter."""

"""What comes from outside: meanings of a user's own ops, plug-ins that bring them, and what identifies all of it."""

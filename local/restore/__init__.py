"""The restore drill: what a backup is worth is known once the system has run on what came out of it."""

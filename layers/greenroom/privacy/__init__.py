"""What the system holds of a person: shown to them whole, and taken away when they go."""

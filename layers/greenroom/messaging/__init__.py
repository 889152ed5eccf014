"""What people are told about a booking: letters, calendar files, and the outbox that sends each once."""

"""What drives the arm while data is collected."""

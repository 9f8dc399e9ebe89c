"""What pages cost on the line."""

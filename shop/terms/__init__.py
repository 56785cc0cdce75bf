"""What the shop tells about itself, what customers agree to, and their data."""

"""What the shop discloses about itself, what customers agree to, and their data."""

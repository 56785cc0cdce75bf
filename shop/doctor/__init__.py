"""What `app.py doctor` looks at, beside a running shop too: files and settings, and other people's servers."""

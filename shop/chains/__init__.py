"""The only room that calls other people's servers."""

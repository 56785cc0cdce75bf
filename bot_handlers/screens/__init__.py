"""The screens that people see: pure functions from data to a screen."""

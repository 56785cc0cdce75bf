"""Reports: figures, holdings and reconciliation."""

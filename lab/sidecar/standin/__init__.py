"""A model of metal-stack's backup-restore-sidecar, where its binary cannot be had. See README.md beside it."""

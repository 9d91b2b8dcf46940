"""The lab: real Debian hosts in systemd-nspawn, in a network of their own without a way out."""

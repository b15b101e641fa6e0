"""Drivers: who acts when."""

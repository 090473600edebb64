"""Tests of the readers: who may be mailed, and why."""

"""Who may be mailed, and why we may: readers, lists, consent, suppression. Knows nothing of `digest`."""

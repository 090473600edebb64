"""Other houses that say who somebody is. They make no person: whoever is not invited gets in by none."""

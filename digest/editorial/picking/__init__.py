"""Which events are told, in which section, why not the others, and what is offered beside them."""

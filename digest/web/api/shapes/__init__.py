"""The shapes of requests and answers, a page for each resource."""

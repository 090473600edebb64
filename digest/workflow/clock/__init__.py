"""What happens by itself: phases that are due, jobs of workers, chores, alarms, webhooks."""

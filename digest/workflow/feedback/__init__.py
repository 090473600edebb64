"""What is heard later: events, bounces, suppression lists, opens and clicks, and the look-up of doubts."""

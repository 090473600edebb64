"""An event in one or two sentences that its sources say."""

"""`chime-endpoints drift`: what deployed stacks declare, held against what is registered."""

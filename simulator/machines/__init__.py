"""The machines of the simulated cloud: what the fleet says of them, and the agents that run scripts on them."""

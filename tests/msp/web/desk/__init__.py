"""The pages of the agent."""

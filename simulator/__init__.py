"""A local cloud that speaks the HTTP API of Alibaba Cloud Assistant, with machines that really run the script."""

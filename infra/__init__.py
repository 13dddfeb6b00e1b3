"""What supportbot is deployed with: builds the package of the functions. No part of what runs."""

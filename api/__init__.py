"""What other programs use: /api/v1, spoken in JSON, opened by keys that the owner makes in the studio."""

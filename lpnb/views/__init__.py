"""What is inside the sandbox, as people meet it: its plain rows and switches, shown."""

"""
Windows machines.

There is no interpreter for PowerShell and Bat that runs in a sandbox, so a small part of each is understood here:
enough for the saved commands and for trying things out. What is not understood ends the script with a sentence that
says so.
"""

"""Running a command: panel, planning, dispatch, polling, results, history."""

#!/usr/bin/env python3
"""Print memory in use as one line of JSON."""
import json
import re


def meminfo(path="/proc/meminfo"):
    pattern = re.compile(r"^(?P<key>\w+):\s+(?P<kb>\d+) kB$")
    with open(path, encoding="ascii") as lines:
        found = filter(None, (pattern.match(line.rstrip("\n")) for line in lines))
        return {match["key"]: int(match["kb"]) for match in found}


memory = meminfo()
used = memory["MemTotal"] - memory["MemAvailable"]
print(json.dumps({"used_kb": used, "percent": round(100 * used / memory["MemTotal"], 1), "note": f"{{braces}} {used!r}"}))

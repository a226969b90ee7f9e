"""
The machines of the simulated cloud: what the fleet says of them, and the agents that run scripts on them.

    service ── Agent.execute ──► agent      pre-checks, what stands in double braces, the machine's files on disk
                                   │
                                 sandbox    hands scripts to a process of their own, replaces one that died or is deaf
                                   │        (a socket; frames)
                                 process    no secrets, no writing of files, a memory limit
                                   │
                                 execution  latency, time-out, stop, output as a real agent cuts it
                                   ├─ linux/    bashkit over the machine's files, with commands of ours: systemctl, df …
                                   └─ windows/  a small part of PowerShell and of Bat

A script never sees the host: its shell, files, processes, services and network are all made up here. What differs from
the files a machine is made with (`seeds`) is kept when a run ends, and is there again for the next one.
"""

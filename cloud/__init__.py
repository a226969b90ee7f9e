"""The gateway: the one door to the OpenAPI, real or simulated.

Every function takes a `Connection` first, answers with frozen dataclasses and raises only members of `cloud.errors`.
All times are aware UTC datetimes or None; what an answer leaves out is "".
"""

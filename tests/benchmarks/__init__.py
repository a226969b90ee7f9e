"""How quick the console is beside a bare loop over the SDK, in real processes: `script/bench`. No test asserts this."""

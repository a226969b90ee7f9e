"""What an agent keeps of the output of a script (aliyun_assist_client: taskengine)."""

from typing import Final

LIMIT: Final = 24 * 1024  # bytes of output that are reported
SHOWN: Final = 8 * 1024  # at most so many while the script runs
_A_SECOND: Final = 2048  # sent each second while it runs, until
_ENOUGH: Final = 6000  # so many have been sent


class Output:
    """Stdout and stderr in one stream. Never holds more than the first 8 KB and the last 24 KB."""

    def __init__(self) -> None:
        self._first = bytearray()
        self._last = bytearray()
        self._total = 0

    def write(self, data: bytes) -> bytes:
        """Take `data`; what is returned can be shown at once."""
        self._total += len(data)
        shown = data[: SHOWN - len(self._first)]
        self._first += shown
        self._last += data[-LIMIT:]
        del self._last[:-LIMIT]
        return shown

    def reported(self, seconds: float) -> tuple[bytes, int]:
        """After a run of so many seconds: what is reported, and how many bytes were cut out.

        The first kilobytes had been sent while the script ran; of the rest the tail is kept. A short noisy script had
        nothing sent and keeps only its tail.
        """
        if self._total <= LIMIT:
            return self._whole(), 0
        sent = min(int(seconds) * _A_SECOND, -(-_ENOUGH // _A_SECOND) * _A_SECOND)
        report = bytes(self._first[:sent] + self._last[-(LIMIT - sent) :])
        return report, self._total - len(report)

    def _whole(self) -> bytes:
        """All of it, while there is no more than 24 KB."""
        return bytes(self._last)

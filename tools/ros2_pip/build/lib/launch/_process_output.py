"""What a process writes, on its way to screen and log."""

from __future__ import annotations

import codecs
import logging


class ProcessOutput:
    """One stream of a process: logs whole lines, and keeps all text where asked to."""

    def __init__(self, logger: logging.Logger, prefix: str, keep: bool) -> None:
        self._logger = logger
        self._prefix = prefix
        self._keep = keep
        self._decode = codecs.getincrementaldecoder('utf-8')(errors='replace').decode
        self._line = ''
        self.text = ''

    def write(self, data: bytes) -> None:
        """Take a piece of output and log the lines it completes."""
        text = self._decode(data)
        if self._keep:
            self.text += text
        *lines, self._line = (self._line + text).split('\n')
        for line in lines:
            self._log(line)

    def flush(self) -> None:
        """Log what is left: the last line if it was not ended."""
        if self._line:
            self._log(self._line)
            self._line = ''

    def _log(self, line: str) -> None:
        self._logger.info(f'[{self._prefix}] {line}')

"""``python -m lpnb`` is the ``lpnb`` command."""

import sys

from .cli import main

if __name__ == "__main__":
    sys.exit(main())

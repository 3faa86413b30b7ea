"""`python -m ha_bridge` is `ha-bridge`."""

from ha_bridge.cli import main

main()

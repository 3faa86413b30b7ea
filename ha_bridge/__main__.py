"""`python -m ha_bridge` is `ha-bridge`."""

from ha_bridge.cli import main

if __name__ == "__main__":
    main(prog_name="ha-bridge")

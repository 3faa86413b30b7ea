"""Home Assistant's template engine, run by its own Python: cases as JSON on standard input, what they give on standard output.

A case is a template and a payload. What it gives: a text, true where the template asks for something within nothing, null
where it fails otherwise; and first both tables of short keys.
"""

import asyncio
import json
import logging
import os
import sys
from typing import Any

UNDEFINED = object()


async def main() -> None:
    from homeassistant.components.mqtt import abbreviations  # type: ignore[import-not-found]  # noqa: PLC0415
    from homeassistant.core import HomeAssistant  # type: ignore[import-not-found]  # noqa: PLC0415
    from homeassistant.helpers import template  # type: ignore[import-not-found]  # noqa: PLC0415

    logging.disable(logging.CRITICAL)
    hass = HomeAssistant("/tmp")  # noqa: S108 - nothing is written
    given: list[Any] = []
    for text, payload in json.load(sys.stdin):
        try:
            found = template.Template(text, hass).async_render_with_possible_json_value(payload, UNDEFINED)
            given.append(True if found is UNDEFINED else found)
        except Exception:  # noqa: BLE001 - whatever a template may raise, Home Assistant ignores the message
            given.append(None)
    keys = [abbreviations.ABBREVIATIONS, abbreviations.DEVICE_ABBREVIATIONS]
    sys.stdout.write(json.dumps({"given": given, "keys": keys}))
    sys.stdout.flush()
    os._exit(0)


asyncio.run(main())

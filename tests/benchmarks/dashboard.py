"""docs/dashboard.png: the dashboard of infra/observing.yaml over a simulated week, drawn in Chromium."""

import json
import os
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from playwright.sync_api import sync_playwright

from tests.infra.observing.alarming import judged
from tests.infra.observing.drawing import page
from tests.infra.observing.template import GIVEN, PATH, STAGE, Resolved
from tests.infra.observing.week import BEGIN, HOURS, Week, store

PICTURE = PATH.parents[1] / "docs" / "dashboard.png"
CHROMIUM = "/usr/bin/chromium"
ALARM = "arn:aws:cloudwatch:eu-central-1:123456789012:alarm"
SPENDING = {"CostPerDay": "1"}  # as somebody sets it who knows the company


def written(folder: Path) -> Path:
    week, made = Week(), Resolved({**GIVEN, **SPENDING})
    known, end = store(week), (BEGIN + timedelta(hours=HOURS)).timestamp()
    logs: list[Mapping[str, Any]] = [json.loads(line) for line in week.logs]
    states = {
        f"{ALARM}:{alarm['AlarmName']}": (alarm["AlarmName"].partition(f"{STAGE}-")[2], judged(alarm, known, end))
        for alarm in made.all("AWS::CloudWatch::Alarm").values()
    }
    path = folder / "dashboard.html"
    path.write_text(page(made.dashboard, known, logs, states), "utf-8")
    return path


def draw() -> None:
    with TemporaryDirectory() as folder, sync_playwright() as playwright:
        as_root = ["--no-sandbox"] if os.geteuid() == 0 else []
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=as_root)
        shown = browser.new_page(viewport={"width": 1500, "height": 900})
        shown.goto(written(Path(folder)).as_uri())
        shown.screenshot(path=PICTURE, full_page=True)
        browser.close()
    print(f"written to {PICTURE}")

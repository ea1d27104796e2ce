"""Run the odoo command; report its tests to the file descriptor RETAIL_HUB_REPORT_FD, one JSON object a line.

{"event": "start" | "skip" | "fail", "test": "test_file.Class.method", "text": reason or traceback}
{"event": "note", "text": …}: what a test logs as its summary
{"event": "complaint", "text": …}: a warning or an error in the log outside of tests, as while modules load
"""

import functools
import json
import logging
import os
import re

import odoo.cli
from odoo.modules import module
from odoo.tests.case import _SubTest
from odoo.tests.result import OdooTestResult

# What Odoo logs once more after a test has failed.
SUMMARY_OF_TESTS = re.compile(
    r" odoo\.tests|\d+ failures, \d+ errors of|test failed when loading the modules"
)
TESTS_PACKAGE = "odoo.addons.retail_hub.tests."


class Report:
    def __init__(self, descriptor: int):
        self.file = os.fdopen(descriptor, "w", buffering=1)

    def send(self, event: str, test: str = "", text: str = "") -> None:
        self.file.write(json.dumps({"event": event, "test": test, "text": text}) + "\n")


def name_of(test) -> str:
    """Return `test_file.Class.method`; of a failed setUpClass what unittest calls it."""
    if isinstance(test, _SubTest):
        test = test.test_case
    if not hasattr(test, "_testMethodName"):
        return str(test)
    cls = type(test)
    return f"{cls.__module__.removeprefix(TESTS_PACKAGE)}.{cls.__qualname__}.{test._testMethodName}"


def report_results(report: Report) -> None:
    """Have Odoo's test result pass its events on to `report`."""

    def before(method):
        def decorate(send):
            original = getattr(OdooTestResult, method)

            @functools.wraps(original)
            def wrapper(self, test, *args):
                send(self, test, *args)
                return original(self, test, *args)

            setattr(OdooTestResult, method, wrapper)

        return decorate

    @before("startTest")
    def start(result, test):
        report.send("start", name_of(test))

    @before("addSkip")
    def skip(result, test, reason):
        report.send("skip", name_of(test), reason)

    def fail(result, test, error):
        if not result._soft_fail:  # Odoo runs a flaky test again
            report.send("fail", name_of(test), result._exc_info_to_string(error, test))

    before("addFailure")(fail)
    before("addError")(fail)


class ComplaintHandler(logging.Handler):
    """Reports what the log complains about outside of tests, except about libraries."""

    def __init__(self, report: Report):
        super().__init__(logging.WARNING)
        self.report = report

    def emit(self, record: logging.LogRecord) -> None:
        text = f"{record.levelname} {record.name}: {record.getMessage()}"
        about_libraries = record.name == "py.warnings" and "retail_hub" not in text
        if module.current_test or about_libraries or SUMMARY_OF_TESTS.search(text):
            return
        if record.exc_info:
            text += "\n" + logging.Formatter().formatException(record.exc_info)
        self.report.send("complaint", text=text)


class NoteHandler(logging.Handler):
    """Reports the summaries that tests log, such as the number of cases that were generated."""

    def __init__(self, report: Report):
        super().__init__(logging.INFO)
        self.report = report

    def emit(self, record: logging.LogRecord) -> None:
        if record.name.startswith(TESTS_PACKAGE) and record.name.endswith(".summary"):
            self.report.send("note", text=record.getMessage())


def main() -> None:
    report = Report(int(os.environ.pop("RETAIL_HUB_REPORT_FD")))
    report_results(report)
    logging.getLogger().addHandler(ComplaintHandler(report))
    logging.getLogger().addHandler(NoteHandler(report))
    odoo.cli.main()


if __name__ == "__main__":
    main()

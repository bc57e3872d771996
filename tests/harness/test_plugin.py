"""The pytest plugin: `--xap-on`, and the `xap` fixture."""

import subprocess
import sys

import pytest

pytest_plugins = ["pytester"]

USES_XAP = """
    def test_backend(xap):
        print("ran on", xap.backend)
"""


@pytest.mark.parametrize(
    ("option", "backends"),
    [
        ([], ["host", "emulator"]),
        (["--xap-on", "host"], ["host"]),
        (["--xap-on", "emulator"], ["emulator"]),
        (["--xap-on=emulator, host,host"], ["emulator", "host"]),
    ],
)
def test_a_test_runs_once_on_each_backend(pytester, option, backends):
    pytester.makepyfile(USES_XAP)
    result = pytester.runpytest_inprocess("-v", "-p", "no:xdist", *option)
    result.assert_outcomes(passed=len(backends))
    result.stdout.fnmatch_lines([f"*test_backend?{backend}?*" for backend in backends])


@pytest.mark.parametrize("wrong", ["xen", "host,xen", "", ","])
def test_an_unknown_backend_is_a_usage_error(pytester, wrong):
    pytester.makepyfile(USES_XAP)
    result = pytester.runpytest_inprocess("-p", "no:xdist", f"--xap-on={wrong}")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*--xap-on: no backend *; there are host, emulator*"])


def test_a_file_that_is_not_there_fails_the_test_in_one_line(pytester):
    pytester.makepyfile("def test_it(xap):\n    xap.load('nowhere.py')\n")
    result = pytester.runpytest_inprocess("-p", "no:xdist", "--xap-on", "host")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["no file *nowhere.py*"])


def test_tests_without_the_fixture_are_left_alone(pytester):
    pytester.makepyfile("def test_it(): pass")
    pytester.runpytest_inprocess("-p", "no:xdist").assert_outcomes(passed=1)


def test_the_plugin_loads_without_unicorn_and_the_compiler():
    """Every pytest run on the machine pays for what it imports."""
    program = (
        "import sys, xap_harness.plugin; "
        "print([m for m in ('unicorn', 'keystone', 'llvmlite', 'xapc') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stdout.strip() == "[]", done.stderr

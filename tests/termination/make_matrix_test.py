#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""make_matrix finds a row that lost its test, and tells passed from failed."""
import contextlib
import importlib.machinery
import importlib.util
import io
import pathlib
import sys
import tempfile

sys.dont_write_bytecode = True  # the tests leave nothing in the tree

HERE = pathlib.Path(__file__).resolve().parent
loader = importlib.machinery.SourceFileLoader("make_matrix", str(HERE / "make_matrix"))
matrix = importlib.util.module_from_spec(importlib.util.spec_from_loader("make_matrix", loader))
loader.exec_module(matrix)


def check_with(table):
    matrix.rows = lambda: table
    said = io.StringIO()
    with contextlib.redirect_stderr(said), contextlib.redirect_stdout(io.StringIO()):
        code = matrix.check()
    return code, said.getvalue()


good = r"CatalogueB1\..*"
assert check_with([("B1", "covered", good), ("B2", "waits", "REFER")]) == (0, "")
code, said = check_with([("B1", "covered", good + r"|Nobody\.WroteThis")])
assert code == 1 and "Nobody" in said, said
assert check_with([("B1", "waits", " ")])[0] == 1
assert check_with([("B1", "maybe", good)])[0] == 1
assert check_with([("B1", "waits", "x"), ("B1", "waits", "x")])[0] == 1

with tempfile.TemporaryDirectory() as folder:
    junit = pathlib.Path(folder) / "run.xml"
    junit.write_text("""<testsuite>
      <testcase name="CatalogueB1.One" status="run"/>
      <testcase name="All/CatalogueB2.Two/0" status="run"/>
      <testcase name="All/CatalogueB2.Two/1" status="fail"><failure message="x"/></testcase>
      <testcase name="CatalogueB3.Three" status="notrun"><skipped message="x"/></testcase>
    </testsuite>""", encoding="utf-8")
    matrix.rows = lambda: [("B1", "covered", good), ("B2", "covered", r"CatalogueB2\..*"),
                           ("B3", "covered", r"CatalogueB3\..*"), ("B4", "waits", "media"),
                           ("B5", "covered", r"CatalogueB5\..*")]
    text, red = matrix.page([junit])
    assert red
    assert "| B1 | `CatalogueB1.One` | passed |" in text, text
    assert "| B2 | `CatalogueB2.Two` | **failed** (1 of 1) |" in text, text
    assert "| B3 | `CatalogueB3.Three` | **not run** (1 of 1) |" in text, text
    assert "| B4 | | waits for: media |" in text, text
    assert "not in this run" in text, text

    matrix.rows = lambda: [("B1", "covered", good + r"|CatalogueB9\..*")]
    text, red = matrix.page([junit])
    assert not red
    assert "passed; `CatalogueB9\\..*` not in this run" in text, text

#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes of functions.txt all that repeats it.

  make_functions.py build FOLDER  bodies.hpp    what the bodies are: a declaration each
                                  exports.cpp   the exported functions, in all their forms
                                  tapi32.map    what the ELF library exports
                                  tapi32.def    what the Windows library exports
                                  every_function.c  for tests: the address of every function, and a
                                                call of each that is not offered
  make_functions.py facts         the prototypes as rows of tests/abi/tapi2.csv
  make_functions.py write         what is committed: include/tapi/tapi_functions.h, the table in
                                  docs/tapi2.md, docs/tapi2-conformance.md
  make_functions.py check         fails when one of these is not what it would write"""

import pathlib
import re
import shutil
import subprocess
import sys
import textwrap

ROOT = pathlib.Path(__file__).resolve().parents[2]
TABLE = pathlib.Path(__file__).resolve().with_name("functions.txt")
HEADER = ROOT / "include/tapi/tapi_functions.h"
PAGE = ROOT / "docs/tapi2.md"
CONFORMANCE = ROOT / "docs/tapi2-conformance.md"
TESTS = ROOT / "tests/conformance/tapi2"
NARROW, WIDE = "narrow", "wide"
TEXT = {"LPCTSTR": {NARROW: "LPCSTR", WIDE: "LPCWSTR"}, "LPTSTR": {NARROW: "LPSTR", WIDE: "LPWSTR"}}
HANDLES = {"HLINEAPP": "App", "HLINE": "Line", "HCALL": "Call"}
FOUND = {"App": "App& app", "Line": "const std::shared_ptr<Line>& line",
         "Call": "const std::shared_ptr<Call>& call"}
TESTS_NAMED = 4  # on the conformance page, for each function


class Parameter:
    def __init__(self, text):
        self.type, self.name = text.rsplit(" ", 1)
        self.may_be_zero = self.name.endswith("?")
        self.name = self.name.rstrip("?")

    def declared(self, kind):
        return f"{TEXT.get(self.type, {}).get(kind, self.type)} {self.name}"


class Function:
    def __init__(self, row, subject):
        columns = [column.strip() for column in row.split("|")]
        if len(columns) != 7:
            sys.exit(f"{TABLE}: not seven columns: {row}")
        self.name, forms, self.kind, self.who, self.states, answers, parameters = columns
        self.subject = subject
        if forms not in ("plain", "A W", "plain A W") or self.kind not in ("sync", "async"):
            sys.exit(f"{TABLE}: {self.name}: unknown forms or kind")
        self.forms = forms.split()
        self.offered = not answers.startswith("!")
        prefix = {"l": "LINEERR_", "p": "PHONEERR_", "t": "TAPIERR_"}[self.name[0]]
        self.errors = [prefix + error for error in answers.lstrip("! -").split()]
        self.parameters = [Parameter(text) for text in parameters.split(", ")]
        self.about, self.note = [], ""
        self.find_subject()

    def find_subject(self):
        """What the function is about: the template in entry.hpp that looks at its handle."""
        first = self.parameters[0]
        names = [parameter.name for parameter in self.parameters]
        self.handle, self.found, self.taken = "Nothing{}", "", 0
        if first.type == "HLINE" and "hCall" in names and "dwSelect" in names:
            self.handle = "Selection{hLine, dwAddressID, hCall, dwSelect}"
            self.found, self.taken = "Line", 4
        elif first.type in HANDLES:
            self.found, self.taken = HANDLES[first.type], 1
            self.handle = f"{self.found}Handle{{{first.name}}}"
            if first.may_be_zero:
                self.handle = f"Optional<{self.found}Handle>{{{{{first.name}}}}}"
        elif first.name == "dwDeviceID" and self.name.startswith("line"):
            self.handle = "Device{}"

    def exported(self):
        """(name, kind of text) of each exported function."""
        names = {"plain": ("", NARROW), "A": ("A", NARROW), "W": ("W", WIDE)}
        return [(self.name + names[form][0], names[form][1]) for form in self.forms]

    def declared(self, kind):
        return ", ".join(parameter.declared(kind) for parameter in self.parameters)

    def usual_errors(self):
        usual = {"HLINEAPP": "LINEERR_INVALAPPHANDLE", "HLINE": "LINEERR_INVALLINEHANDLE",
                 "HCALL": "LINEERR_INVALCALLHANDLE"}
        return [usual[self.parameters[0].type]] if self.parameters[0].type in usual else []

    def forms_text(self):
        return "–" if self.forms == ["plain"] else " ".join(self.forms)


def read_table():
    subjects, functions = {}, []
    for line in TABLE.read_text().splitlines():
        heading = re.match(r"\[(\w+)\] (.*)", line)
        if heading:
            subjects[heading[1]] = heading[2]
        elif line.startswith("  > "):
            functions[-1].note = line[4:]
        elif line.startswith("    "):
            functions[-1].about.append(line.strip())
        elif line and not line.startswith("#"):
            functions.append(Function(line, list(subjects)[-1]))
    names = [name for function in functions for name, _ in function.exported()]
    if len(set(names)) != len(names):
        sys.exit(f"{TABLE}: a function is said twice")
    return subjects, functions


def macros(functions):
    return [function.name for function in functions if "A" in function.forms]


def undefine(functions):
    return "".join(f"#undef {name}\n" for name in macros(functions))


# ---- the build


def bodies(functions):
    out = ["// Made by make_functions.py.", "#pragma once", "", '#include "tapi2/entry.hpp"', "",
           "// In the library a plain name is the function of that name.",
           undefine(functions), "namespace switchhook::tapi2::bodies {", ""]
    for function in (one for one in functions if one.offered):
        types = {"LPCTSTR": "std::optional<std::string>"}
        rest = [f"{types.get(p.type, p.type)} {p.name}" for p in function.parameters[function.taken:]]
        subject = [FOUND[function.found]] if function.found else []
        out.append(f"LONG {function.name}({', '.join(['const Entry& entry'] + subject + rest)});")
    return "\n".join(out + ["", "}  // namespace switchhook::tapi2::bodies", ""])


def exports(functions):
    out = ["// Made by make_functions.py.", '#include "bodies.hpp"', "",
           "using namespace switchhook::tapi2;", "", 'extern "C" {']
    for function in functions:
        for name, kind in function.exported():
            if function.offered:
                given = [f"text({p.name})" if p.type == "LPCTSTR" else p.name
                         for p in function.parameters[function.taken:]]
                entry = f"Entry{{Text::{kind}, SWITCHHOOK_CALLER}}"
                does = ", ".join([f"enter({entry}", function.handle, f"bodies::{function.name}"] + given)
                declared = function.declared(kind)
            else:
                does = f"refuse({function.handle}, static_cast<LONG>({function.errors[0]})"
                used = re.findall(r"\w+", function.handle)
                declared = ", ".join(p.declared(kind) if p.name in used
                                     else p.declared(kind).rsplit(" ", 1)[0]
                                     for p in function.parameters)
            out.append(f"SWITCHHOOK_TAPI2_EXPORT LONG WINAPI {name}({declared}) {{\n  return {does});\n}}")
    return "\n".join(out + ['}  // extern "C"', ""])


def exported_names(functions):
    return sorted(name for function in functions for name, _ in function.exported())


def elf_map(functions):
    names = "".join(f"    {name};\n" for name in exported_names(functions))
    return f"TAPI_2 {{\n  global:\n{names}  local:\n    *;\n}};\n"


def windows_def(functions):
    return "LIBRARY tapi32.dll\nEXPORTS\n" + "".join(f"  {n}\n" for n in exported_names(functions))


def every_function(functions):
    stands_for = {"HLINEAPP": "app", "HLINE": "line", "HCALL": "call"}
    by_name = {"dwSelect": "LINECALLSELECT_LINE"}
    out = ["/* Made by make_functions.py. */", '#include "tests/conformance/tapi2/every_function.h"',
           "", undefine(functions)]
    rows = []
    for function in functions:
        looks = any(word in function.handle for word in ("Handle", "Selection", "Device"))
        looks = looks and not function.handle.startswith("Optional")
        for name, _ in function.exported():
            address = f"(AnyFunction){name}"
            if function.offered:
                rows.append(f'    {{"{name}", {address}, 0, 0, 0}},')
                continue
            given = ", ".join(stands_for.get(p.type, by_name.get(p.name, "0"))
                              for p in function.parameters)
            out.append(f"static LONG call_{name}(HLINEAPP app, HLINE line, HCALL call) {{\n"
                       f"  (void)app, (void)line, (void)call;\n  return {name}({given});\n}}")
            error = f"(LONG){function.errors[0]}"
            first = "(LONG)LINEERR_UNINITIALIZED" if looks else error
            rows.append(f'    {{"{name}", {address}, call_{name}, {first}, {error}}},')
    return "\n".join(out + ["const struct Function kEveryFunction[] = {"] + rows +
                     ["};", "const unsigned kEveryFunctionCount = sizeof kEveryFunction / "
                      "sizeof *kEveryFunction;", ""])


def facts(functions):
    return "".join("function,%s,,%s\n" % (name, "; ".join(
        parameter.declared(kind).rsplit(" ", 1)[0] for parameter in function.parameters))
        for function in functions for name, kind in function.exported())


# ---- what is committed


def comment(text):
    return "\n".join(textwrap.wrap(f"/* {text} */", 100, subsequent_indent="   ",
                                   break_on_hyphens=False))


def prototypes(function):
    return [f"LONG WINAPI {name}({function.declared(kind)});" for name, kind in function.exported()]


def header(subjects, functions):
    out = ["/* SPDX-License-Identifier: Apache-2.0 */",
           "// The functions of tapi.h, which includes this. Made from src/tapi2/functions.txt by",
           "// `src/tapi2/make_functions.py write`. Threads, ownership and the errors of all functions:",
           "// tapi.h. C11 and C++.", "",
           "#ifndef SWITCHHOOK_TAPI_TAPI_H", '#include "tapi.h"  // which includes this',
           "#elif !defined(SWITCHHOOK_TAPI_TAPI_FUNCTIONS_H)",
           "#define SWITCHHOOK_TAPI_TAPI_FUNCTIONS_H", "",
           '#include "tapi_agent.h"', '#include "tapi_phone.h"', "", "#ifdef __cplusplus", 'extern "C" {', "#endif"]
    for subject, heading in subjects.items():
        out += ["", f"/* ---- {heading} */"]
        refused = {}
        for function in (one for one in functions if one.subject == subject):
            if not function.offered:
                refused.setdefault(function.errors[0], []).append(function)
                continue
            text = " ".join(function.about)
            if function.kind == "async":
                text = text.replace(". ", ". Asynchronous. ", 1) if ". " in text else \
                    text + " Asynchronous."
            errors = function.usual_errors() + function.errors
            if errors:
                text += f" Errors: {', '.join([errors[0]] + [e[e.index('_'):] for e in errors[1:]])}."
            out += ["", comment(f"{text} Source: TAPI {function.name}.")] + prototypes(function)
        for error, those in refused.items():
            out += ["", comment(f"Not offered: {error}.")]
            out += [line for function in those for line in prototypes(function)]
    out += ["", "#ifdef UNICODE"] + [f"#define {name} {name}W" for name in macros(functions)]
    out += ["#else"] + [f"#define {name} {name}A" for name in macros(functions)] + ["#endif"]
    return "\n".join(out + ["", "#ifdef __cplusplus", "}", "#endif", "",
                            "#endif /* SWITCHHOOK_TAPI_TAPI_FUNCTIONS_H */", ""])


def page(functions):
    rows = ["| Function | Forms | Kind | Who | In states | Notes |", "|---|---|---|---|---|---|"]
    for one in (one for one in functions if one.offered):
        who, states = ("" if text == "-" else text for text in (one.who, one.states))
        rows.append(f"| {one.name} | {one.forms_text()} | {one.kind} | {who} | {states} | {one.note} |")
    before, _, rest = PAGE.read_text().partition("<!-- made by make_functions.py -->\n")
    _, end, after = rest.partition("<!-- end -->\n")
    if not end:
        sys.exit(f"{PAGE}: no place for the table")
    return f"{before}<!-- made by make_functions.py -->\n" + "\n".join(rows) + f"\n{end}{after}"


def tests_of_functions():
    """For each function the tests that call it; those that call few others come first."""
    found = {}
    for file in sorted(TESTS.glob("*_test.cpp")):
        parts = re.split(r"^TEST(?:_F|_P)?\((\w+), (\w+)\)", file.read_text(), flags=re.M)
        for suite, name, body in zip(parts[1::3], parts[2::3], parts[3::3]):
            called = re.findall(r"\b((?:line|phone|tapi)[A-Z]\w*?)[AW]?\(", re.sub(r"//.*", "", body))
            for function in set(called):
                found.setdefault(function, []).append((len(set(called)), f"`{suite}.{name}`"))
    return {function: [test for _, test in sorted(tests)] for function, tests in found.items()}


def conformance(subjects, functions):
    proven = tests_of_functions()
    offered = [one for one in functions if one.offered]
    out = ["# TAPI 2 conformance", "",
           "Made from `src/tapi2/functions.txt` and the tests by `src/tapi2/make_functions.py write`; a",
           "test fails when it is not. Every function of TAPI 2.x is declared and exported in all its",
           f"forms. {len(offered)} of {len(functions)} are offered. Each of the others looks at its handle "
           "and then answers the error named",
           "here, never success: `EveryFunction.ThatIsNotOfferedAnswersItsError` calls them all.",
           f"For an offered one up to {TESTS_NAMED} of the tests that call it are named: those that call least else.", ""]
    for subject, heading in subjects.items():
        out += [f"## {heading}", "", "| Function | Forms | | Tests, or the answer |", "|---|---|---|---|"]
        for one in (one for one in functions if one.subject == subject):
            if one.offered and one.name not in proven:
                sys.exit(f"no test in {TESTS} calls {one.name}")
            tests = proven.get(one.name, [])[:TESTS_NAMED]
            end = (f"offered | {', '.join(tests)}" if one.offered
                   else f"not offered | {one.errors[0]}")
            out.append(f"| {one.name} | {one.forms_text()} | {end} |")
        out.append("")
    return "\n".join(out)


def committed(subjects, functions):
    return {HEADER: header(subjects, functions), PAGE: page(functions),
            CONFORMANCE: conformance(subjects, functions)}


def main():
    subjects, functions = read_table()
    wanted = sys.argv[1:]
    if len(wanted) == 2 and wanted[0] == "build":
        made = {"bodies.hpp": bodies, "exports.cpp": exports, "tapi32.map": elf_map,
                "tapi32.def": windows_def, "every_function.c": every_function}
        for name, make in made.items():
            file, text = pathlib.Path(wanted[1]) / name, make(functions)
            file.parent.mkdir(parents=True, exist_ok=True)
            if not file.exists() or file.read_text() != text:  # what is the same is not built again
                file.write_text(text)
    elif wanted == ["facts"]:
        sys.stdout.write(facts(functions))
    elif wanted == ["write"]:
        for file, text in committed(subjects, functions).items():
            file.write_text(text)
        if shutil.which("clang-format"):
            subprocess.run(["clang-format", "-i", HEADER], check=True)
    elif wanted == ["check"]:
        for file, text in committed(subjects, functions).items():
            if file.read_text().split() != text.split():  # the formatter has the last word on lines
                sys.exit(f"{file} is not what the table says; run src/tapi2/make_functions.py write")
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main()

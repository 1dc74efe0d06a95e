"""Prints the results of check.sh (one JSON object a line) as one table.

Exit status: 1 a wrong result, 3 a target missed, 4 something did not run, 0 none of these.
"""

import json
import sys

PASS, WRONG, MISSED, NOT_RUN = "pass", "WRONG", "MISSED", "not run"


def row_of_step(r):
    return r["state"], r["name"], r.get("detail", "")


def row_of_random(r):
    name = f"{r['operation']}, {r['cases']} random cases"
    if not r["ok"]:
        return WRONG, name, r["failure"]
    return PASS, name, f"largest error {r['error']:.2g} of the allowed"


def row_of_comparison(r):
    detail = f"differs from PyTorch by {r['difference']:.1e}"
    return PASS if r["ok"] else WRONG, f"{r['operation']}, {r['shape']}", detail


def _judged(value, wanted, text):
    if wanted is None:
        return True, text
    return value >= wanted, f"{text} (wanted {wanted:g})"


def row_of_time(r):
    if not r.get("ok", True):
        return row_of_comparison(r)
    met, details = True, [f"{r['ms']:.4g} ms"]
    if "bytes" in r:
        details.append(f"{r['bytes'] / 1e6:.4g} MB")
        ok, text = _judged(r["share"], r.get("wanted_share"), f"{r['share']:.2f} of a copy")
        met, details = met and ok, [*details, text]
    if "ratio" in r:
        text = f"{r['ratio']:.2f} x {r['against']} ({r['against_ms']:.4g} ms)"
        ok, text = _judged(r["ratio"], r.get("wanted_ratio"), text)
        met, details = met and ok, [*details, text]
    return PASS if met else MISSED, f"{r['operation']}, {r['shape']}", "; ".join(details)


ROWS = {
    "step": row_of_step,
    "random": row_of_random,
    "compare": row_of_comparison,
    "time": row_of_time,
}


def main(path):
    with open(path, encoding="utf-8") as lines:
        results = [json.loads(line) for line in lines if line.strip()]
    for r in results:
        if r["kind"] == "device":
            print(", ".join(f"{key} {value}" for key, value in r.items() if key != "kind"))
    rows = [ROWS[r["kind"]](r) for r in results if r["kind"] in ROWS]
    width = max((len(name) for _, name, _ in rows), default=0)
    for state, name, detail in rows:
        print(f"{state:8}  {name:{width}}  {detail}".rstrip())
    states = {state for state, _, _ in rows}
    for state, status in ((WRONG, 1), (MISSED, 3), (NOT_RUN, 4)):
        if state in states:
            return status
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))

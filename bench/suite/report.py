"""results/latest.json and the table in results/latest.md."""

import json
import pathlib
import platform

BRIEF = ("chat", "sse-paced", "json-last", "upload", "download", "streams-10k", "routes", "websocket", "start", "overload")


def machine():
    model = next((line.partition(":")[2].strip() for line in lines("/proc/cpuinfo") if line.startswith("model name")), platform.machine())
    memory = next(int(line.split()[1]) for line in lines("/proc/meminfo") if line.startswith("MemTotal"))
    system = next((line.partition("=")[2].strip('"') for line in lines("/etc/os-release") if line.startswith("PRETTY_NAME")), "")
    cores = sum(line.startswith("processor") for line in lines("/proc/cpuinfo"))
    return {"cpu": model, "cores": cores, "memory_gib": round(memory / 1048576, 1), "kernel": platform.release(), "system": system}


def lines(path):
    return pathlib.Path(path).read_text(encoding="utf-8").splitlines()


def write(directory, document):
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "latest.json").write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n")
    (directory / "latest.md").write_text(markdown(document))


def markdown(document):
    on, versions, how = document["machine"], document["versions"], document["how"]
    text = f"{document['date']}, {on['cpu']}, {on['cores']} cores, {on['memory_gib']} GiB, {on['system']}, Linux {on['kernel']}; "
    text += ", ".join(f"{name} {version}" for name, version in versions.items())
    text += f". Medians of {how['rounds']} rounds of {how['seconds']:g} s for each contender in turn, smallest and largest in brackets.\n\n"
    text += "| work | figure | median [min, max] | target | | absolute |\n|---|---|---|---|---|---|\n"
    for scenario in document["scenarios"].values():
        if "error" in scenario:
            text += f"| {scenario['title']} | | failed: {cell(scenario['error'])} | | **fail** | |\n"
        for row in scenario.get("rows", []):
            text += line(row)
    return text


def line(row):
    number = f"{{:{row_format(row)}}}".format
    value = f"{number(row['median'])}{row['unit']}"
    if row["rounds"] > 1:
        value += f" [{number(row['min'])}, {number(row['max'])}]"
    target = "" if row["target"] is None else f"{'≥' if row['at_least'] else '≤'} {row['target']:g}{row['unit']}"
    met = {None: "", True: "pass", False: "**miss**"}[row["met"]]
    details = ", ".join(f"{name} {text}" for name, text in row["absolute"].items())
    details = "; ".join(part for part in (details, row["note"]) if part)
    return f"| {row['work']} | {row['figure']} | {value} | {target} | {met} | {cell(details)} |\n"


def row_format(row):
    """Decimals as the size asks for: a ratio to the hundredth, thousands whole."""
    return ".2f" if abs(row["median"]) < 10 else ".1f" if abs(row["median"]) < 100 else ",.0f"


def cell(text):
    return text.replace("|", "\\|").replace("\n", " ")


def brief(document):
    """The rows with targets of the scenarios that say most, without details."""
    text = "| work | figure | Inferway | target |\n|---|---|---|---|\n"
    for name in BRIEF:
        for row in document["scenarios"].get(name, {}).get("rows", []):
            if row["target"] is not None:
                text += "|".join(line(row).split("|")[:5]) + "|\n"
    return text


def put_into_documents(root, results):
    """The last run's tables between the marks in the documents."""
    document = json.loads((results / "latest.json").read_text(encoding="utf-8"))
    put_into(root / "docs" / "performance.md", "table", markdown(document))
    put_into(root / "README.md", "summary", brief(document))


def put_into(path, mark, table):
    begin_mark, end_mark = (f"<!-- benchmark {mark}: {edge} -->" for edge in ("begin", "end"))
    before, begin, rest = path.read_text(encoding="utf-8").partition(begin_mark)
    _, end, after = rest.partition(end_mark)
    if not begin or not end:
        raise SystemExit(f"{path}: no marks for the benchmark {mark}")
    path.write_text(f"{before}{begin}\n{table}{end}{after}", encoding="utf-8")

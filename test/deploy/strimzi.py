"""Holds the Strimzi objects of rendered overlays to Strimzi's own definitions: strimzi.py <folder of definitions> <overlay>..."""

import sys
from pathlib import Path

import yaml
from jsonschema import Draft7Validator


def strict(schema):
    """Kubernetes drops fields that it does not know, silently; here they are faults."""
    if isinstance(schema, dict):
        open_ended = schema.get("x-kubernetes-preserve-unknown-fields") or "additionalProperties" in schema
        if schema.get("type") == "object" and "properties" in schema and not open_ended:
            schema["additionalProperties"] = False
        for part in list(schema.values()):
            strict(part)
    elif isinstance(schema, list):
        for part in schema:
            strict(part)
    return schema


def definitions(folder):
    for path in Path(folder).glob("*.yaml"):
        spec = yaml.safe_load(path.read_text())["spec"]
        for version in spec["versions"]:
            schema = strict(version["schema"]["openAPIV3Schema"])
            schema["properties"] |= {"apiVersion": {}, "kind": {}, "metadata": {}}
            yield (f"{spec['group']}/{version['name']}", spec["names"]["kind"]), Draft7Validator(schema)


def main(folder, overlays):
    known = dict(definitions(folder))
    checked, faults = 0, 0
    for overlay in overlays:
        for thing in yaml.safe_load_all(Path(overlay).read_text()):
            if not thing["apiVersion"].startswith("kafka.strimzi.io/"):
                continue
            name = f"{Path(overlay).stem}: {thing['kind']} {thing['metadata']['name']}"
            validator = known.get((thing["apiVersion"], thing["kind"]))
            errors = list(validator.iter_errors(thing)) if validator else []
            messages = [f"{'.'.join(map(str, e.absolute_path))}: {e.message[:200]}" for e in errors]
            for message in messages if validator else [f"there is no {thing['apiVersion']} of that kind"]:
                print(f"{name}: {message}")
                faults += 1
            checked += 1
    print(f"{checked} Strimzi objects", file=sys.stderr)
    return 1 if faults or not checked else 0


sys.exit(main(sys.argv[1], sys.argv[2:]))

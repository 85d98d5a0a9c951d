"""Whether the description of the API is valid OpenAPI, and its examples what its schemas say.

    python3 server/tests/openapi/validate.py DOCUMENT
"""
import json
import sys
from pathlib import Path

from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator

BASE = "urn:hallmark:api"


def bodies(document):
    """Every body of the document: where it is, and its media type object."""
    for path, item in document["paths"].items():
        for method, operation in item.items():
            place = f"{method.upper()} {path}"
            for kind, content in operation.get("requestBody", {}).get("content", {}).items():
                yield f"{place}, request, {kind}", content
            for status, response in operation["responses"].items():
                for kind, content in response.get("content", {}).items():
                    yield f"{place}, {status}, {kind}", content


def examples(document, content):
    """The examples of a body."""
    if "example" in content:
        yield content["example"]
    for example in content.get("examples", {}).values():
        name = example["$ref"].rsplit("/", 1)[-1]
        yield document["components"]["examples"][name]["value"]


def problems(document):
    """What is wrong."""
    for error in OpenAPIV31SpecValidator(document).iter_errors():
        yield f"{'/'.join(map(str, error.absolute_path))}: {error.message}"
    for place, content in bodies(document):
        # The schemas refer to each other within the document.
        schema = {**content["schema"], "components": document["components"], "$id": BASE}
        for example in examples(document, content):
            for error in Draft202012Validator(schema).iter_errors(example):
                yield f"{place}: the example is not what the schema says: {error.message[:300]}"


def main():
    """Prints what is wrong."""
    document = json.loads(Path(sys.argv[1]).read_text())
    found = list(problems(document))
    print(*found, sep="\n")
    if found:
        sys.exit(f"{len(found)} errors in the description of the API")
    count = sum(1 for _, content in bodies(document) for _ in examples(document, content))
    print(f"valid; {count} examples fit their schemas")


if __name__ == "__main__":
    main()

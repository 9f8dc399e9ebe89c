"""Checks an evidence pack offline: python3 verify.py [folder or zip]. Needs nothing but Python 3.8 or newer.

Every file against the manifest, and every recording slice by slice against its hash chain. The signatures of the
documents are judged by any PDF reader, with documents' certificates and revocation lists of this pack.
"""

import hashlib
import json
import sys
import zipfile
from pathlib import Path

MANIFEST = "manifest.json"


class Folder:
    """An unpacked pack."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def names(self) -> "set[str]":
        return {str(one.relative_to(self.path).as_posix()) for one in self.path.rglob("*") if one.is_file()}

    def read(self, name: str) -> bytes:
        return (self.path / name).read_bytes()


class Zip:
    """A pack as it was handed over."""

    def __init__(self, path: Path) -> None:
        self.zip = zipfile.ZipFile(path)

    def names(self) -> "set[str]":
        return {one for one in self.zip.namelist() if not one.endswith("/")}

    def read(self, name: str) -> bytes:
        return self.zip.read(name)


def problems(pack: "Folder | Zip") -> "list[str]":
    """Everything that is not as the manifest says, a sentence each."""
    manifest = json.loads(pack.read(MANIFEST))
    listed = {one["path"]: one for one in manifest["files"]}
    there = pack.names() - {MANIFEST}
    found = [f"missing: {name}" for name in sorted(set(listed) - there)]
    found += [f"not in the manifest: {name}" for name in sorted(there - set(listed))]
    for name in sorted(there & set(listed)):
        content = pack.read(name)
        if len(content) != listed[name]["size"] or sha256(content) != listed[name]["sha256"]:
            found.append(f"changed: {name}")
    for recording in manifest["recordings"]:
        found += problems_of_recording(pack, recording)
    return found


def problems_of_recording(pack: "Folder | Zip", recording: "dict[str, object]") -> "list[str]":
    """Walk the slices in the order in which they arrived; each link is SHA-256(link before + hash of the slice)."""
    call, slices = str(recording["call"]), json.loads(pack.read(str(recording["slices"])))
    files, at, link = {}, {}, ""
    for one in slices:
        name = one["file"]
        if name not in files:
            files[name], at[name] = pack.read(name), 0
        content = files[name][at[name] : at[name] + one["size"]]
        at[name] += one["size"]
        link = hashlib.sha256((link + sha256(content)).encode()).hexdigest()
        if sha256(content) != one["sha256"] or link != one["chain"]:
            return [f"recording {call}: the chain breaks at slice {one['number']} of {name}"]
    if link != recording["head"]:
        return [f"recording {call}: the chain does not end where the call says"]
    return []


def sha256(content: bytes) -> str:
    """In hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def main() -> int:
    """0 when everything is whole, 1 when not; says what."""
    path = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent
    pack = Zip(path) if path.is_file() else Folder(path)
    found = problems(pack)
    for line in found:
        sys.stdout.write(f"{line}\n")
    manifest = json.loads(pack.read(MANIFEST))
    sys.stdout.write(f"case {manifest['case_number']}, {len(manifest['files'])} files, made {manifest['made_at']}\n")
    for line in manifest.get("left_out", []):
        sys.stdout.write(f"not in this pack: {line}\n")
    sys.stdout.write(f"sha-256 of the manifest: {sha256(pack.read(MANIFEST))}\n")
    sys.stdout.write("The broker's audit chain holds the same hash in the entry evidence.packed.\n")
    sys.stdout.write("NOT WHOLE\n" if found else "WHOLE\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())

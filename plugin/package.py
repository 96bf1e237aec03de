#!/usr/bin/env python3
"""Packages the plugin for krew: the manifest, the archives of a release, and a local install.

Reads what Cargo.toml says (name, version, description, homepage, repository) and adds what only krew asks for: the texts and the
table of platforms below. Needs Python 3.11 and its standard library, no network. Knowledge: krew's developer guide, and its
validator in krew v0.5.0 (internal/index/validation/validate.go, cmd/validate-krew-manifest/main.go).

    python3 plugin/package.py manifest [--check]
    python3 plugin/package.py archive [--target linux-amd64 --binary PATH] --out DIR
    python3 plugin/package.py local --out DIR
    python3 plugin/package.py install [--binary PATH] [--krew PATH]

Ends with 0, or with 2 and an `error:` line, mostly with a `hint:`.
"""

import argparse
import gzip
import hashlib
import io
import json
import os
import platform
import re
import shutil
import struct
import subprocess
import sys
import tarfile
import tempfile
import textwrap
from dataclasses import dataclass
from pathlib import Path

try:
    import tomllib
except ModuleNotFoundError:
    sys.exit("error: package.py needs Python 3.11 or newer\nhint: Name a newer one: python3.11 plugin/package.py …")

ROOT = Path(__file__).resolve().parent.parent
TEMPLATE = ROOT / "krew-manifest.yaml"

# krew-index's own bot accepts no more than 50 characters.
SHORT_DESCRIPTION = "Find why Azure Backup for AKS does not work"
# Follows Cargo.toml's description. Usage does not belong here: krew's rules leave it to the help.
MORE = """\
A diagnosis reads the cluster of the current context with the rights that you have, and changes nothing. Root causes come first, \
then the road that a backup takes with the place where it ends. What could not be read is named, and never counts as fine."""
CAVEATS = """\
The Azure CLI (az) is optional: without it the cluster alone is judged, and the report says what was not.

krew upgrades the plugin when it was installed from the plugin's own index, and skips one that was installed from a manifest."""

# What goes into an archive beside the program. krew's validator refuses an archive without a licence.
COMPANIONS = ("LICENSE", "README.md")

# Zip's epoch: no tool calls it implausible, as some call 1970.
MTIME = 315532800


@dataclass(frozen=True)
class Platform:
    """A platform in krew's words, and in rustc's."""

    os: str
    arch: str
    triple: str

    @property
    def name(self):
        return f"{self.os}-{self.arch}"


PLATFORMS = (
    Platform("linux", "amd64", "x86_64-unknown-linux-musl"),
    Platform("linux", "arm64", "aarch64-unknown-linux-musl"),
    Platform("darwin", "amd64", "x86_64-apple-darwin"),
    Platform("darwin", "arm64", "aarch64-apple-darwin"),
    Platform("windows", "amd64", "x86_64-pc-windows-msvc"),
)


class Refused(Exception):
    """What the user has to know, and what helps."""

    def __init__(self, message, hint=None):
        super().__init__(message)
        self.hint = hint


class Package:
    """The package as Cargo.toml describes it."""

    def __init__(self, cargo_toml):
        document = tomllib.loads(cargo_toml.read_text(encoding="utf-8"))
        shared = document.get("workspace", {}).get("package", {})

        def field(name):
            value = document["package"][name]
            return shared[name] if value == {"workspace": True} else value

        self.name = field("name")
        self.plugin = self.name.removeprefix("kubectl-")
        self.tag = "v" + field("version")
        self.description = field("description")
        self.homepage = field("homepage")
        self.repository = field("repository")

    def program(self, target):
        return self.name + (".exe" if target.os == "windows" else "")

    def archive(self, target, tag):
        return f"{self.name}_{tag}_{target.os}_{target.arch}.tar.gz"

    def uri(self, target, tag):
        return f"{self.repository}/releases/download/{tag}/{self.archive(target, tag)}"


# Manifests


def manifest(package, tag, targets, source):
    """Returns a manifest; `source(target)` gives the lines that say where a platform's archive is."""
    lines = [
        "# Rendered by plugin/package.py from Cargo.toml: change it there, not here.",
        "apiVersion: krew.googlecontainertools.github.com/v1alpha2",
        "kind: Plugin",
        "metadata:",
        f"  name: {package.plugin}",
        "spec:",
        f"  version: {tag}",
        f"  homepage: {package.homepage}",
        f"  shortDescription: {json.dumps(SHORT_DESCRIPTION)}",
        "  description: |",
        *paragraphs(f"{package.description}.\n\n{MORE}"),
        "  caveats: |",
        *paragraphs(CAVEATS),
        "  platforms:",
    ]
    for target in targets:
        lines += [
            "  - selector:",
            "      matchLabels:",
            f"        os: {target.os}",
            f"        arch: {target.arch}",
            *(f"    {line}" for line in source(target)),
            f"    bin: {package.program(target)}",
        ]
    return "\n".join(lines) + "\n"


def paragraphs(text):
    """Wraps a text at 80 columns, as the lines of a YAML block."""
    for number, paragraph in enumerate(text.split("\n\n")):
        if number:
            yield ""
        yield from textwrap.wrap(paragraph, 80, initial_indent="    ", subsequent_indent="    ", break_on_hyphens=False)


def template(package):
    """Returns the manifest as krew-release-bot takes it: the bot fills in the tag, and adds uri and sha256 itself."""
    tag = "{{ .TagName }}"
    return manifest(package, tag, PLATFORMS, lambda target: [f'{{{{addURIAndSha "{package.uri(target, tag)}" .TagName }}}}'])


def installable(package, folder):
    """Returns the manifest of the archives in a folder, with their true sums."""
    sums = sums_of(package, folder)
    targets = [target for target in PLATFORMS if package.archive(target, package.tag) in sums]
    if not targets:
        raise Refused(
            f"{folder} holds no archive of {package.name} {package.tag}",
            f"Make one first: python3 plugin/package.py archive --target {PLATFORMS[0].name} --binary PATH --out {folder}",
        )

    def source(target):
        return [f"uri: {package.uri(target, package.tag)}", f"sha256: {sums[package.archive(target, package.tag)]}"]

    return manifest(package, package.tag, targets, source)


# Archives


def pack(package, target, binary, folder):
    """Writes the archive of one platform and returns its path. Equal files give equal bytes, whenever and whoever packs them."""
    program = read(binary, "Build it first: cargo build --release")
    built_for = platform_of(program)
    if built_for != target.name:
        raise Refused(
            f"{binary} is no program for {target.name}" + (f", it is one for {built_for}" if built_for else ""),
            f"Build it with: cargo build --release --target {target.triple}",
        )
    members = [(package.program(target), program, 0o755)]
    for name in COMPANIONS:
        if (ROOT / name).is_file():
            members.append((name, (ROOT / name).read_bytes(), 0o644))
        else:
            print(f"warning: there is no {name}, so the archive goes without it", file=sys.stderr)
    packed = io.BytesIO()
    with gzip.GzipFile(filename="", mode="wb", compresslevel=6, fileobj=packed, mtime=0) as compressed:
        with tarfile.open(fileobj=compressed, mode="w", format=tarfile.USTAR_FORMAT) as tar:
            for name, content, mode in members:
                member = tarfile.TarInfo(name)
                member.size, member.mode, member.mtime = len(content), mode, MTIME
                tar.addfile(member, io.BytesIO(content))
    path = folder / package.archive(target, package.tag)
    write(path, packed.getvalue())
    return path


def platform_of(program):
    """Returns the platform that a program's header names, or None: a release must not ship one under another's name."""
    elf = {0x3E: "linux-amd64", 0xB7: "linux-arm64"}
    mach = {0x01000007: "darwin-amd64", 0x0100000C: "darwin-arm64"}
    windows = {0x8664: "windows-amd64"}
    try:
        if program[:6] == b"\x7fELF\x02\x01":
            return elf.get(struct.unpack_from("<H", program, 18)[0])
        if program[:4] == b"\xcf\xfa\xed\xfe":
            return mach.get(struct.unpack_from("<I", program, 4)[0])
        if program[:2] == b"MZ":
            header = struct.unpack_from("<I", program, 0x3C)[0]
            signature, machine = struct.unpack_from("<4sH", program, header)
            return windows.get(machine) if signature == b"PE\0\0" else None
    except struct.error:  # shorter than its header says
        pass
    return None


def sums_of(package, folder):
    """Returns the sums of this version's archives in a folder, by name."""
    names = [package.archive(target, package.tag) for target in PLATFORMS]
    return {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in names if (folder / name).is_file()}


def write_sums(package, folder):
    """Writes SHA256SUMS as `sha256sum --check` reads it."""
    sums = sorted(sums_of(package, folder).items())
    write(folder / "SHA256SUMS", "".join(f"{value}  {name}\n" for name, value in sums).encode())


# The local install


def build():
    """Builds the release for this machine and returns the program, wherever cargo's configuration puts it.

    On Linux it stands alone: it runs on any distribution, whatever its C library, and starts faster. The flag must
    not reach the compiler's own plugins, so that the target is named.
    """
    command = ["cargo", "build", "--release", "--locked", "--message-format", "json-render-diagnostics"]
    environment = dict(os.environ)
    try:
        told = subprocess.run(["rustc", "-vV"], cwd=ROOT, stdout=subprocess.PIPE, text=True).stdout
        host = next((line.removeprefix("host: ") for line in told.splitlines() if line.startswith("host: ")), "")
        if "-linux-" in host:
            command += ["--target", host]
            flags = environment.get("RUSTFLAGS", "")
            environment["RUSTFLAGS"] = f"{flags} -C target-feature=+crt-static".strip()
        done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, env=environment)
    except FileNotFoundError:
        raise Refused("cargo is not on the PATH", "Install Rust, or name a program that is built: --binary PATH") from None
    programs = [json.loads(line).get("executable") for line in done.stdout.splitlines() if line.startswith("{")]
    programs = [Path(program) for program in programs if program]
    if done.returncode or not programs:
        raise Refused("the release could not be built, see above")
    return programs[-1]


def this_machine():
    """Returns the platform of this machine."""
    arch = {"x86_64": "amd64", "aarch64": "arm64"}.get(platform.machine().lower(), platform.machine().lower())
    return target_named(f"{platform.system().lower()}-{arch}")


def krew_folder():
    return Path(os.environ.get("KREW_ROOT") or Path.home() / ".krew")


def find_krew(given):
    """Returns the krew to install with: the one that was named, the user's own, or the laboratory's."""
    if given:
        return given
    on_path = shutil.which("kubectl-krew")
    for krew in (on_path, krew_folder() / "bin/kubectl-krew", ROOT / "target/lab/bin/krew"):
        if krew and Path(krew).is_file():
            return Path(krew)
    raise Refused(
        "krew is not installed",
        "Install it as https://krew.sigs.k8s.io/docs/user-guide/setup/install/ says, or name one: --krew PATH",
    )


def install(package, krew, binary):
    """Installs a program with the real krew, in place of any older one, and returns the receipt of that one."""
    root = krew_folder()
    receipt = root / "receipts" / f"{package.plugin}.yaml"
    link = root / "bin" / package.program(this_machine())
    if link.exists() and not link.is_symlink():
        raise Refused(f"{link} is not krew's: it is no link", "Move it away, then install again.")
    before = receipt.read_text(encoding="utf-8") if receipt.is_file() else None
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        archive = pack(package, this_machine(), binary, folder)
        described = folder / f"{package.plugin}.yaml"
        write(described, installable(package, folder).encode())
        with Aside(root, receipt, link, root / "store" / package.plugin):
            run_krew(krew, root, "install", "--manifest", described, "--archive", archive)
    return before


class Aside:
    """Keeps an installed plugin aside while another takes its place, and brings it back if that fails.

    krew neither upgrades nor reinstalls what came from a manifest, uninstalls nothing before it has fetched an index, and takes
    links without any receipt for those of krew 0.2. So it must not see the plugin at all.
    """

    def __init__(self, root, *paths):
        self.root = root
        self.paths = [path for path in paths if os.path.lexists(path)]

    def __enter__(self):
        if self.paths:
            # Beside them, so that moving is renaming.
            self.folder = Path(tempfile.mkdtemp(prefix=".replaced-", dir=self.root))
        for path in self.paths:
            path.rename(self.folder / path.name)

    def __exit__(self, failure, *_):
        for path in self.paths if failure else ():
            if path.is_dir():
                shutil.rmtree(path)
            (self.folder / path.name).replace(path)
        if self.paths:
            shutil.rmtree(self.folder)


def run_krew(krew, root, *arguments):
    environment = os.environ | {"KREW_ROOT": str(root), "KREW_NO_UPGRADE_CHECK": "1"}
    try:
        done = subprocess.run([krew, *arguments], env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    except OSError as error:
        raise Refused(f"krew does not start: {krew}: {error.strerror}", "Name one that does: --krew PATH") from None
    if done.returncode:
        said = done.stderr.strip().splitlines() or [f"exit code {done.returncode}"]
        raise Refused(f"krew could not install it: {said[-1]}", "Nothing that was installed has changed.")


# Files


def read(path, hint):
    try:
        return path.read_bytes()
    except OSError as error:
        raise Refused(f"cannot read {path}: {error.strerror}", hint) from None


def write(path, content):
    """Writes a file whole or not at all."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_name(f".{path.name}.{os.getpid()}")
        fresh.write_bytes(content)
        fresh.replace(path)
    except OSError as error:
        raise Refused(f"cannot write {path}: {error.strerror}") from None


# The command line


def target_named(name):
    for target in PLATFORMS:
        if target.name == name:
            return target
    raise Refused(f'there is no target "{name}"', "Targets: " + ", ".join(target.name for target in PLATFORMS))


def run_manifest(package, args):
    rendered = template(package).encode()
    if not args.check:
        write(TEMPLATE, rendered)
        print(TEMPLATE.relative_to(ROOT))
    elif not TEMPLATE.is_file() or TEMPLATE.read_bytes() != rendered:
        raise Refused(f"{TEMPLATE.name} is not what Cargo.toml says now", "Render it: python3 plugin/package.py manifest")


def run_archive(package, args):
    target = target_named(args.target) if args.target else this_machine()
    if args.binary is None and target != this_machine():
        raise Refused(
            f"this machine is {this_machine().name} and builds nothing for {target.name}",
            f"Build it elsewhere, or with: cargo build --release --target {target.triple}, and name it: --binary PATH",
        )
    path = pack(package, target, args.binary or build(), args.out)
    write_sums(package, args.out)
    print(path)


def run_local(package, args):
    path = args.out / f"{package.plugin}.yaml"
    write(path, installable(package, args.out).encode())
    write_sums(package, args.out)
    print(path)


def run_install(package, args):
    krew = find_krew(args.krew)
    before = install(package, krew, args.binary or build())
    root = krew_folder()
    print(f"installed kubectl {package.plugin} {package.tag} into {root}")
    origin = re.search(r"^  source:\n    name: (\S+)", before or "", re.MULTILINE)
    if origin and origin[1] != "detached":
        print(f"It replaces the one of the index {origin[1]}, which krew no longer upgrades. To go back:")
        print(f"  kubectl krew uninstall {package.plugin} && kubectl krew install {origin[1]}/{package.plugin}")
    if str(root / "bin") not in os.get_exec_path():
        print("To run it, put krew's folder on the PATH, in your shell's profile too:")
        print(f'  export PATH="{root / "bin"}:$PATH"')
    print(f"Try it: kubectl {package.plugin} doctor --sample")


class Parser(argparse.ArgumentParser):
    """Reports a wrong command line as the plugin does."""

    def error(self, message):
        raise Refused(message, f"See: {self.prog} --help")


def parser():
    top = Parser(prog="package.py", description="Packages the plugin for krew.")
    verbs = top.add_subparsers(dest="verb", required=True, metavar="VERB", parser_class=Parser)

    verb = verbs.add_parser("manifest", help="render krew-manifest.yaml, the template of krew-release-bot")
    verb.add_argument("--check", action="store_true", help="only say whether it is current")
    verb.set_defaults(run=run_manifest)

    verb = verbs.add_parser("archive", help="pack one platform's archive, and SHA256SUMS beside it")
    names = ", ".join(target.name for target in PLATFORMS)
    verb.add_argument("--target", help=f"{names}; this machine's unless given")
    verb.add_argument("--binary", type=Path, help="the program that was built for it; otherwise this machine's is built")
    verb.add_argument("--out", required=True, type=Path, help="the folder of the archives")
    verb.set_defaults(run=run_archive)

    verb = verbs.add_parser("local", help="render the installable manifest of the archives in a folder")
    verb.add_argument("--out", required=True, type=Path, help="the folder of the archives")
    verb.set_defaults(run=run_local)

    verb = verbs.add_parser("install", help="build the release and install it with krew, in place of an older one")
    verb.add_argument("--binary", type=Path, help="install this program instead of building one")
    verb.add_argument("--krew", type=Path, help="krew's program; otherwise kubectl-krew, then the laboratory's")
    verb.set_defaults(run=run_install)
    return top


def main():
    try:
        args = parser().parse_args()
        args.run(Package(ROOT / "Cargo.toml"), args)
    except Refused as refused:
        print(f"error: {refused}", file=sys.stderr)
        if refused.hint:
            print(f"hint: {refused.hint}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())

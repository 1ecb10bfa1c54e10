"""Makes apt archives for the test: real Debian packages, real indexes, signed with a key made on the spot."""
import datetime
import gzip
import hashlib
import lzma
import os
import pathlib
import shutil
import subprocess

import support

# Small, in Debian for decades, each built from another source.
PACKAGES = ["ascii", "cmatrix", "cowsay", "gpw", "hashalot", "hello", "jo", "lolcat", "makepasswd", "members", "ncal",
            "netmask", "pwgen", "randtype", "rename", "since", "sl", "statserial", "sysvbanner", "tofrodos", "toilet",
            "xclip"]
CANARY = "sl"
LATER = "hello"  # comes with the second publication only
FORMS = ("Packages", "Packages.gz", "Packages.xz")
HASHES = ("SHA256", "SHA512")  # apt asks by the strongest that the Release lists


def architecture():
    return support.call(["dpkg", "--print-architecture"]).strip()


def download(cache):
    """The packages' files, fetched once and kept in `cache`."""
    cache.mkdir(parents=True, exist_ok=True)
    missing = [p for p in PACKAGES if not list(cache.glob(f"{p}_*.deb"))]
    if missing:
        support.call(["apt-get", "-q", "-o", "APT::Sandbox::User=root", "download", *missing], cwd=cache)
    return {p: sorted(cache.glob(f"{p}_*.deb"))[-1] for p in PACKAGES}


class Key:
    """A signing key in a home of its own, and its public half as a keyring that gpgv and apt read."""

    def __init__(self, directory):
        self.home = directory / "gnupg"
        self.home.mkdir(mode=0o700)
        self.keyring = directory / "archive.gpg"
        self._gpg("--quick-gen-key", "Test Archive <archive@example.org>", "ed25519", "sign", "never")
        self.keyring.write_bytes(self._gpg("--export"))

    def _gpg(self, *arguments):
        argv = ["gpg", "--homedir", self.home, "--batch", "--quiet", "--pinentry-mode", "loopback", "--passphrase", "",
                *arguments]
        done = subprocess.run([str(a) for a in argv], capture_output=True, check=False, timeout=60)
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout

    def clearsign(self, source, target):
        target.unlink(missing_ok=True)
        self._gpg("--output", target, "--clearsign", source)

    def sign_beside(self, source, target):
        target.unlink(missing_ok=True)
        self._gpg("--output", target, "--armor", "--detach-sign", source)

    def close(self):
        subprocess.run(["gpgconf", "--homedir", str(self.home), "--kill", "gpg-agent"], check=False, timeout=20)


def release_date(when):
    return when.strftime("%a, %d %b %Y %H:%M:%S UTC")


class Archive:
    """One published state of the archive: a directory tree that a web server can serve."""

    def __init__(self, root, packages, key):
        self.root = pathlib.Path(root)
        self.key = key
        self.dist = self.root / "dists/test"
        self.index = self.dist / f"main/binary-{architecture()}"
        self.index.mkdir(parents=True)
        pool = self.root / "pool/main"
        pool.mkdir(parents=True)
        for name, file in packages.items():
            shutil.copy(file, pool / f"{name}.deb")
        self.write_indexes()

    def write_indexes(self):
        text = subprocess.run(["apt-ftparchive", "packages", "pool/main"], cwd=self.root, capture_output=True,
                              check=True, timeout=60).stdout
        (self.index / "Packages").write_bytes(text)
        self.compress()
        self.write_by_hash()

    def compress(self):
        text = (self.index / "Packages").read_bytes()
        (self.index / "Packages.gz").write_bytes(gzip.compress(text, mtime=0))
        (self.index / "Packages.xz").write_bytes(lzma.compress(text))

    def by_hash(self, form):
        """Where that form of the index lies, by each of its hashes."""
        content = (self.index / form).read_bytes()
        return [self.index / "by-hash" / kind / hashlib.new(kind, content).hexdigest() for kind in HASHES]

    def write_by_hash(self):
        for form in FORMS:
            for path in self.by_hash(form):
                path.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(self.index / form, path)

    def sign(self, date, valid_for, suite="test"):
        """Release and InRelease as of `date`, expiring `valid_for` later."""
        fields = {"Origin": "Test", "Suite": suite, "Codename": suite, "Components": "main",
                  "Architectures": architecture(), "Acquire-By-Hash": "yes", "Date": release_date(date)}
        options = [f"-oAPT::FTPArchive::Release::{k}={v}" for k, v in fields.items()]
        release = self.dist / "Release"
        release.unlink(missing_ok=True)
        for file in ("InRelease", "Release.gpg"):
            (self.dist / file).unlink(missing_ok=True)
        text = subprocess.run(["apt-ftparchive", *options, "release", self.dist], capture_output=True, check=True,
                              timeout=60, text=True).stdout
        for key, value in fields.items():
            assert f"\n{key}: {value}\n" in "\n" + text, f"{key} is not as asked in:\n{text}"
        release.write_text(f"Valid-Until: {release_date(date + valid_for)}\n{text}")
        self.key.clearsign(release, self.dist / "InRelease")
        self.key.sign_beside(release, self.dist / "Release.gpg")
        # As old as it says it is: servers make tags of size and date, and two publications differ in more than a second.
        for file in ("Release", "InRelease", "Release.gpg"):
            os.utime(self.dist / file, (date.timestamp(), date.timestamp()))
        return self

    def copy(self, root):
        """Another tree like this one, to be damaged."""
        twin = object.__new__(Archive)
        shutil.copytree(self.root, root)
        twin.root, twin.key = pathlib.Path(root), self.key
        twin.dist = twin.root / "dists/test"
        twin.index = twin.root / self.index.relative_to(self.root)
        return twin

    def flip_a_byte(self, package):
        """One bit in the middle of the package's file: same size, same name, same date."""
        path = self.root / f"pool/main/{package}.deb"
        content = bytearray(path.read_bytes())
        content[len(content) // 2] ^= 1
        path.write_bytes(content)

    def change_packages(self):
        """Edits Packages as an attacker would: every form of it, under every name, but not what is signed."""
        old = {form: self.by_hash(form) for form in FORMS}
        sizes = self.sizes()
        text = (self.index / "Packages").read_text()
        start = text.index("\nSHA256: ") + len("\nSHA256: ")
        # Another digest for a package, chosen so that every form keeps its size: only the hash can tell.
        for at in range(start, start + 64):
            for digit in "0123456789abcdef":
                (self.index / "Packages").write_text(text[:at] + digit + text[at + 1:])
                self.compress()
                if digit != text[at] and self.sizes() == sizes:
                    return self.keep_old_names(old)
        raise AssertionError("no change of one digit keeps the sizes")

    def sizes(self):
        return [path.stat().st_size for path in sorted(self.index.glob("Packages*"))]

    def keep_old_names(self, old):
        for form, paths in old.items():
            for path in paths:
                shutil.copy(self.index / form, path)

    def take_release(self, newer):
        """The other archive's Release over these indexes: its synchronisation stopped after the first files."""
        for file in ("InRelease", "Release", "Release.gpg"):
            shutil.copy(newer.dist / file, self.dist / file)
        return self

    def take_own_names(self, older):
        """The other archive's indexes under the names that are not hashes."""
        for form in FORMS:
            shutil.copy(older.index / form, self.index / form)
        return self

    def lose(self, package):
        (self.root / f"pool/main/{package}.deb").unlink()
        return self

    def lose_signature(self):
        shutil.copy(self.dist / "Release", self.dist / "InRelease")
        return self

    def lose_inrelease(self):
        (self.dist / "InRelease").unlink()
        return self

    def answer_html(self):
        (self.dist / "InRelease").write_text("<!DOCTYPE html><html><title>Please log in</title></html>\n")
        return self


def serve_from(link, archive):
    """Makes `link` point at the archive, at once: as a careful mirror syncs."""
    fresh = link.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    os.symlink(archive.root, fresh)
    os.replace(fresh, link)


def hours(count):
    return datetime.timedelta(hours=count)

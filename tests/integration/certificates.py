"""A certificate authority of a test's own, and certificates with whatever is wrong with them. Needs openssl."""
import datetime

import support

DAY = datetime.timedelta(days=1)
NOW = datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0)

CONFIG = """
[ca]
default_ca = test
[test]
dir = {d}
database = $dir/index
new_certs_dir = $dir
rand_serial = yes
default_md = sha256
policy = any
copy_extensions = copy
unique_subject = no
[any]
commonName = supplied
organizationName = optional
[req]
distinguished_name = dn
[dn]
"""


def openssl_time(when):
    return when.strftime("%Y%m%d%H%M%SZ")


class Authority:
    """ca.pem and ca.key in the directory `d`."""

    def __init__(self, d, subject="/CN=Test Authority", parent=None):
        d.mkdir(exist_ok=True)
        self.d, self.pem, self.key = d, d / "ca.pem", d / "ca.key"
        (d / "ca.cnf").write_text(CONFIG.format(d=d))
        (d / "index").touch()
        extensions = ["-addext", "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=critical,keyCertSign"]
        if parent:
            parent.sign(d / "ca", subject, extensions, NOW - DAY, NOW + 50 * DAY)
        else:
            support.call(["openssl", "req", "-x509", *self.new_key(self.key), "-out", self.pem, "-days", "60",
                          "-subj", subject, *extensions])

    def new_key(self, path):
        return ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", path,
                "-config", self.d / "ca.cnf"]

    def sign(self, path, subject, extensions, not_before=NOW - DAY, not_after=NOW + 30 * DAY, itself=False):
        """path.key and path.pem; `itself`: signed with its own key instead."""
        key, request, pem = (path.with_suffix(suffix) for suffix in (".key", ".csr", ".pem"))
        support.call(["openssl", "req", "-new", *self.new_key(key), "-out", request, "-subj", subject, *extensions])
        signer = ["-selfsign", "-keyfile", key] if itself else ["-cert", self.pem, "-keyfile", self.key]
        support.call(["openssl", "ca", "-batch", "-notext", "-config", self.d / "ca.cnf", "-in", request, "-out", pem,
                      "-startdate", openssl_time(not_before), "-enddate", openssl_time(not_after), *signer])

    def certify(self, name, names, **options):
        """(certificate, key) for `names`, as in subjectAltName: "DNS:a,IP:127.0.0.1"."""
        path = self.d / name
        self.sign(path, f"/CN={name}.example.org", ["-addext", f"subjectAltName={names}"], **options)
        return path.with_suffix(".pem"), path.with_suffix(".key")

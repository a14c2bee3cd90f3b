"""A certificate authority for one test run, and the certificates that a mail server may show."""

import subprocess
from dataclasses import dataclass
from pathlib import Path

CURVE = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
CERTIFICATES = {
    "server": {"names": "DNS:localhost,IP:127.0.0.1", "days": "2"},
    "wrong_name": {"names": "DNS:another.example", "days": "2"},
    "expired": {"names": "DNS:localhost,IP:127.0.0.1", "days": "-1"},
}


@dataclass(frozen=True, slots=True)
class Authority:
    folder: Path

    @property
    def file(self) -> Path:
        """What a client must trust."""
        return self.folder / "authority.pem"

    def certificate(self, name: str) -> Path:
        return self.folder / f"{name}.pem"

    def key(self, name: str) -> Path:
        return self.folder / f"{name}.key"


def make(folder: Path) -> Authority:
    made = Authority(folder)
    _openssl(
        *("req", "-x509", *CURVE, "-keyout", made.key("authority"), "-out", made.file, "-days", "2"),
        *("-subj", "/CN=Authority of this test run", "-addext", "keyUsage=critical,keyCertSign,cRLSign"),
    )
    for name, wishes in CERTIFICATES.items():
        request, extensions = folder / f"{name}.csr", folder / f"{name}.ext"
        extensions.write_text(f"subjectAltName={wishes['names']}\nauthorityKeyIdentifier=keyid\n")
        _openssl("req", "-new", *CURVE, "-keyout", made.key(name), "-out", request, "-subj", f"/CN={name}")
        _openssl(
            *("x509", "-req", "-in", request, "-CA", made.file, "-CAkey", made.key("authority"), "-CAcreateserial"),
            *("-days", wishes["days"], "-extfile", extensions, "-out", made.certificate(name)),
        )
        made.key(name).chmod(0o644)  # the server may work as somebody else
    return made


def _openssl(*arguments: str | Path) -> None:
    subprocess.run(["openssl", *arguments], check=True, capture_output=True)

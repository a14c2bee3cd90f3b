"""A verifier of DKIM signatures, written from RFC 6376 and RFC 8463 alone: it shares nothing with the signer.

verify(content, {("selector", "clinic.example"): public_key}) -> [True, False, ...], the topmost signature first
"""

import base64
import hashlib
import re

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256


def verify(content, keys):
    head, _, body = content.partition(b"\r\n\r\n")
    fields = re.findall(rb"(?:\A|(?<=\r\n))[^\r\n]*(?:\r\n[ \t][^\r\n]*)*", head)
    fields = [field for field in fields if field]
    return [
        holds(field, [one for one in fields if one is not field], body, keys)
        for field in fields
        if field.lower().startswith(b"dkim-signature:")
    ]


def tags(field):
    value = field.split(b":", 1)[1].decode("ascii")
    pairs = (part.split("=", 1) for part in value.split(";") if part.strip())
    return {name.strip(): re.sub(r"[ \t\r\n]+", "", said) for name, said in pairs}


def holds(field, others, body, keys):
    said = tags(field)
    assert (said["v"], said["c"]) == ("1", "relaxed/relaxed")
    if base64.b64encode(hashlib.sha256(relaxed_body(body)).digest()).decode() != said["bh"]:
        return False
    data = b"".join(relaxed_header(one) + b"\r\n" for one in chosen(said["h"], others))
    data += relaxed_header(re.sub(rb"([;\s]b=)[^;]*", rb"\1", field))
    return matches(keys[said["s"], said["d"]], base64.b64decode(said["b"]), data, said["a"])


def chosen(names, others):
    """Section 5.4.2: of each name the lowest not yet taken; a name without a header stands for nothing."""
    left = list(reversed(others))
    for name in names.lower().split(":"):
        for field in left:
            if field.split(b":", 1)[0].strip().lower().decode("latin-1") == name:
                left.remove(field)
                yield field
                break


def relaxed_header(field):
    name, value = field.split(b":", 1)
    unfolded = re.sub(rb"\r\n(?=[ \t])", b"", value)
    return name.strip().lower() + b":" + re.sub(rb"[ \t]+", b" ", unfolded).strip(b" \t")


def relaxed_body(body):
    lines = [re.sub(rb"[ \t]+", b" ", line.rstrip(b" \t")) for line in body.split(b"\r\n")]
    while lines and not lines[-1]:
        lines.pop()
    return b"".join(line + b"\r\n" for line in lines)


def matches(key, signature, data, algorithm):
    try:
        if isinstance(key, Ed25519PublicKey):
            assert algorithm == "ed25519-sha256"
            key.verify(signature, hashlib.sha256(data).digest())
        else:
            assert algorithm == "rsa-sha256"
            key.verify(signature, data, PKCS1v15(), SHA256())
    except InvalidSignature:
        return False
    return True

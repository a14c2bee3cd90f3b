"""Postfix: its own master, smtpd, cleanup, queue manager and virtual mailboxes, in a folder of the test's."""

import contextlib
import stat
from pathlib import Path

from tests.interop import packages
from tests.interop.dovecot import Authenticator
from tests.interop.relay import DOMAIN, DOORS, SIZE_LIMIT, Relay

QUEUES = ("active", "bounce", "corrupt", "defer", "deferred", "flush", "hold", "incoming", "maildrop", "saved", "trace")
SERVICES = """
cleanup    unix  n - n - 0 cleanup
qmgr       unix  n - n 1 1 qmgr
tlsmgr     unix  - - n 1000? 1 tlsmgr
rewrite    unix  - - n - - trivial-rewrite
bounce     unix  - - n - 0 bounce
defer      unix  - - n - 0 bounce
trace      unix  - - n - 0 bounce
proxymap   unix  - - n - - proxymap
anvil      unix  - - n - 1 anvil
error      unix  - - n - - error
retry      unix  - - n - - error
virtual    unix  - n n - - virtual
postlog    unix-dgram n - n - 1 postlogd
"""
RECIPIENTS = """
/^greylisted/  450 4.2.0 Greylisted, try again in five minutes
/^unwanted/    554 5.7.1 We do not want this
"""
KEYWORDS = {"pipelining": "pipelining", "size": "size", "eight_bit": "8bitmime"}
HEADERS = "/^Subject: .*Refuse me/  REJECT Not in this house\n"


class Postfix(Relay):
    name = "Postfix"
    above = frozenset({"Return-Path", "X-Original-To", "Delivered-To", "Received"})
    configuration: Path
    authenticator: Authenticator

    def start(self) -> None:
        if not hasattr(self, "configuration"):
            self._configure()
        self.authenticator = Authenticator(self.queue / "private" / "auth")
        self.give_away(self.authenticator.path)
        self.spawn([self.daemons / "master", "-c", self.configuration, "-d"])

    def kill(self) -> None:
        super().kill()
        self.authenticator.close()

    def is_quiet(self) -> bool:
        """A file that is not executable was never finished: its writer was killed before it said yes to anybody."""
        for file in (file for queue in ("incoming", "active") for file in (self.queue / queue).iterdir()):
            with contextlib.suppress(FileNotFoundError):
                if file.stat().st_mode & stat.S_IXUSR:
                    return False
        return True

    def envelope_recipient(self, above: dict[str, bytes]) -> str:
        return above["x-original-to"].decode()

    @property
    def queue(self) -> Path:
        return self.folder / "queue"

    @property
    def daemons(self) -> Path:
        return packages.ROOT / "usr/lib/postfix/sbin"

    def _configure(self) -> None:
        configuration = self.folder / "postfix"
        configuration.mkdir()
        (configuration / "recipients").write_text(RECIPIENTS)
        (configuration / "headers").write_text(HEADERS)
        (configuration / "mailboxes").write_text(f"/^lead[^@]*@{DOMAIN}$/  all/\n")
        (configuration / "main.cf").write_text(self._main(configuration))
        (configuration / "master.cf").write_text("".join(self._door(door) for door in DOORS) + SERVICES)
        self._make_queue()
        self.configuration = configuration

    def _make_queue(self) -> None:
        for name in (*QUEUES, "private", "public", "../data"):
            (self.queue / name).mkdir(parents=True)
            self.give_away(self.queue / name)
        (self.queue / "pid").mkdir()

    def _main(self, configuration: Path) -> str:
        settings = {
            "compatibility_level": "3.7",
            "queue_directory": self.queue,
            "data_directory": self.folder / "data",
            "command_directory": packages.ROOT / "usr/sbin",
            "daemon_directory": self.daemons,
            "shlib_directory": packages.ROOT / "usr/lib/postfix",
            "meta_directory": configuration,
            "maillog_file": self.folder / "log",
            "maillog_file_prefixes": self.folder,
            "import_environment": " ".join(["MAIL_CONFIG", *self.environment()]),
            "mail_owner": "postfix",
            "setgid_group": "postdrop",
            "myhostname": "relay.example",
            "mydestination": "",
            "inet_interfaces": "127.0.0.1",
            "inet_protocols": "ipv4",
            "mynetworks": "127.0.0.1/32",
            "local_recipient_maps": "",
            "alias_maps": "",
            "virtual_mailbox_domains": DOMAIN,
            "virtual_mailbox_base": self.mailboxes,
            "virtual_mailbox_maps": f"regexp:{configuration}/mailboxes",
            "virtual_minimum_uid": "1",
            "virtual_uid_maps": f"static:{self.uid}",
            "virtual_gid_maps": f"static:{self.gid}",
            "smtpd_recipient_restrictions": f"check_recipient_access regexp:{configuration}/recipients, "
            "permit_mynetworks, permit_sasl_authenticated, reject",
            "header_checks": f"regexp:{configuration}/headers",
            "message_size_limit": SIZE_LIMIT,
            "smtpd_error_sleep_time": "0",
            "in_flow_delay": "0",  # else a full queue makes smtpd wait a second for each mail
            "smtpd_tls_loglevel": "1",
            "smtpd_sasl_type": "dovecot",
            "smtpd_sasl_path": "private/auth",
        }
        return "".join(f"{name} = {value}\n" for name, value in settings.items())

    def _door(self, door: str) -> str:
        """One line of master.cf: a port of its own and what differs behind it."""
        wishes = DOORS[door]
        hidden = [word for wish, word in KEYWORDS.items() if not wishes.get(wish, True)]
        options = {"smtpd_discard_ehlo_keywords": ",".join(hidden)}
        if "tls" in wishes:
            options["smtpd_tls_security_level"] = "encrypt"
            options["smtpd_tls_wrappermode"] = "yes" if wishes.get("implicit") else "no"
            options["smtpd_tls_cert_file"] = str(self.authority.certificate(wishes["tls"]))
            options["smtpd_tls_key_file"] = str(self.authority.key(wishes["tls"]))
        if wishes.get("old"):
            options |= {"smtpd_tls_mandatory_protocols": "TLSv1.1", "smtpd_tls_mandatory_ciphers": "low"}
            options["tls_low_cipherlist"] = "ALL@SECLEVEL=0"
        if "connections" in wishes:
            options["smtpd_client_connection_count_limit"] = wishes["connections"]
            options["smtpd_client_event_limit_exceptions"] = "192.0.2.1"  # so that it counts this machine, too
        if wishes.get("auth"):
            options |= {"smtpd_sasl_auth_enable": "yes", "mynetworks": "192.0.2.1"}
        told = "".join(f"  -o {name}={value}\n" for name, value in options.items() if value)
        return f"127.0.0.1:{self.ports[door]} inet n - n - - smtpd\n{told}"

    def _write_accounts(self) -> None:
        (self.folder / "passwd").write_text(
            f"root:x:0:0::/:/bin/sh\npostfix:x:{self.uid}:{self.gid}::/:/bin/false\nnobody:x:65534:65534::/:/bin/false\n"
        )
        (self.folder / "group").write_text(f"root:x:0:\npostfix:x:{self.gid}:\npostdrop:x:61001:\nnogroup:x:65534:\n")

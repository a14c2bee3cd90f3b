"""Exim: one daemon that takes and delivers, in a folder of the test's. Its sync enforcement is on."""

import base64
import os
from pathlib import Path

from tests.interop import packages
from tests.interop.relay import DOMAIN, DOORS, PASSWORD, SIZE_LIMIT, USERNAME, Relay

CONFIGURATION = """
exim_path = {program}
keep_environment = ^LD_ : ^NSS_
add_environment = PATH=/usr/bin:/bin
spool_directory = {folder}/spool
log_file_path = {folder}/log-%s
pid_file_path = {folder}/exim.pid
primary_hostname = relay.example
daemon_smtp_ports = {ports}
local_interfaces = 127.0.0.1
deliver_drop_privilege = true
host_lookup =
rfc1413_query_timeout = 0s
smtp_enforce_sync = true
smtp_accept_max = 100
smtp_accept_max_per_connection = 100
smtp_accept_queue_per_connection = 0
remote_max_parallel = 1
message_size_limit = {size_limit}
accept_8bitmime = {eight_bit}
pipelining_advertise_hosts = {pipelining}
tls_advertise_hosts = {starttls}
tls_on_connect_ports = {implicit}
tls_certificate = {certificates}
tls_privatekey = {keys}
auth_advertise_hosts = {auth}
acl_smtp_rcpt = rcpt
acl_smtp_data = data
keep_malformed = 1s
ignore_bounce_errors_after = 1s
timeout_frozen_after = 1s

begin acl
rcpt:
  defer    local_parts = ^greylisted
           message = Greylisted, try again in five minutes
  deny     local_parts = ^unwanted
           message = 5.7.1 We do not want this
  deny     condition = ${{if forany{{{auth_ports}}}{{eq{{$item}}{{$received_port}}}}}}
           !authenticated = *
           message = 5.7.1 Sign in first
  deny     !domains = {domain}
           message = relay not permitted
  require  verify = recipient
  accept
data:
  deny     condition = ${{if match{{$h_subject:}}{{Refuse me}}}}
           message = Not in this house
  accept

begin routers
mailboxes:
  driver = accept
  domains = {domain}
  local_parts = ^lead
  transport = maildir

begin transports
maildir:
  driver = appendfile
  directory = {mailboxes}/all
  maildir_format
  create_directory
  envelope_to_add
  return_path_add
  delivery_date_add
  user = Debian-exim
  mode = 0644

begin retry
*  *  F,1h,1m

begin authenticators
plain:
  driver = plaintext
  public_name = PLAIN
  server_prompts = :
  server_condition = ${{if and{{{{eq{{$auth2}}{{{username}}}}}{{eq{{$auth3}}{{${{base64d:{password}}}}}}}}}}}
  server_set_id = $auth2
login:
  driver = plaintext
  public_name = LOGIN
  server_prompts = Username:: : Password::
  server_condition = ${{if and{{{{eq{{$auth1}}{{{username}}}}}{{eq{{$auth2}}{{${{base64d:{password}}}}}}}}}}}
  server_set_id = $auth1
"""


class Exim(Relay):
    name = "Exim"
    eight_bit = True
    above = frozenset({"Return-path", "Envelope-to", "Delivery-date", "Received"})
    configuration: Path

    def start(self) -> None:
        self.configuration = self.folder / "exim.conf"
        self.configuration.write_text(self._configuration())
        (self.folder / "spool").mkdir(exist_ok=True)
        self.give_away(self.folder / "spool")
        self.give_away(self.folder)
        program = packages.ROOT / "usr/sbin/exim4"
        self.spawn([program, "-C", self.configuration, "-bdf", "-q1s"])

    def is_quiet(self) -> bool:
        return not any((self.folder / "spool" / "input").glob("*-H"))

    def envelope_recipient(self, above: dict[str, bytes]) -> str:
        return above["envelope-to"].decode()

    def _configuration(self) -> str:
        with_tls = {door: wishes["tls"] for door, wishes in DOORS.items() if "tls" in wishes}
        return CONFIGURATION.format(
            program=packages.ROOT / "usr/sbin/exim4",
            folder=self.folder,
            mailboxes=self.mailboxes,
            domain=DOMAIN,
            size_limit=SIZE_LIMIT,
            eight_bit=str(self.eight_bit).lower(),
            ports=" : ".join(str(port) for port in self.ports.values()),
            pipelining=self._where({door: "*" for door, wishes in DOORS.items() if wishes.get("pipelining", True)}),
            starttls=self._where(dict.fromkeys(with_tls, "*")),
            implicit=" : ".join(str(self.ports[door]) for door, wishes in DOORS.items() if wishes.get("implicit")),
            certificates=self._where({door: str(self.authority.certificate(name)) for door, name in with_tls.items()}),
            keys=self._where({door: str(self.authority.key(name)) for door, name in with_tls.items()}),
            auth=self._where({door: "*" for door, wishes in DOORS.items() if wishes.get("auth")}),
            auth_ports="<, " + ", ".join(str(self.ports[door]) for door, wishes in DOORS.items() if wishes.get("auth")),
            username=USERNAME,
            password=base64.b64encode(PASSWORD.encode()).decode(),
        )

    def _where(self, values: dict[str, str], otherwise: str = "") -> str:
        """An expansion that depends on the port on which the client came in."""
        found = otherwise
        for door, value in values.items():
            found = f"${{if eq{{$received_port}}{{{self.ports[door]}}}{{{value}}}{{{found}}}}}"
        return found

    def _write_accounts(self) -> None:
        mine = f"Debian-exim:x:{self.uid}:{self.gid}::/:/bin/false\n"
        root = "root:x:0:0::/:/bin/sh\n" if os.getuid() == 0 else ""
        (self.folder / "passwd").write_text(f"{root}{mine}")
        (self.folder / "group").write_text(f"{'root:x:0:' if root else ''}\nDebian-exim:x:{self.gid}:\n")


class SevenBitExim(Exim):
    """It announces 8BITMIME at all of its doors or at none."""

    eight_bit = False

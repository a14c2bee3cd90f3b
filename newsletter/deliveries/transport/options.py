"""How one relay is reached and how much is asked of it."""

import ssl
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class SmtpOptions:
    host: str
    port: int = 25
    username: str = ""
    password: str = field(default="", repr=False)
    use_tls: bool = False  # STARTTLS; a relay that does not offer it is not used
    use_ssl: bool = False  # TLS from the first byte
    ca_file: str | None = None  # instead of the machine's certificate authorities
    verify: bool = True
    local_hostname: str = ""
    connections: int = 4
    mails_per_connection: int = 500
    pipelining: bool = True  # where the relay announces it
    connect_timeout: float = 10.0
    timeout: float = 60.0  # a reply to a command, or the next piece of a body
    dot_timeout: float = 600.0  # the reply to the final dot: the relay may be scanning
    closing_timeout: float = 5.0  # finishing what is in flight when stopped early; the reply to QUIT

    def __post_init__(self) -> None:
        if self.use_tls and self.use_ssl:
            raise ValueError("use_tls and use_ssl exclude each other")
        if self.connections < 1 or self.mails_per_connection < 1:
            raise ValueError("connections and mails_per_connection must be 1 or more")

    def tls_context(self) -> ssl.SSLContext | None:
        if not (self.use_tls or self.use_ssl):
            return None
        context = ssl.create_default_context(cafile=self.ca_file)
        if not self.verify:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        return context

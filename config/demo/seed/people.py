"""Fictional people. Their addresses are under .example, where no mail can go."""

from dataclasses import dataclass
from itertools import product
from random import Random

FIRST = (
    "Aisha",
    "Bram",
    "Carmen",
    "Dmitri",
    "Elena",
    "Farid",
    "Grace",
    "Hiro",
    "Ines",
    "Jonas",
    "Kofi",
    "Leila",
    "Marta",
    "Nadia",
    "Oscar",
    "Priya",
    "Quinn",
    "Rosa",
    "Stefan",
    "Tomas",
    "Uma",
    "Viktor",
    "Wanda",
    "Xavier",
    "Yara",
    "Zeno",
)
LAST = (
    "Almeida",
    "Berg",
    "Castellanos",
    "Dubois",
    "Eriksen",
    "Fofanah",
    "Gallo",
    "Haddad",
    "Ivanova",
    "Jansen",
    "Kaur",
    "Lindqvist",
    "Moreau",
)
QUESTIONS = (
    "Do I need a letter from my doctor before a first visit?",
    "I sit a lot at work. Could a call tell me whether this is for me?",
    "How long should I plan for a first visit?",
    "I take a blood thinner. Who should I ask first?",
    "Do you have times in the evening?",
    "Is there parking near the clinic?",
)
REFERRERS = ("", "", "www.google.com", "www.google.com", "www.bing.com", "duckduckgo.com", "health.example")


@dataclass(frozen=True, slots=True)
class Person:
    first_name: str
    last_name: str
    address: str
    phone: str
    referrer: str
    time_zone: str


def crowd(count: int, chance: Random) -> list[Person]:
    """So many people, every one with a name and an address of their own."""
    names = chance.sample(list(product(FIRST, LAST)), count)
    return [_person(number, first, last, chance) for number, (first, last) in enumerate(names)]


def _person(number: int, first: str, last: str, chance: Random) -> Person:
    return Person(
        first_name=first if chance.random() < 0.85 else "",  # noqa: PLR2004 - not everybody gives a name
        last_name=last,
        address=f"{first}.{last}@mail.example".lower(),
        phone=f"+1416555{200 + number:04}",
        referrer=chance.choice(REFERRERS),
        time_zone=chance.choice(("America/Toronto",) * 6 + ("America/Vancouver", "America/Halifax")),
    )

"""The newspaper: its sections and articles, read from text files. Standard library only."""
from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

NAME = "The Veldhaven Courier"
SECTIONS = {"town": "Town", "region": "Region", "business": "Business", "sport": "Sport", "culture": "Culture"}
ARTICLES = Path(__file__).resolve().parent / "articles"


@dataclass(frozen=True)
class Article:
    """`age` is how long before the start of the site it was published."""

    path: str
    section: str
    title: str
    author: str
    place: str
    age: timedelta
    paragraphs: tuple[str, ...]

    def published(self, now: datetime) -> datetime:
        return now - self.age


def read_article(file: Path) -> Article:
    """Lines of `name: value`, an empty line, and paragraphs with empty lines between them."""
    head, *paragraphs = file.read_text(encoding="utf-8").strip().split("\n\n")
    said = dict(line.split(": ", 1) for line in head.splitlines())
    section = file.parent.name
    return Article(f"/{section}/{file.stem}", section, said["title"], said["by"], said["place"],
                   timedelta(hours=float(said["age"])), tuple(" ".join(text.split()) for text in paragraphs))


class Newspaper:
    """All articles, the newest first."""

    def __init__(self, directory: Path = ARTICLES) -> None:
        read = [read_article(file) for section in SECTIONS for file in sorted((directory / section).glob("*.txt"))]
        self.articles = sorted(read, key=lambda article: article.age)
        self.by_path = {article.path: article for article in self.articles}

    def of_section(self, section: str) -> list[Article]:
        return [article for article in self.articles if article.section == section]

    def related(self, article: Article, count: int) -> list[Article]:
        """What an editor would link: first of the same section, then what is new elsewhere."""
        same = [other for other in self.of_section(article.section) if other is not article]
        at = self.articles.index(article)
        elsewhere = [other for other in self.articles[at:] + self.articles[:at] if other.section != article.section]
        mixed = [one for pair in zip(same, elsewhere) for one in pair]
        return mixed[:count]

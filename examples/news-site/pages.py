"""From articles to pages."""
from __future__ import annotations

from datetime import datetime
from html import escape
from pathlib import Path
from string import Template

from newspaper import NAME, SECTIONS, Article, Newspaper

TEMPLATES = Path(__file__).resolve().parent / "templates"
STYLE = (TEMPLATES / "style.css").read_bytes()
_PAGE, _ARTICLE, _FRONT, _SECTION = (
    Template((TEMPLATES / f"{name}.html").read_text(encoding="utf-8"))
    for name in ("page", "article", "front", "section"))
# Behind which paragraph the two ALSO READ stand.
_FIRST_ALSO, _SECOND_ALSO = 1, 3


class Pages:
    """`views` is the address that serves views.js and the counts, without a slash at its end."""

    def __init__(self, paper: Newspaper, views: str, now: datetime) -> None:
        self._paper = paper
        self._views = views
        self._now = now

    def front(self) -> str:
        lead, *others = self._paper.articles
        body = _FRONT.substitute(lead=self._teaser(lead, "lead", "h1"), others="".join(
            self._teaser(article, "new", "h2") for article in others[:4]), sections="".join(
            self._box(section, {article.path for article in (lead, *others[:4])}) for section in SECTIONS))
        return self._page(NAME, body, refresh=2)

    def section(self, section: str) -> str:
        articles = self._paper.of_section(section)
        body = _SECTION.substitute(name=escape(SECTIONS[section]), section=section, articles="".join(
            self._teaser(article, "lead" if number == 0 else "row", "h2") for number, article in enumerate(articles)))
        return self._page(f"{SECTIONS[section]} – {NAME}", body, section, refresh=2)

    def article(self, article: Article) -> str:
        related = "".join(f'<li><a href="{one.path}">{escape(one.title)}</a></li>'
                          for one in self._paper.related(article, 4))
        paragraphs = [f"<p>{escape(text)}</p>" for text in article.paragraphs]
        paragraphs.insert(_SECOND_ALSO + 1, _also_read("also more", related, article.section, 4))
        paragraphs.insert(_FIRST_ALSO + 1, _also_read("also", related, article.section, 1))
        body = _ARTICLE.substitute(
            section=article.section, section_name=escape(SECTIONS[article.section]), title=escape(article.title),
            author=escape(article.author), place=escape(article.place), path=article.path,
            time=article.published(self._now).isoformat(timespec="minutes"), date=self._date(article),
            paragraphs="\n".join(paragraphs), dashboard=f"{self._views}/#/article/{article.path}")
        return self._page(f"{article.title} – {NAME}", body, article.section, refresh=1)

    def not_found(self) -> str:
        return self._page(f"Not found – {NAME}", '<main class="plain"><h1>There is no such page</h1>'
                          '<p>It may have been moved. Begin again at the <a href="/">front page</a>.</p></main>')

    def _page(self, title: str, body: str, section: str | None = None, refresh: int = 0) -> str:
        links = "".join(f'<li><a href="/{one}"{" aria-current=true" if one == section else ""}>{name}</a></li>'
                        for one, name in SECTIONS.items())
        script = f'<script defer src="{self._views}/views.js" data-refresh="{refresh}"></script>' if refresh else ""
        return _PAGE.substitute(title=escape(title), name=NAME, links=links, body=body, script=script,
                                today=f"{self._now:%A}, {self._now.day} {self._now:%B %Y}", views=self._views)

    def _date(self, article: Article) -> str:
        when = article.published(self._now)
        return f"{when.day} {when:%B %Y, %H:%M} UTC"

    @staticmethod
    def _teaser(article: Article, kind: str, heading: str) -> str:
        views = f'<p class="meta"><span class="views" data-pv-views="{article.path}">–</span> views</p>'
        text = "" if kind == "box" else f"<p>{escape(article.paragraphs[0].partition(' – ')[2])}</p>"
        return (f'<article class="teaser {kind}"><p class="kicker">{SECTIONS[article.section]}</p>'
                f'<{heading}><a href="{article.path}">{escape(article.title)}</a></{heading}>{text}{views}</article>')

    def _box(self, section: str, shown: set[str]) -> str:
        articles = [one for one in self._paper.of_section(section) if one.path not in shown][:3]
        return (f'<section class="box"><h2><a href="/{section}">{SECTIONS[section]}</a></h2>'
                + "".join(self._teaser(article, "box", "h3") for article in articles) + "</section>")


def _also_read(kind: str, fallback: str, section: str, most: int) -> str:
    """What stands there before views.js has filled it, and where it cannot, are an editor's links."""
    return (f'<aside class="{kind}"><b>Also read</b><ul data-pv-also-read data-section="{section}" '
            f'data-max="{most}">{fallback}</ul></aside>')

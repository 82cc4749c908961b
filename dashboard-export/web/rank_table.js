// A trending list as a table. Rows stay the same elements while their article is in the list.
import { el, place, setText } from './dom.js';
import { count, decimal } from './numbers.js';
import { to } from './router.js';

// How far it rose in an hour: by a sign and a number, with words for who does not see the sign.
function change(cell, value) {
  const text = !value ? '' : `${value > 0 ? '▲' : '▼'}${Math.abs(value)}`;
  if (cell.textContent === text) return;
  cell.className = `change ${value > 0 ? 'up' : 'down'}`;
  cell.replaceChildren(...(text ? [el('span', { 'aria-hidden': 'true' }, text),
    el('span', { class: 'unseen' }, `${value > 0 ? 'up' : 'down'} ${Math.abs(value)} in an hour`)] : []));
}

export class RankTable {
  #rows = new Map(); #sparks; #body; #options;

  // options: `list` of LISTS; `caption`; `isFull` for one with more columns; `section`: rows do not say it again.
  constructor(sparks, options) {
    this.#sparks = sparks;
    this.#options = options;
    const { list, isFull } = options;
    this.#body = el('tbody');
    this.element = el('table', { class: isFull ? 'ranks ranks-full' : 'ranks' },
      el('caption', { class: 'unseen' }, options.caption),
      el('colgroup', {}, ['col-rank', 'col-article', 'col-spark', 'col-score', isFull ? 'col-views' : null]
        .map((name) => name && el('col', { class: name }))),
      el('thead', { class: isFull ? null : 'unseen' }, el('tr', {},
        el('th', { scope: 'col', class: 'rank' }, el('span', { class: 'unseen' }, 'Rank')),
        el('th', { scope: 'col' }, 'Article'),
        el('th', { scope: 'col', class: 'spark-cell' }, '24 h'),
        el('th', { scope: 'col', class: 'number' }, list.score),
        isFull ? el('th', { scope: 'col', class: 'number all-time' }, 'All time') : null)),
      this.#body);
  }

  // `rising` are the ids that are marked.
  show(items, rising) {
    const kept = new Set(items.map((item) => item.article));
    for (const [article, row] of this.#rows) {
      if (kept.has(article)) continue;
      this.#sparks.remove(row.spark);
      this.#rows.delete(article);
    }
    place(this.#body, items.map((item) => this.#row(item, rising.has(item.article)).element));
  }

  #make(article) {
    const row = {
      rank: el('span'), change: el('span', { class: 'change' }),
      link: el('a', { href: to.article(article), class: 'headline' }), tags: el('span', { class: 'tags' }),
      spark: el('td', { class: 'spark-cell' }),
      score: el('td', { class: 'number' }), views: el('td', { class: 'number all-time' }),
    };
    row.element = el('tr', {}, el('td', { class: 'rank' }, row.rank, row.change),
      el('th', { scope: 'row' }, row.link, row.tags), row.spark, row.score, this.#options.isFull ? row.views : null);
    this.#rows.set(article, row);
    this.#sparks.add(row.spark, article);
    return row;
  }

  #row(item, isRising) {
    const row = this.#rows.get(item.article) ?? this.#make(item.article);
    const { list, section } = this.#options;
    setText(row.rank, String(item.rank));
    change(row.change, item.change);
    setText(row.link, item.title || item.article);
    const tags = [];
    if (isRising && list.name !== 'rising') tags.push(el('span', { class: 'rising' }, '↗ rising'));
    if (item.section && section == null) {
      tags.push(el('a', { class: 'section', href: to.section(item.section) }, item.section));
    }
    if (row.tags.textContent !== tags.map((tag) => tag.textContent).join('')) row.tags.replaceChildren(...tags);
    setText(row.score, list.name === 'rising' ? decimal(item.score) : count(item.score));
    setText(row.views, count(item.views));
    return row;
  }
}

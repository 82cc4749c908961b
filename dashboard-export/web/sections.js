// The filter by section: a row of links, those with most articles in the lists first.
import { el, place } from './dom.js';

const SHOWN = 10;
const byName = new Intl.Collator().compare;

export class Sections {
  #nav; #shown; #rest; #more; #known = new Map(); #links = new Map(); #current; #href;

  // `current` is the section chosen, or null; `href` makes the link to one, or to all of them (null).
  constructor(current, href) {
    this.#current = current;
    this.#href = href;
    this.#shown = el('ul', { class: 'chips' });
    this.#rest = el('ul', { class: 'chips' });
    this.#more = el('details', { class: 'more', hidden: true }, el('summary', {}, 'More sections'), this.#rest);
    this.#nav = el('nav', { class: 'sections', 'aria-label': 'Sections' }, this.#shown, this.#more);
    if (current != null) this.#known.set(current, 0);
    this.#draw();
  }

  get element() { return this.#nav; }

  // Names from index.json, which has all that have lists.
  addNames(names) {
    for (const name of names) if (!this.#known.has(name)) this.#known.set(name, 0);
    this.#draw();
  }

  // The order is kept as it was first seen: links that move about cannot be hit.
  addItems(items) {
    for (const { section } of items) if (section) this.#known.set(section, (this.#known.get(section) ?? 0) + 1);
    this.#draw();
  }

  #chip(section) {
    const found = this.#links.get(section);
    if (found) return found;
    const isCurrent = section === this.#current;
    const link = el('li', {}, el('a', { href: this.#href(section), 'aria-current': isCurrent ? 'page' : null },
      section ?? 'All'));
    this.#links.set(section, link);
    return link;
  }

  #draw() {
    this.#nav.hidden = this.#known.size === 0;
    const names = [...this.#known.keys()].sort((a, b) => this.#known.get(b) - this.#known.get(a) || byName(a, b));
    const shown = names.slice(0, SHOWN);
    if (this.#current != null && !shown.includes(this.#current)) shown.push(this.#current);
    const rest = names.filter((name) => !shown.includes(name)).sort(byName);
    place(this.#shown, [null, ...shown.sort(byName)].map((name) => this.#chip(name)));
    place(this.#rest, rest.map((name) => this.#chip(name)));
    this.#more.hidden = rest.length === 0;
  }
}

// The names in index.json: absent in a file of an older exporter.
export const sectionNames = (index) => Object.keys(index?.names?.sections ?? {});

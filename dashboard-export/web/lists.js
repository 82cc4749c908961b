// Pages of trending lists: three beside each other, or one in full.
import { el } from './dom.js';
import { count } from './numbers.js';
import { RankTable } from './rank_table.js';
import { to } from './router.js';
import { listFile } from './safe_name.js';
import { sectionNames, Sections } from './sections.js';
import { Sparks } from './sparks.js';
import { EMPTY, listOf, LISTS } from './words.js';

const SHORT = 10; // of a list beside others; so many of the rising ones are marked in the other lists
const STEP = 50;
const BESIDE = ['1h', 'hot', 'rising'];

const inSection = (section) => (section == null ? '' : ` in ${section}`);

// Keeps one list and what rises in view. `seen` gets the items, or null when the list has no file.
class Listing {
  #table; #empty; #items; #rising = new Set(); #ends = []; #limit; #onItems;

  constructor({ feed, sparks, name, section, isFull, limit, onItems = () => {} }) {
    this.list = listOf(name);
    this.#limit = limit;
    this.#onItems = onItems;
    this.#table = new RankTable(sparks, { list: this.list, isFull, section,
      caption: `${this.list.title}${inSection(section)}` });
    this.#empty = el('p', { class: 'empty' }, 'Waiting for the list …');
    this.element = el('div', { class: 'listing' }, this.#empty, this.#table.element);
    this.#table.element.hidden = true;
    this.#ends.push(feed.watch(listFile(name, section), (file) => {
      this.#items = file?.items ?? [];
      this.#onItems(this.#items);
      this.#draw();
    }));
    this.#ends.push(feed.watch(listFile('rising', section), (file) => {
      this.#rising = new Set(file?.items.slice(0, SHORT).map((item) => item.article));
      this.#draw();
    }));
  }

  set limit(limit) { this.#limit = limit; this.#draw(); }

  stop() { for (const end of this.#ends) end(); }

  #draw() {
    if (!this.#items) return;
    const isEmpty = this.#items.length === 0;
    this.#empty.textContent = EMPTY[this.list.name];
    this.#empty.hidden = !isEmpty;
    this.#table.element.hidden = isEmpty;
    this.#table.show(this.#items.slice(0, this.#limit), this.#rising);
  }
}

function watchSections(feed, sections) {
  return [
    feed.watch('index.json', (index) => sections.addNames(sectionNames(index)), 60_000),
    feed.watch(listFile('24h'), (file) => sections.addItems(file?.items ?? []), 60_000),
  ];
}

// The lists that an editor looks at, side by side, with the filter above them.
export function listsBeside({ feed }, section) {
  const sparks = new Sparks(feed);
  const sections = new Sections(section, to.section);
  const listings = BESIDE.map((name) => new Listing({ feed, sparks, name, section, limit: SHORT }));
  const ends = watchSections(feed, sections);
  const panels = listings.map(({ list, element }) => {
    const id = `list-${list.name}`;
    return el('section', { class: 'panel', 'aria-labelledby': id },
      el('div', { class: 'panel-top' },
        el('h2', { id, class: 'panel-head' }, el('a', { href: to.list(list.name, section) }, list.title)),
        el('p', { class: 'panel-unit', 'aria-hidden': 'true' }, list.score.toLowerCase())),
      element);
  });
  function stop() {
    for (const end of ends) end();
    for (const listing of listings) listing.stop();
    sparks.stop();
  }
  return { stop, element: el('section', { class: 'lists', 'aria-label': `Trending${inSection(section)}` },
    sections.element, el('div', { class: 'beside' }, panels)) };
}

export function sectionPage(context, { section }) {
  const lists = listsBeside(context, section);
  return { title: section, element: [el('h1', {}, section), lists.element], stop: lists.stop };
}

export function listPage({ feed }, { list: name, section }) {
  if (!listOf(name)) return null;
  const sparks = new Sparks(feed);
  const sections = new Sections(section, (chosen) => to.list(name, chosen));
  const more = el('button', { type: 'button', class: 'more-rows' });
  let shown = STEP;
  let length = 0;
  const offer = () => {
    more.hidden = length <= shown;
    more.textContent = `Show ${count(Math.min(STEP, length - shown))} more of ${count(length)}`;
  };
  const listing = new Listing({ feed, sparks, name, section, isFull: true, limit: shown,
    onItems: (items) => { length = items.length; offer(); } });
  more.addEventListener('click', () => { shown += STEP; listing.limit = shown; offer(); });
  offer();
  const tab = (list) => el('a', { href: to.list(list.name, section),
    'aria-current': list.name === name ? 'page' : null }, list.title);
  const tabs = el('nav', { class: 'sections', 'aria-label': 'Lists' },
    el('ul', { class: 'chips' }, LISTS.map((list) => el('li', {}, tab(list)))));
  const ends = watchSections(feed, sections);
  const { title, about } = listing.list;
  return {
    title: `${title}${inSection(section)}`,
    element: [el('h1', {}, `${title}${inSection(section)}`), tabs, sections.element,
      el('p', { class: 'about' }, about), el('div', { class: 'panel' }, listing.element, more)],
    stop: () => { for (const end of ends) end(); listing.stop(); sparks.stop(); },
  };
}

// One article: its numbers, its lines, the lists that it is in, what else its readers read.
import { el, setText } from './dom.js';
import { ARTICLE_MS } from './feed.js';
import { count } from './numbers.js';
import { Plot } from './plot.js';
import { to } from './router.js';
import { alsoReadFile, articleFile } from './safe_name.js';
import { dayShape, hourShape } from './shapes.js';
import { upTo } from './series.js';
import { DAY, HOUR, moment } from './zone.js';
import { LISTS } from './words.js';

const HEIGHT = 180;

const fact = (name, value) => el('div', { class: 'fact' }, el('dt', {}, name), el('dd', {}, value));

// Views since midnight of the zone, from hours; those of zones at half hours begin between two.
function todayOf(hours, zone, now) {
  const midnight = zone.midnight(now);
  return hours.views.reduce((sum, views, i) => sum + (hours.at[i] >= midnight ? views : 0), 0);
}

function facts(file, zone, now) {
  const hours = upTo(file.hours, HOUR, now);
  const isOfToday = moment(file.days.to) === Math.floor(now / DAY) * DAY;
  const since = zone.clock(Math.floor(now / DAY) * DAY);
  const readers = isOfToday ? file.visitors_today : 0;
  return [
    fact('This hour', count(hours.views.at(-1))),
    fact('Today', count(todayOf(hours, zone, now))),
    // Visitors are told apart within a day of UTC.
    fact(`Readers since ${since}`, readers === null ? 'not known' : count(readers)),
    fact('All time', count(file.total)),
  ];
}

function ranks(file) {
  const found = LISTS.filter((list) => file.ranks[list.name]);
  if (!found.length) return [el('p', { class: 'empty' }, 'It is in no list of the site now.')];
  const place = (list) => el('a', { href: to.list(list.name) }, el('b', {}, `${count(file.ranks[list.name])}.`),
    ` ${list.title}`);
  return [el('ul', { class: 'placings' }, found.map((list) => el('li', {}, place(list))))];
}

function alsoRead(file) {
  if (!file?.items.length) {
    return [el('p', { class: 'empty' }, 'Nothing yet: it takes a few readers who read something else too.')];
  }
  const why = (item) => (item.by === 'section' ? `trending in ${item.section ?? 'the site'}` : 'by the same readers');
  return [el('ol', { class: 'also' }, file.items.map((item) => el('li', {},
    el('a', { href: to.article(item.article), class: 'headline' }, item.title || item.article),
    el('span', { class: 'tags' }, why(item)))))];
}

const panel = (id, title, ...children) =>
  el('section', { class: 'panel', 'aria-labelledby': id }, el('h2', { id, class: 'panel-head' }, title), ...children);

export function articlePage({ feed, zone, setTitle }, { article }) {
  const heading = el('h1', {}, article);
  const under = el('p', { class: 'about' });
  const numbers = el('dl', { class: 'facts' });
  const hours = new Plot(HEIGHT);
  const days = new Plot(HEIGHT);
  const shapes = [hourShape(zone, 'bars'), dayShape()];
  const lists = el('div');
  const also = el('div');
  const empty = el('p', { class: 'empty' }, 'Waiting for its file …');
  const body = el('div', { class: 'article', hidden: true }, numbers,
    el('div', { class: 'beside beside-2' },
      panel('by-hour', '48 hours', hours.element), panel('by-day', '30 days', days.element),
      panel('placed', 'Lists', lists), panel('also', 'Also read', also)));

  function show(file) {
    empty.hidden = Boolean(file);
    body.hidden = !file;
    if (!file) {
      setText(empty, 'There are no counts of this article: nobody has read it yet, or its name is another one.');
      return;
    }
    const now = feed.now();
    setText(heading, file.title || article);
    setTitle(file.title || article);
    const section = file.section && el('a', { class: 'section', href: to.section(file.section) }, file.section);
    under.replaceChildren(...[section, el('code', {}, article)].filter(Boolean));
    numbers.replaceChildren(...facts(file, zone, now));
    lists.replaceChildren(...ranks(file));
    const byHour = upTo(file.hours, HOUR, now);
    const byDay = upTo(file.days, DAY, now);
    hours.show(shapes[0], [byHour.at, byHour.views],
      `At most ${count(Math.max(...byHour.views))} views in an hour. The last hour is in progress.`);
    days.show(shapes[1], [byDay.at, byDay.views],
      `At most ${count(Math.max(...byDay.views))} views in a day. Days are those of UTC; today is in progress.`);
  }

  const ends = [
    feed.watch(articleFile(article), show, ARTICLE_MS),
    feed.watch(alsoReadFile(article), (file) => also.replaceChildren(...alsoRead(file)), 30_000),
  ];
  return {
    title: article,
    element: [heading, under, empty, body],
    stop: () => { for (const end of ends) end(); hours.stop(); days.stop(); },
  };
}

// What was not counted as a view, and why.
import { el } from './dom.js';
import { count, shareOf } from './numbers.js';
import { nameOfReason, REASONS } from './words.js';
import { DAY, utcDay } from './zone.js';

const HEAD_CLASSES = [null, 'number', 'number yesterday', 'number', 'number share'];
const sum = (reasons) => Object.values(reasons).reduce((all, value) => all + value, 0);

function row(reason, today, yesterday, all, events) {
  return el('tr', {},
    el('th', { scope: 'row' }, el('span', { class: 'reason' }, nameOfReason(reason)),
      el('span', { class: 'tags' }, REASONS[reason] ?? '')),
    el('td', { class: 'number' }, count(today)),
    el('td', { class: 'number yesterday' }, count(yesterday)),
    el('td', { class: 'number' }, count(all)),
    el('td', { class: 'number share' }, shareOf(all, events)));
}

function table(totals, yesterday) {
  const reasons = Object.keys({ ...totals.filtered, ...totals.today.filtered, ...yesterday });
  reasons.sort((a, b) => (totals.filtered[b] ?? 0) - (totals.filtered[a] ?? 0) || (a < b ? -1 : 1));
  const head = ['Reason', 'Today', 'Yesterday', 'All time', 'Share'].map((text, i) =>
    el('th', { scope: 'col', class: HEAD_CLASSES[i] }, text));
  return el('table', { class: 'ranks ranks-full reasons' },
    el('caption', { class: 'unseen' }, 'Events that are no views, by reason'),
    el('colgroup', {}, ['col-article', 'col-score', 'col-score col-views', 'col-score', 'col-score col-views']
      .map((name) => el('col', { class: name }))),
    el('thead', {}, el('tr', {}, head)),
    el('tbody', {}, reasons.map((reason) => row(reason, totals.today.filtered[reason] ?? 0, yesterday[reason] ?? 0,
      totals.filtered[reason] ?? 0, totals.events))));
}

export function filteredPage({ feed, zone }) {
  const said = el('p', { class: 'about' }, 'Waiting for the counts …');
  const body = el('div', { class: 'panel' });
  let totals;
  let yesterday = {};
  let day = null;
  let endDay = () => {};

  // The page may be open for days.
  function watchYesterday() {
    const date = utcDay(feed.now() - DAY);
    if (date === day) return;
    day = date;
    yesterday = {};
    endDay();
    endDay = feed.watch(`filtered/${date}.json`, (file) => { yesterday = file?.reasons ?? {}; draw(); }, 60_000);
  }

  function draw() {
    if (totals === undefined) return;
    if (totals === null || totals.events === 0) {
      said.textContent = 'Nothing was counted yet.';
      return;
    }
    const left = sum(totals.filtered);
    said.textContent = `Of ${count(totals.events)} events, ${count(totals.views)} are views; ${count(left)} were `
      + `left out, ${shareOf(left, totals.events)}. Lines of access logs that are no pages were left out before.`;
    body.replaceChildren(left ? table(totals, yesterday) : el('p', { class: 'empty' }, 'All events were views.'));
  }

  const ends = [
    feed.watch('totals.json', (file) => { totals = file; watchYesterday(); draw(); }),
    feed.watch('live.json', watchYesterday), // changes every minute, also where nothing is counted
  ];
  watchYesterday();
  const begins = zone.clock(Math.floor(feed.now() / DAY) * DAY);
  return {
    title: 'Filtered',
    element: [el('h1', {}, 'Filtered, and why'), said, body,
      el('p', { class: 'about' }, `Days are those of UTC: they begin at ${begins} in ${zone.name}.`)],
    stop: () => { for (const end of [...ends, endDay]) end(); },
  };
}

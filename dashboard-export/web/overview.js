// The first page: who is there now, today beside the same day last week, and what is read.
import { el, setText } from './dom.js';
import { listsBeside } from './lists.js';
import { count, mean } from './numbers.js';
import { SiteLine } from './site_line.js';
import { bars } from './sparkline.js';

const LAST_MINUTES = 5;

// The mean of the last whole minutes: the one in progress is not over.
export function viewsAMinute(items) {
  const whole = items.slice(-LAST_MINUTES - 1, -1);
  return whole.reduce((sum, item) => sum + item.views, 0) / whole.length;
}

// The one number: people, or views a minute where views come without visitors.
export function liveNumber(live) {
  const { people, views } = live.now;
  return people === 0 && views > 0
    ? { value: mean(viewsAMinute(live.items)), unit: 'views a minute', isPeople: false }
    : { value: count(people), unit: people === 1 ? 'person now' : 'people now', isPeople: true };
}

class Now {
  #number = el('span', { class: 'now-number' }, '–');
  #unit = el('span', { class: 'now-unit' }, 'people now');
  #rate = el('b', {}, '–');
  #note = el('p', { class: 'now-note' });
  #bars = el('div', { class: 'now-bars' });

  element = el('section', { class: 'now panel', 'aria-label': 'Now' },
    el('p', { class: 'now-main' }, this.#number, ' ', this.#unit),
    el('p', { class: 'now-rate' }, this.#rate, ' views a minute'),
    this.#bars, this.#note);

  show(live) {
    if (!live) return;
    const number = liveNumber(live);
    const views = live.items.map((item) => item.views);
    const hour = views.reduce((sum, value) => sum + value, 0);
    setText(this.#number, number.value);
    setText(this.#unit, number.unit);
    setText(this.#rate, mean(viewsAMinute(live.items)));
    this.#rate.parentElement.hidden = !number.isPeople;
    this.#bars.replaceChildren(bars(views));
    const people = number.isPeople ? '' : ' Views come without visitors, so people are not known.';
    setText(this.#note, hour === 0 ? 'No views in the last hour.'
      : `${count(hour)} views in the last hour, minute by minute.${people}`);
  }
}

export function overviewPage(context) {
  const now = new Now();
  const line = new SiteLine(context);
  const lists = listsBeside(context, null);
  const end = context.feed.watch('live.json', (live) => { now.show(live); line.showLive(live); });
  return {
    title: null,
    element: [el('h1', { class: 'unseen' }, 'The site now'),
      el('div', { class: 'hero' }, now.element, line.element), lists.element],
    stop: () => { end(); line.stop(); lists.stop(); },
  };
}

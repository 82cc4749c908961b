// The page: which one is shown, what stands in the head, and how fresh the counts are.
import { articlePage } from './article.js';
import { el, setText } from './dom.js';
import { Feed } from './feed.js';
import { filteredPage } from './filtered.js';
import { freshness } from './freshness.js';
import { listPage, sectionPage } from './lists.js';
import { liveNumber, overviewPage } from './overview.js';
import { route, to } from './router.js';
import { Zone } from './zone.js';

const find = (name) => document.querySelector(`[data-${name}]`);

function missingPage() {
  const home = el('p', {}, el('a', { href: to.overview() }, 'To the site now'));
  return { title: 'Not found', element: [el('h1', {}, 'There is no such page'), home], stop() {} };
}

// A row a page: what makes it. null: what the address names is not there.
const PAGES = { overview: overviewPage, list: listPage, section: sectionPage, article: articlePage,
  filtered: filteredPage, missing: missingPage };

class Dashboard {
  #feed = new Feed(new URL('.', document.baseURI), () => this.#showState());
  #zone = new Zone(); #live; #page = null; #title = null; #isStale = false;
  #main = document.getElementById('main');

  async start() {
    find('skip').addEventListener('click', (event) => { event.preventDefault(); this.#main.focus(); });
    this.#feed.start();
    this.#feed.watch('live.json', (live) => { this.#live = live; this.#showState(); });
    setInterval(() => this.#showState(), 1_000);
    const index = await this.#feed.first('index.json');
    this.#zone = new Zone(index?.timezone);
    setText(find('zone'), `Times in ${this.#zone.name}${this.#zone.isReaders ? ', your time zone' : ''}.`);
    addEventListener('hashchange', () => this.#open(true));
    this.#open(false);
  }

  #open(isMove) {
    const where = route(location.hash);
    this.#page?.stop();
    const context = { feed: this.#feed, zone: this.#zone,
      setTitle: (title) => { this.#title = title; this.#showTitle(); } };
    this.#page = PAGES[where.page](context, where) ?? missingPage();
    this.#title = this.#page.title;
    this.#main.replaceChildren(...[this.#page.element].flat());
    for (const link of document.querySelectorAll('[data-nav]')) {
      if (link.dataset.nav === where.page) link.setAttribute('aria-current', 'page');
      else link.removeAttribute('aria-current');
    }
    this.#showTitle();
    if (!isMove) return;
    // As a new page would: what is read goes on from its heading.
    scrollTo(0, 0);
    this.#main.focus({ preventScroll: true });
  }

  #showTitle() {
    const live = this.#live ? liveNumber(this.#live) : null;
    const parts = [live && `${live.value} ${live.unit}`, this.#title, 'Page views'].filter(Boolean);
    const title = `${this.#isStale ? '⚠ ' : ''}${parts.join(' · ')}`;
    if (document.title !== title) document.title = title;
  }

  #showState() {
    const state = freshness({ now: this.#feed.now(), live: this.#live, missing: this.#live === null,
      lostAt: this.#feed.lostAt }, this.#zone);
    setText(find('fresh'), state.text);
    // An alert is read out when its text changes, so it has nothing that counts seconds.
    setText(find('alarm'), state.alarm ?? '');
    this.#isStale = state.alarm !== null;
    document.documentElement.classList.toggle('is-stale', this.#isStale);
    this.#showTitle();
  }
}

new Dashboard().start();

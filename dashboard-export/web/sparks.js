// The line of each article in a list, from the article's own file: read when its row comes into view, and again
// every minute while it is there.
import { sparkline } from './sparkline.js';
import { articleFile } from './safe_name.js';
import { upTo, HOURS_SHOWN } from './series.js';
import { HOUR } from './zone.js';

const EVERY_MS = 60_000;

export class Sparks {
  #feed; #seen; #ends = new Map();

  constructor(feed) {
    this.#feed = feed;
    this.#seen = new IntersectionObserver((entries) => {
      for (const { target, isIntersecting } of entries) {
        if (isIntersecting) this.#begin(target);
        else this.#end(target);
      }
    }, { rootMargin: '200px' });
  }

  // An element that gets the line of the article, as long as it is seen.
  add(host, article) {
    host.dataset.article = article;
    this.#seen.observe(host);
  }

  remove(host) {
    this.#seen.unobserve(host);
    this.#end(host);
  }

  stop() {
    this.#seen.disconnect();
    for (const host of [...this.#ends.keys()]) this.#end(host);
  }

  #begin(host) {
    if (this.#ends.has(host)) return;
    this.#ends.set(host, this.#feed.watch(articleFile(host.dataset.article), (file) => {
      if (!file) return;
      const { views } = upTo(file.hours, HOUR, this.#feed.now());
      host.replaceChildren(sparkline(views.slice(-HOURS_SHOWN)));
    }, EVERY_MS));
  }

  #end(host) {
    this.#ends.get(host)?.();
    this.#ends.delete(host);
  }
}

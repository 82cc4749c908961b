// The JSON files, asked for again while somebody watches them. Where the server has /events it says what changed;
// a server of plain files is asked: live.json every 2 s, others every 10 s. The browser's cache makes each ask a
// conditional one, so a file that did not change has no body.

const LIVE = 'live.json';
const LIVE_MS = 2_000;
const FILE_MS = 10_000;
export const ARTICLE_MS = 2_000; // of the article whose page is open
// With /events, in case one was missed; and live.json of a page that nobody sees, for the number in its title.
const STREAMED_MS = 30_000;
const HIDDEN_MS = 10_000;
const AGAIN_MS = 300_000; // /events was not there: another server may come up at the address
const DEADLINE_MS = 15_000;
const AT_ONCE = 6;
const FILES_MAX = 400; // kept in memory, those that nobody watches go first

export class Feed {
  #base; #files = new Map(); #loading = 0; #isStreaming = false; #onState;
  lostAt = null; // since when the server does not answer
  skew = 0; // ms that its clock is ahead of ours

  constructor(base, onState = () => {}) {
    this.#base = base;
    this.#onState = onState;
  }

  start() {
    setInterval(() => this.#pump(), 500);
    document.addEventListener('visibilitychange', () => { if (!document.hidden) this.#refresh(); });
    addEventListener('online', () => this.#refresh());
    this.#listen();
  }

  // The server's clock.
  now() { return Date.now() + this.skew; }

  // Calls `seen` with what the file says, or null when it is not there: now, if it is known, and when it changes.
  // Returns what ends that. `everyMs` is for files that are asked for more rarely.
  watch(path, seen, everyMs = path === LIVE ? LIVE_MS : FILE_MS) {
    const file = this.#files.get(path) ?? { path, text: undefined, value: undefined, dueAt: 0, watchers: new Set() };
    file.everyMs = everyMs;
    this.#files.set(path, file);
    file.watchers.add(seen);
    if (file.value !== undefined) seen(file.value);
    queueMicrotask(() => this.#pump());
    return () => { file.watchers.delete(seen); this.#forget(); };
  }

  // The file once it is known, or null.
  first(path) {
    return new Promise((resolve) => {
      const end = this.watch(path, (value) => { queueMicrotask(() => end()); resolve(value); });
    });
  }

  #forget() {
    for (const [path, file] of this.#files) {
      if (this.#files.size <= FILES_MAX) return;
      if (!file.watchers.size) this.#files.delete(path);
    }
  }

  #refresh() {
    for (const file of this.#files.values()) file.dueAt = 0;
    this.#pump();
  }

  #pause(file) {
    if (document.hidden) return file.path === LIVE ? HIDDEN_MS : Infinity;
    // What changes with each view of an article is in no event.
    const isStreamed = this.#isStreaming && !/^(articles|also-read)\//.test(file.path);
    return isStreamed ? Math.max(file.everyMs, STREAMED_MS) : file.everyMs;
  }

  // A view of any article changes live.json; what it changes of the article is in no event. The small lines of
  // lists can wait: there are many.
  #askForArticle() {
    if (document.hidden) return;
    for (const file of this.#files.values()) {
      if (file.path.startsWith('articles/') && file.everyMs <= ARTICLE_MS) file.dueAt = 0;
    }
    this.#pump();
  }

  #pump() {
    const now = Date.now();
    const due = [...this.#files.values()].filter((file) => file.watchers.size && !file.isLoading && file.dueAt <= now);
    for (const file of due) {
      if (this.#loading >= AT_ONCE) return;
      this.#load(file);
    }
  }

  async #load(file) {
    this.#loading++;
    file.isLoading = true;
    file.dueAt = Date.now() + this.#pause(file);
    try {
      const answer = await fetch(new URL(file.path, this.#base),
        { cache: 'no-cache', signal: AbortSignal.timeout(DEADLINE_MS) });
      if (answer.status === 404) this.#accept(file, null);
      else if (answer.ok) this.#accept(file, await answer.text());
      else throw new Error(`${answer.status}`);
      this.#setClock(answer.headers);
      this.#setLost(file, false);
    } catch {
      this.#setLost(file, true);
    }
    file.isLoading = false;
    this.#loading--;
    this.#pump();
  }

  // One file that cannot be had may be its own fault; without live.json the server is away.
  #setLost(file, isLost) {
    if (file.path !== LIVE) return;
    this.lostAt = isLost ? this.lostAt ?? this.now() : null;
    this.#onState();
  }

  // The header has whole seconds, and is as old as a cache on the way says.
  #setClock(headers) {
    const date = Date.parse(headers.get('date')) + Number(headers.get('age')) * 1000;
    const skew = date ? date + 500 - Date.now() : 0;
    this.skew = Math.abs(skew) > 2_000 ? skew : 0;
  }

  #accept(file, text) {
    if (text === file.text) return;
    let value = null;
    if (text !== null) value = JSON.parse(text);
    file.text = text;
    file.value = value;
    for (const seen of [...file.watchers]) seen(value);
    this.#onState();
  }

  #listen() {
    const stream = new EventSource(new URL('events', this.#base));
    stream.onopen = () => { this.#isStreaming = true; this.#refresh(); };
    stream.addEventListener('live', ({ data }) => {
      const file = this.#files.get(LIVE);
      if (!file) return;
      file.dueAt = Date.now() + this.#pause(file);
      this.lostAt = null;
      this.#accept(file, data);
      this.#askForArticle();
    });
    stream.addEventListener('files', ({ data }) => {
      const { paths, more } = JSON.parse(data);
      for (const file of this.#files.values()) if (more || paths.includes(file.path)) file.dueAt = 0;
      this.#pump();
    });
    // The browser connects again by itself, but for an answer that is no stream.
    stream.onerror = () => {
      this.#isStreaming = false;
      for (const file of this.#files.values()) file.dueAt = Math.min(file.dueAt, Date.now() + file.everyMs);
      if (stream.readyState === EventSource.CLOSED) setTimeout(() => this.#listen(), AGAIN_MS);
    };
  }
}

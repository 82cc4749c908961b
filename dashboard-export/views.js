// data-pv-*: see docs/badge.md
(function (d, script) {
  const bytes = text => new TextEncoder().encode(text);
  const page = () => decodeURIComponent(location.pathname).replace(/\/+/g, '/')
    .replace(/(\/(index\.(html?|php)|amp)?)+$/, '') || '/';

  async function hash(text) {
    const sum = await crypto.subtle.digest('SHA-256', bytes(text));
    return '~' + [...new Uint8Array(sum, 0, 16)].map(b => (b + 256).toString(16).slice(1)).join('');
  }

  async function safe(text) {
    return !text ? '~' : bytes(text).length < 201 &&
      /^(?![.~])[\w.,~\xa0-\uffff-]+(?<!\.(json|svg|csv|gz))$/.test(text) ? text : hash(text);
  }

  async function json(place, text) {
    const name = (await Promise.all(text.split('/').map(safe))).join('/');
    const file = await fetch(new URL(encodeURI(place + name) + '.json', script.src));
    if (!file.ok) throw 0;
    return file.json();
  }

  async function views(span) {
    span.textContent = (await json('articles/', (span.dataset.pvViews || page()).slice(1))).total.toLocaleString();
  }

  async function alsoRead(ul) {
    const { pvAlsoRead, list = 'hot', section, max = 5 } = ul.dataset, id = pvAlsoRead || page();
    const top = () => json(section ? `trending/${list}/` : 'trending/', section || list);
    const { items } = await (ul.dataset.list ? top() : json('also-read/', id.slice(1)).catch(top));
    const links = items.filter(i => i.article != id).slice(0, max).map(i => {
      const [li, a] = ['li', 'a'].map(t => d.createElement(t));
      a.href = encodeURI(i.article).replace(/%25/g, '%').replace(/^\/*/, '/');
      a.textContent = i.title || i.article;
      li.append(a);
      return li;
    });
    if (links[0]) ul.replaceChildren(...links);
  }

  const fill = (name, how) =>
    d.querySelectorAll(`[data-pv-${name}]`).forEach(at => how(at).catch(() => 0));

  fill('views', views);
  fill('also-read', alsoRead);
  const s = script.dataset.refresh;
  if (s > 0) setInterval(() => d.hidden || fill('views', views), s * 1e3);
})(document, document.currentScript);

// Counts page views: <script defer src="https://HOST/pv.js"></script>
// data-article="/id" names the page's article, data-section="news" its section.
(function (w, d, n) {
  var script = d.currentScript, referrer = d.referrer, landing = here(), last = landing;
  if (n.globalPrivacyControl || n.doNotTrack === '1') return;
  var endpoint = new URL('v1/views', script.src).href;

  function here() {
    return location.href.split('#')[0];
  }

  function send(page) {
    var article = page === landing && script.dataset.article;
    var view = JSON.stringify({
      u: article ? new URL(article, page).href : page,
      r: referrer, t: d.title, s: script.dataset.section
    });
    referrer = page;
    if (n.sendBeacon && n.sendBeacon(endpoint, view)) return;
    fetch(endpoint, { method: 'POST', body: view, keepalive: true, mode: 'no-cors' });
  }

  // An entry in the history is a view when it is of another page. Its title is set after it.
  function moved() {
    var page = here();
    if (page === last) return;
    last = page;
    setTimeout(send, 0, page);
  }

  function start() {
    send(landing);
    ['pushState', 'replaceState'].forEach(function (name) {
      var original = history[name];
      history[name] = function () {
        original.apply(this, arguments);
        moved();
      };
    });
    w.addEventListener('popstate', moved);
    w.addEventListener('pageshow', function (event) {
      if (event.persisted) send(here()); // back from the back-forward cache
    });
  }

  if (d.prerendering) d.addEventListener('prerenderingchange', start, { once: true });
  else start();
})(window, document, navigator);

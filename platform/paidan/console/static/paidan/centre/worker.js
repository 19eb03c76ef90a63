// Opens the centre without a line: its scripts and styles, and the list that was seen last. Nothing else is kept.
const CACHE = "paidan-centre-1";
const HOME = "/centre/";

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => {
  event.waitUntil((async () => {
    const old = (await caches.keys()).filter((name) => name.startsWith("paidan-centre-") && name !== CACHE);
    await Promise.all(old.map((name) => caches.delete(name)));
    await self.clients.claim();
  })());
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== self.location.origin) return;
  if (request.mode === "navigate" && url.pathname.startsWith(HOME)) event.respondWith(page(event, url));
  else if (url.pathname.startsWith("/static/") || url.pathname.startsWith("/jsi18n/")) event.respondWith(shell(event));
});

// The first page came before this script did: it says what it was made of.
self.addEventListener("message", (event) => event.waitUntil(fill(event.data.shell)));
async function fill(addresses) {
  const cache = await caches.open(CACHE);
  for (const address of [HOME, ...addresses]) {
    if (await cache.match(address)) continue;
    try {
      const response = await fetch(address, { redirect: "manual", headers: { "X-Paidan-Background": "1" } });
      if (response.ok) await (address === HOME ? keep(cache, response) : cache.put(address, response));
    } catch {
      return; // the next page fills it
    }
  }
}

async function soon(request, seconds) {
  const giveUp = new AbortController();
  const timer = setTimeout(() => giveUp.abort(), seconds * 1000);
  try {
    return await fetch(request, { signal: giveUp.signal });
  } finally {
    clearTimeout(timer);
  }
}

// The page itself: fresh when there is a line; otherwise what was seen last, which then says so itself.
async function page(event, url) {
  const cache = await caches.open(CACHE);
  try {
    const response = await soon(event.request, 8);
    if (response.type === "opaqueredirect" || response.redirected) await cache.delete(HOME); // signed out: the next may be somebody else
    else if (response.ok && url.pathname === HOME) event.waitUntil(keep(cache, response.clone()));
    return response;
  } catch (problem) {
    const kept = await cache.match(HOME);
    if (kept) return kept;
    throw problem;
  }
}

async function keep(cache, response) {
  const text = (await response.text()).replace('data-fresh="1"', 'data-fresh="0"');
  const headers = new Headers(response.headers);
  headers.delete("Refresh"); // without a line there is nothing to load anew
  await cache.put(HOME, new Response(text, { headers }));
}

async function shell(event) {
  const cache = await caches.open(CACHE);
  const kept = await cache.match(event.request);
  try {
    const response = await soon(event.request, kept ? 3 : 30);
    if (response.ok) event.waitUntil(cache.put(event.request, response.clone()));
    return response;
  } catch (problem) {
    if (kept) return kept;
    throw problem;
  }
}

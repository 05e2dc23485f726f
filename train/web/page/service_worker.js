// Adds the headers that isolate the page, so that threads may share memory, and that keep the page and its workers from
// asking any other server. What is asked of others is refused here too. Nothing is kept: each file comes from its server.

const HEADERS = {
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Embedder-Policy": "require-corp",
  "Content-Security-Policy": "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; "
    + "img-src 'self' blob:; connect-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'none'",
};

async function withHeaders(request) {
  const { body, headers, status, statusText } = await fetch(request);
  const added = new Headers(headers);
  for (const [name, value] of Object.entries(HEADERS)) added.set(name, value);
  return new Response(status === 204 || status === 304 ? null : body, { headers: added, status, statusText });
}

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));
self.addEventListener("fetch", (event) => {
  const isOwn = new URL(event.request.url).origin === self.location.origin;
  event.respondWith(isOwn ? withHeaders(event.request) : Response.error());
});

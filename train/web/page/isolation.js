// Threads need a page that is isolated from others, which its server says by two headers. `bgfg web --serve` sends them;
// on other servers a service worker of this folder adds them, and the page is loaded once more.

const TRIED = "bgfg-isolation";

/** Isolate the page where that is possible; true where it is about to be loaded anew. */
export async function isolate() {
  if (self.crossOriginIsolated || !self.isSecureContext || !navigator.serviceWorker) return false;
  if (sessionStorage.getItem(TRIED)) return false;  // a browser that doesn't take it: one thread does it too
  sessionStorage.setItem(TRIED, "yes");
  try {
    await navigator.serviceWorker.register(new URL("service_worker.js", import.meta.url));
    await navigator.serviceWorker.ready;
  } catch (error) {
    console.warn(`one thread alone: ${error.message}`);
    return false;
  }
  location.reload();
  return true;
}

// Pictures dropped on the page: each place takes its own.

/** @param {[Element, (file: File) => void][]} places Inner ones first: what is dropped goes to the first that it lies in. */
export function drops(places) {
  const placeOf = ({ target }) => places.find(([element]) => element.contains(target));
  const mark = (found) => places.forEach(([element]) => element.classList.toggle("is-target", element === found));

  document.addEventListener("dragover", (event) => {
    if (!event.dataTransfer.types.includes("Files")) return;
    event.preventDefault();
    mark(placeOf(event)?.[0]);
  });
  document.addEventListener("dragleave", (event) => { if (!event.relatedTarget) mark(null); });
  document.addEventListener("drop", (event) => {
    event.preventDefault();
    mark(null);
    const [file] = event.dataTransfer.files;
    if (file) placeOf(event)?.[1](file);
  });
}

// The pages of a corpus: filters that apply at once, the slider, names to copy, arrows, and pages that are waited for.
const reveal = document.getElementById("reveal");
const show = () => { document.querySelector("#compare .over").style.clipPath = `inset(0 ${100 - reveal.value}% 0 0)`; };
if (reveal) { reveal.addEventListener("input", show); show(); }

for (const button of document.querySelectorAll(".copy")) {
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(button.dataset.copy);
      button.textContent = "Copied";
    } catch {
      getSelection().selectAllChildren(button.previousElementSibling); // by hand, then
      button.textContent = "Press Ctrl-C";
    }
  });
}

const choose = document.getElementById("choose"); // on a phone, pictures come first
if (choose && innerWidth <= 600 && !location.search) choose.open = false;

const filters = document.getElementById("filters");
filters?.addEventListener("change", ({ target }) => { if (target.matches("select")) filters.requestSubmit(); });
filters?.addEventListener("formdata", ({ formData }) => {
  for (const [name, value] of [...formData]) if (!value) formData.delete(name); // short addresses
});

addEventListener("keydown", ({ key, target, altKey, ctrlKey, metaKey }) => {
  if (altKey || ctrlKey || metaKey || target.matches("input, select, textarea")) return;
  document.querySelector({ ArrowLeft: "#before[href]", ArrowRight: "#after[href]" }[key] ?? "#none")?.click();
});

if (document.querySelector("[data-again]")) setTimeout(() => location.reload(), 1200);

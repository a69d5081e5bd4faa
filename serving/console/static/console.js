// Everything works without this script; it only saves steps.
"use strict";

// "/" puts the cursor into the search, where a page has one.
document.addEventListener("keydown", (event) => {
  const isTyping = /^(INPUT|TEXTAREA|SELECT)$/.test(document.activeElement.tagName);
  const search = document.querySelector("input[type=search]");
  if (event.key === "/" && !isTyping && search && !event.ctrlKey && !event.metaKey && !event.altKey) {
    event.preventDefault();
    search.focus();
  }
});

// Suggests ids while one is typed. The newest answer wins.
for (const field of document.querySelectorAll("input[data-suggest]")) {
  let asked = 0;
  field.addEventListener("input", async () => {
    const typed = field.value.trim();
    const number = ++asked;
    if (!typed) return;
    const answer = await fetch(field.dataset.suggest + encodeURIComponent(typed)).catch(() => null);
    if (!answer || !answer.ok || answer.redirected || number !== asked) return;
    const options = (await answer.json()).map((id) => Object.assign(document.createElement("option"), { value: id }));
    field.list.replaceChildren(...options);
  });
}

// The chat page: sends what is typed, shows what is answered, and asks now and then whether a person has written.
"use strict";

const page = document.body.dataset;
const log = document.getElementById("log");
const said = document.getElementById("said");
const state = document.getElementById("state");
const form = document.querySelector("form");
const typed = document.getElementById("text");
const POLL_MS = 4000;
let token = page.token;
let last = 0;
let waiting = null;

// The shop's token comes in the fragment, which browsers send to nobody, and leaves the address at once.
const given = new URLSearchParams(location.hash.slice(1)).get("token");
if (given) {
  token = given;
  history.replaceState(null, "", location.pathname + location.search);
}

addEventListener("message", (event) => {
  const isOwn = event.origin === location.origin || page.sites.split(" ").includes(event.origin);
  if (isOwn && event.data && typeof event.data.zhikeToken === "string") {
    token = event.data.zhikeToken;
    last = 0;
    said.replaceChildren();
    form.elements.token.value = token;
    read();
  }
});
form.elements.token.value = token;

function show(message) {
  if (message.number && message.number <= last) return;
  last = Math.max(last, message.number || 0);
  const item = document.createElement("li");
  item.className = message.sender;
  const who = document.createElement("b");
  who.textContent = { customer: page.you, bot: page.bot, agent: page.agent }[message.sender];
  const words = document.createElement("p");
  words.textContent = message.text;
  item.append(who, words);
  said.append(item);
  log.scrollTop = log.scrollHeight;
}

function offer(choices) {
  const item = said.lastElementChild;
  if (!choices.length || !item) return;
  const box = document.createElement("div");
  box.className = "choices";
  for (const choice of choices) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = choice.question;
    button.addEventListener("click", () => { box.remove(); say(choice.question); });
    box.append(button);
  }
  item.append(box);
  log.scrollTop = log.scrollHeight;
}

function ask(path, options) {
  return fetch(path, { ...options, headers: { authorization: `Bearer ${token}`, "accept-language": page.language, "content-type": "application/json" } });
}

async function say(text) {
  // Sent again after a failure, it is the same turn.
  if (!waiting || waiting.text !== text) waiting = { text, turn_id: crypto.randomUUID ? crypto.randomUUID() : String(Math.random()).slice(2) + Date.now() };
  state.textContent = "";
  try {
    const answer = await ask("/chat/turns", { method: "POST", body: JSON.stringify({ ...waiting, locale: page.language }) });
    if (!answer.ok) throw answer.status;
    waiting = null;
    if (typed.value.trim() === text) typed.value = "";
    const reply = await answer.json();
    await read();
    offer(reply.choices);
  } catch (status) {
    state.textContent = status === 429 ? page.busy : status === 401 ? page.ended : page.failed;
  }
}

async function read() {
  const asked = token;
  const answer = await ask(`/chat/messages?after=${last}`);
  const found = answer.ok ? (await answer.json()).messages : [];
  // Of a conversation that another has taken the place of nothing is shown.
  if (asked === token) found.forEach(show);
}

// In the other language it is the same conversation.
document.querySelector("header a").addEventListener("click", (event) => { event.currentTarget.hash = `token=${token}`; });
form.addEventListener("submit", (event) => {
  event.preventDefault();
  const text = typed.value.trim();
  if (text) say(text);
});
typed.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) { event.preventDefault(); form.requestSubmit(); }
});
read();
setInterval(() => { if (!document.hidden) read().catch(() => {}); }, POLL_MS);

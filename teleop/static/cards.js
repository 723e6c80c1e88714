// One card an incident, changed in place so that a half-typed name or an open list is never lost.

import { clockTime, currentLanguage, duration, named, t, translate } from "/words.js";

const NAME_KEY = "kangban.name";
const cards = new Map(); // incident id -> { element, incident, said }

export const what = (incident) => named("kind_", incident.kind);
export const place = (incident) => (incident.room ? incident.room[currentLanguage()] : t("place_unknown"));
export const headline = (incident) => `${what(incident)} · ${place(incident)}`;

export function showCards(incidents, openPlace, resolvedPlace, acknowledge) {
  const wanted = new Set(incidents.map((i) => i.id));
  for (const [id, card] of cards) {
    if (!wanted.has(id)) {
      card.element.remove();
      cards.delete(id);
    }
  }
  const next = new Map([[openPlace, openPlace.firstElementChild], [resolvedPlace, resolvedPlace.firstElementChild]]);
  for (const incident of incidents) {
    const card = cards.get(incident.id) ?? newCard(incident, acknowledge);
    card.incident = incident;
    const home = incident.open ? openPlace : resolvedPlace;
    if (next.get(home) === card.element) next.set(home, card.element.nextElementSibling);
    else home.insertBefore(card.element, next.get(home));
    update(card);
  }
}

export function retranslateCards() {
  for (const card of cards.values()) {
    translate(card.element);
    card.element.querySelector("ol").dataset.shown = "";
    update(card);
  }
}

export function showAges(extraSeconds) {
  for (const { element, incident } of cards.values()) {
    const age = incident.age_s === null ? t("age_unknown") : duration(incident.age_s + extraSeconds);
    setText(element.querySelector(".age-value"), age);
  }
}

function newCard(incident, acknowledge) {
  const element = document.getElementById("card").content.firstElementChild.cloneNode(true);
  const card = { element, incident, said: null };
  element.dataset.id = incident.id;
  for (const field of ["who", "note"]) {
    const id = `${field}-${cards.size}-${incident.id}`;
    element.querySelector(`.${field}`).id = id;
    element.querySelector(`.${field}-label`).htmlFor = id;
  }
  element.querySelector(".who").value = localStorage.getItem(NAME_KEY) ?? "";
  element.querySelector(".story").open = incident.open;
  element.querySelector("form").addEventListener("submit", (event) => take(event, card, acknowledge));
  translate(element);
  cards.set(incident.id, card);
  return card;
}

async function take(event, card, acknowledge) {
  event.preventDefault();
  const [who, button] = [card.element.querySelector(".who"), card.element.querySelector(".acknowledge")];
  who.value = who.value.trim();
  if (!who.reportValidity()) return;
  localStorage.setItem(NAME_KEY, who.value);
  button.disabled = true;
  say(card, ["sending"]);
  say(card, await acknowledge(card.incident.id, who.value, card.element.querySelector(".note").value.trim()));
  button.disabled = false;
}

// What was answered, kept as words to look up, so that it follows the language.
function say(card, said) {
  card.said = said;
  setText(card.element.querySelector(".answer"), said === null ? "" : t(...said));
}

function update(card) {
  const { element, incident } = card;
  element.dataset.state = incident.state;
  setText(element.querySelector(".what"), headline(incident));
  const who = incident.acknowledged_by ?? t("somebody");
  const over = !incident.open && incident.acknowledged_by !== null;
  setText(element.querySelector(".state"), t(over ? "state_resolved_by" : `state_${incident.state}`, { who }));
  const time = clockTime(incident.opened_wall);
  setText(element.querySelector(".since"), incident.open ? t("since", { time }) : time);
  setText(element.querySelector(".who-label"), t("your_name"));
  setText(element.querySelector(".note-label"), t("note"));
  element.querySelector(".take").hidden = ["acknowledged", "resolved"].includes(incident.state);
  if (card.said !== null) say(card, card.said);
  updatePicture(element, incident);
  const why = incident.evidence[currentLanguage()];
  updateList(element.querySelector(".why ul"), why);
  element.querySelector(".why").hidden = why.length === 0;
  updateList(element.querySelector(".called ul"), calledLines(incident));
  updateList(element.querySelector("ol"), incident.log);
  element.querySelector(".story").hidden = incident.log.length === 0;
}

function calledLines(incident) {
  if (incident.alarmed.length === 0) return [t("nobody_called")];
  return incident.alarmed.map((c) => `${c.name} (${t(`level_${c.level}`)}): ${t(`webhook_${c.webhook}`)}`);
}

function updatePicture(element, incident) {
  const [figure, image] = [element.querySelector("figure"), element.querySelector("img")];
  figure.hidden = incident.picture === null;
  if (incident.picture !== null && image.getAttribute("src") !== incident.picture) image.src = incident.picture;
  image.alt = t("picture_alt", { what: headline(incident) });
}

function updateList(list, lines) {
  const shown = JSON.stringify(lines);
  if (list.dataset.shown === shown) return;
  list.dataset.shown = shown;
  list.replaceChildren(...lines.map((line) => Object.assign(document.createElement("li"), { textContent: line })));
}

// A text that has not changed is left alone: screen readers and selections stay where they are.
function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

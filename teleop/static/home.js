// The large-print page: shows what the robot shows, and presses the buttons that there are.

const SILENT_MS = 5000; // the robot speaks each second
const RETRY_MS = 2000;
const WORDS = {
  en: {
    away: "I am not working right now", away_text: "If you need help, please call {names}.", nobody: "somebody",
    not_open: "This screen is not open", not_open_text: "Please start the screen of the robot again.",
    not_taken: "That did not work. Please press it again.",
  },
  zh: {
    away: "我现在没有工作", away_text: "需要帮助请打电话给{names}。", nobody: "家人",
    not_open: "屏幕没有打开", not_open_text: "请重新启动机器人的屏幕。", not_taken: "没有成功，请再按一次。",
  },
};
const at = (id) => document.getElementById(id);
let source = null;
let heardAt = 0;
let shown = null; // as JSON, so that buttons are made anew only when something changed
let last = { known: false, language: "en", contacts: [] };
let opened = true;

async function post(path, body) {
  const headers = { "content-type": "application/json" };
  return fetch(path, { method: "POST", headers, body: JSON.stringify(body), signal: AbortSignal.timeout(10000) });
}

// The robot opens its screen with the token behind the #; it is taken out of the address bar at once.
async function open() {
  const token = location.hash.slice(1);
  if (token === "") return;
  history.replaceState(null, "", location.pathname);
  try {
    await post("/home/open", { token });
  } catch {
    // Listening will tell.
  }
}

function listen() {
  source?.close();
  source = new EventSource("/home/events");
  source.onmessage = (event) => {
    heardAt = performance.now();
    opened = true;
    last = JSON.parse(event.data);
    show();
  };
  source.onerror = async () => {
    source.close();
    try {
      opened = (await fetch("/home/events", { signal: AbortSignal.timeout(1000) })).status !== 401;
    } catch {
      // It does not answer, or it streams: both are found out by listening again.
    }
    show();
    setTimeout(listen, RETRY_MS);
  };
}

function page() {
  const t = WORDS[last.language] ?? WORDS.en;
  if (!opened) return { id: "", title: t.not_open, text: t.not_open_text, choices: [], count: null };
  if (last.known && performance.now() - heardAt < SILENT_MS) return last;
  const names = last.contacts?.length ? last.contacts.join(last.language === "zh" ? "、" : ", ") : t.nobody;
  return { id: "", title: t.away, text: t.away_text.replace("{names}", names), choices: [], count: null };
}

function show() {
  const now = page();
  const wanted = JSON.stringify([now, last.language]);
  if (wanted === shown) return;
  const before = shown === null ? null : JSON.parse(shown)[0];
  shown = wanted;
  document.documentElement.lang = last.language === "zh" ? "zh-CN" : "en";
  document.body.classList.toggle("light", now.id === "do-light");
  at("title").textContent = now.title;
  at("text").textContent = now.text;
  at("count").hidden = now.count === null;
  at("count").textContent = now.count ?? "";
  at("trouble").textContent = "";
  const same = before !== null && before.id === now.id && JSON.stringify(before.choices) === JSON.stringify(now.choices);
  if (!same) at("choices").replaceChildren(...now.choices.map((choice) => button(now.id, choice)));
}

function button(screen, choice) {
  const made = document.createElement("button");
  made.type = "button";
  made.textContent = choice.label;
  made.dataset.choice = choice.id;
  made.classList.toggle("help", choice.id.endsWith("help"));
  made.addEventListener("click", () => press(made, screen, choice.id));
  return made;
}

async function press(made, screen, choice) {
  made.disabled = true;
  let taken = false;
  try {
    taken = (await post("/home/choose", { screen, choice })).ok;
  } catch {
    // Said below.
  }
  made.disabled = false;
  at("trouble").textContent = taken ? "" : (WORDS[last.language] ?? WORDS.en).not_taken;
}

await open();
listen();
setInterval(show, 1000);

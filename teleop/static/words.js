// Every word the page shows, in both languages. t(key, values) fills {name} from values.

const WORDS = {
  en: {
    other_language: "中文", sign_out: "Sign out", sound_on: "Sound: on", sound_off: "Sound: off",
    sign_in_title: "Sign in", sign_in: "Sign in", token: "Token",
    sign_in_help: "The token was printed where the robot was started.",
    wrong_token: "This token is not right.", wait: "Too many attempts. Try again in {s} s.",
    login_failed: "Could not reach the console. Is it running?",
    lost: "Connection lost. What you see may be out of date. Trying again …",
    stale: "No word from the robot. What you see may be out of date.",
    calm: "All quiet", calm_text: "Nobody needs you right now.",
    unknown: "Waiting for the robot", unknown_text: "It has not said yet whether anybody needs help.",
    old: "Not known", old_text: "The robot has gone silent. Nobody can say whether help is needed.",
    kind_fall: "Fall", kind_cry_for_help: "Cry for help", kind_long_lie: "Lying on the floor",
    kind_help_gesture: "Waving for help", kind_inactivity: "No movement", kind_left_home: "Left the home",
    kind_night_wandering: "Up at night", kind_bed_exit: "Left the bed",
    kind_emergency_call: "Call button", kind_smoke: "Smoke alarm", kind_gas: "Gas alarm", kind_water: "Water on the floor",
    kind_medicine_unconfirmed: "Medicine not confirmed", kind_check_in_unanswered: "Morning question",
    kind_not_found: "Nobody seen for long", place_unknown: "place unknown",
    why: "Why",
    state_open: "Just seen. The robot is on its way.", state_checking: "The robot is checking on the person.",
    state_answered: "The person says they are fine.", state_alarmed: "Nobody has taken this over yet.",
    state_acknowledged: "{who} has taken this over.", state_resolved: "Over.", state_resolved_by: "Over. {who} had taken it over.", somebody: "Somebody",
    since: "since {time}", age_unknown: "age unknown",
    picture_note: "De-identified picture.", picture_alt: "De-identified picture: {what}",
    your_name: "Your name", note: "Note (optional)", acknowledge: "Acknowledge",
    sending: "Sending …", taken: "Recorded. You have taken this over.",
    not_taken: "Not recorded. The robot says: {message}", away: "Not recorded: the robot does not answer. Try again.",
    timeout: "No answer yet. Watch whether the state changes, or try again.",
    no_connection: "Not sent: no connection.", not_audited: "The audit could not be written; tell your technician.",
    called: "Who was called", nobody_called: "Nobody yet.", level_nurse: "nurse", level_family: "family",
    webhook_sent: "told", webhook_waiting: "not reached yet, trying", webhook_none: "on this page only",
    story: "What happened", earlier: "Earlier", robot: "Robot", details: "Technical details", tree: "What it decides now",
    mission: "Doing now: {what}", no_mission: "It does not say what it is doing.",
    part_link: "Connection", part_safety: "Safety", part_motors: "Motors", part_battery: "Battery",
    link_ok: "connected", link_away: "robot silent", link_lost: "lost",
    safety_ok: "watching", safety_stopped: "stopped", safety_away: "no word",
    motors_ok: "ready", motors_away: "no word", motors_disconnected: "not connected",
    motors_emergency_stop: "emergency stop pressed", motors_fault: "fault", motors_bumper: "bumper touched",
    motors_disarmed: "not armed", charge: "{percent} %", charge_unknown: "unknown",
    health_ok: "well", health_warn: "look", health_error: "fault", health_stale: "no word",
    mission_idle: "watching and waiting", mission_incident: "helping", mission_charge: "charging",
    mission_request: "doing what it was asked", mission_patrol: "making its round", mission_safety: "standing still for safety",
    alarm_title: "⚠ {what}", alarm_spoken: "Alarm. {what}. {place}.",
    seconds: "{s} s", minutes: "{m} min {s} s", hours: "{h} h {m} min",
  },
  zh: {
    other_language: "English", sign_out: "退出", sound_on: "声音：开", sound_off: "声音：关",
    sign_in_title: "登录", sign_in: "登录", token: "口令",
    sign_in_help: "口令显示在启动机器人的终端上。",
    wrong_token: "口令不正确。", wait: "尝试次数过多，请 {s} 秒后再试。",
    login_failed: "无法连接控制台，请确认它正在运行。",
    lost: "连接已断开，页面内容可能已过时，正在重新连接……",
    stale: "收不到机器人的消息，页面内容可能已过时。",
    calm: "一切平安", calm_text: "目前没有人需要帮助。",
    unknown: "正在等待机器人", unknown_text: "尚不清楚是否有人需要帮助。",
    old: "情况不明", old_text: "机器人没有消息，无法判断是否有人需要帮助。",
    kind_fall: "跌倒", kind_cry_for_help: "呼救", kind_long_lie: "躺在地上",
    kind_help_gesture: "招手求助", kind_inactivity: "没有动静", kind_left_home: "离开家",
    kind_night_wandering: "夜间走动", kind_bed_exit: "离开床",
    kind_emergency_call: "呼叫按钮", kind_smoke: "烟雾报警", kind_gas: "燃气报警", kind_water: "地上有水",
    kind_medicine_unconfirmed: "没有确认吃药", kind_check_in_unanswered: "早上的问候",
    kind_not_found: "很久没有看到人", place_unknown: "位置未知",
    why: "依据",
    state_open: "刚刚发现，机器人正在前往。", state_checking: "机器人正在查看并询问。",
    state_answered: "当事人表示没事。", state_alarmed: "还没有人接手处理。",
    state_acknowledged: "{who}已接手处理。", state_resolved: "已结束。", state_resolved_by: "已结束，由{who}处理。", somebody: "有人",
    since: "自 {time} 起", age_unknown: "时长未知",
    picture_note: "已去除身份信息的图像。", picture_alt: "已去除身份信息的图像：{what}",
    your_name: "您的姓名", note: "备注（可不填）", acknowledge: "确认接手",
    sending: "正在发送……", taken: "已记录，由您接手处理。",
    not_taken: "未记录。机器人答复：{message}", away: "未记录：机器人没有应答，请重试。",
    timeout: "暂无应答，请看状态是否变化，或重试。",
    no_connection: "未发送：没有连接。", not_audited: "操作记录无法写入，请告知技术人员。",
    called: "已通知", nobody_called: "尚未通知任何人。", level_nurse: "护士", level_family: "家属",
    webhook_sent: "已送达", webhook_waiting: "尚未送达，正在重试", webhook_none: "仅在本页面",
    story: "事件经过", earlier: "较早的事件", robot: "机器人", details: "技术细节", tree: "正在怎样决定",
    mission: "正在进行：{what}", no_mission: "机器人没有说明正在做什么。",
    part_link: "连接", part_safety: "安全", part_motors: "电机", part_battery: "电量",
    link_ok: "已连接", link_away: "机器人没有消息", link_lost: "已断开",
    safety_ok: "正在守护", safety_stopped: "已停止", safety_away: "没有消息",
    motors_ok: "就绪", motors_away: "没有消息", motors_disconnected: "未连接",
    motors_emergency_stop: "急停已按下", motors_fault: "故障", motors_bumper: "碰到障碍",
    motors_disarmed: "未启用", charge: "{percent}%", charge_unknown: "未知",
    health_ok: "正常", health_warn: "注意", health_error: "故障", health_stale: "没有消息",
    mission_idle: "守候中", mission_incident: "正在救助", mission_charge: "充电中",
    mission_request: "执行请求", mission_patrol: "巡视中", mission_safety: "为安全而停住",
    alarm_title: "⚠ {what}", alarm_spoken: "警报。{what}。{place}。",
    seconds: "{s} 秒", minutes: "{m} 分 {s} 秒", hours: "{h} 小时 {m} 分",
  },
};

const KEY = "kangban.language";
let language = localStorage.getItem(KEY) || document.documentElement.lang;
if (!(language in WORDS)) language = "en";

export const currentLanguage = () => language;

export function switchLanguage() {
  language = language === "en" ? "zh" : "en";
  localStorage.setItem(KEY, language);
}

export const has = (key) => key in WORDS[language];

export function t(key, values = {}) {
  return WORDS[language][key].replace(/\{(\w+)\}/g, (_, name) => values[name]);
}

// A word the robot uses, translated where we know it, else readable as it is.
export const named = (prefix, word) => (has(prefix + word) ? t(prefix + word) : word.replaceAll("_", " "));

export function duration(seconds) {
  const whole = Math.floor(seconds);
  const [h, m, s] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  if (h > 0) return t("hours", { h, m });
  return m > 0 ? t("minutes", { m, s }) : t("seconds", { s });
}

export function clockTime(wall) {
  const options = { hour: "2-digit", minute: "2-digit", hour12: false };
  const then = new Date(wall * 1000);
  if (then.toDateString() !== new Date().toDateString()) Object.assign(options, { month: "short", day: "numeric" });
  return then.toLocaleString(language === "zh" ? "zh-CN" : "en-GB", options);
}

// Fill every element that names its word.
export function translate(root) {
  if (root === document) document.documentElement.lang = language === "zh" ? "zh-CN" : "en";
  for (const element of root.querySelectorAll("[data-word]")) element.textContent = t(element.dataset.word);
}

"""Every word people read or hear from the behaviours, in Chinese and English, by code.

Codes that start with `say_` are spoken (short, slow, one thought), the codes of `incidents/events.py` are lines of an
incident's log, codes that start with `do_` say what the robot is doing.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping

from behaviors import company_texts as company
from behaviors.content import breathing, exercises, stories
from behaviors.incidents.record import Entry
from kangban.evidence import Language, in_language

Texts = Mapping[str, Mapping[str, str]]

SPOKEN: Texts = {
    "say_seen_fall": {"zh": "我看到您摔倒了，我马上过来。", "en": "I saw you fall. I am coming to you."},
    "say_seen_lying": {
        "zh": "我看到您躺在地上，我马上过来。",
        "en": "I see you lying on the floor. I am coming to you.",
    },
    "say_seen_wave": {"zh": "我看到您招手了，我马上过来。", "en": "I see you waving. I am coming to you."},
    "say_left_home": {
        "zh": "外面请小心。我已经告诉照顾您的人，会有人来陪您。",
        "en": "Please take care out there. I have told those who look after you; somebody will come and join you.",
    },
    "say_night": {
        "zh": "现在是夜里。我们慢慢走回床边，好吗？我已经告诉护士您起来了。",
        "en": "It is night. Shall we go slowly back to your bed? I have told the nurse that you are up.",
    },
    "say_bed_exit": {
        "zh": "请先坐一会儿，慢慢来。我已经告诉护士您起来了。",
        "en": "Please sit for a moment and take your time. I have told the nurse that you are up.",
    },
    "say_smoke": {
        "zh": "烟雾报警！请马上离开，到外面去。我已经通知护士和您的家人。",
        "en": "Smoke alarm! Please leave at once and go outside. I have called the nurse and your family.",
    },
    "say_gas": {
        "zh": "燃气报警！请不要开灯，不要点火，马上到外面去。我已经通知护士和您的家人。",
        "en": "Gas alarm! No lights and no flame, please; go outside at once. I have called the nurse and your family.",
    },
    "say_water": {
        "zh": "地上有水，请小心，不要走过去。我已经通知护士了。",
        "en": "There is water on the floor. Please take care and stay away from it. I have told the nurse.",
    },
    "say_not_found": {
        "zh": "我有一段时间没有看到您了，想知道您好不好。",
        "en": "I have not seen you for a while, and I would like to know how you are.",
    },
    "say_ask": {"zh": "您还好吗？请回答我。", "en": "Are you all right? Please answer me."},
    "say_answered": {
        "zh": "好的，我记下了。需要帮助的话，请大声说救命。",
        "en": "Good. I have made a note of it. If you need help, just call out.",
    },
    "say_alarm": {
        "zh": "我已经通知护士了，有人会来帮您。请不要动，我陪着您。",
        "en": "I have called the nurse. Somebody is coming to you. Please lie still, I am staying with you.",
    },
    "say_alarm_here": {
        "zh": "我已经通知护士了，有人会来帮您。我陪着您。",
        "en": "I have called the nurse. Somebody is coming to you. I am staying with you.",
    },
    "say_help_coming": {
        "zh": "护士已经收到呼叫，有人会来帮您。我在这里陪着您。",
        "en": "The nurse has been called and somebody will come. I am here with you.",
    },
    "say_escalated": {
        "zh": "我也通知了您的家人。我在这里陪着您。",
        "en": "I have called your family as well. I am here with you.",
    },
    "say_told_family": {"zh": "我也告诉了您的家人。", "en": "I have told your family as well."},
    "say_who_comes": {"zh": "{who}已经知道了，会来看您。", "en": "{who} knows and will come to you."},
    "say_acknowledged": {
        "zh": "{who}已经知道了，会来帮您。我陪着您。",
        "en": "{who} knows and is on the way. I am staying with you.",
    },
    "say_still": {"zh": "我现在不能动：{why}。", "en": "I can not move now: {why}."},
    "say_cannot_dock": {
        "zh": "我的电量低，但充不了电：{why}。请帮我接上充电器。",
        "en": "My battery is low and I can not charge: {why}. Please help me to my charger.",
    },
    "say_charge": {"zh": "我的电量低，我去充电。", "en": "My battery is low. I am going to charge."},
}

LOG: Texts = {
    "fall_confirmed": {"zh": "看到跌倒", "en": "A fall was seen"},
    "fall_seen_again": {"zh": "又看到同一个人倒地", "en": "The same person is seen down again"},
    "fall_recovered": {"zh": "看到人已起身", "en": "The person is seen up again"},
    "cry_for_help": {"zh": "听到呼救，已通知护士：“{text}”", "en": "A cry for help, the nurse was called: “{text}”"},
    "long_lie": {"zh": "躺在地上{told}：{evidence}", "en": "Lying on the floor{told}: {evidence}"},
    "long_lie_over": {"zh": "不再躺在地上", "en": "No longer lying on the floor"},
    "help_gesture": {"zh": "看到招手求助{told}：{evidence}", "en": "Waving for help{told}: {evidence}"},
    "help_gesture_over": {"zh": "不再招手", "en": "No longer waving"},
    "inactivity": {"zh": "很久没有动静{told}：{evidence}", "en": "No movement for long{told}: {evidence}"},
    "inactivity_over": {"zh": "又有动静了", "en": "Moving again"},
    "left_home": {"zh": "离开了家{told}：{evidence}", "en": "Left the home{told}: {evidence}"},
    "left_home_over": {"zh": "已经回到家里", "en": "Back in the home"},
    "night_wandering": {"zh": "夜间走动{told}：{evidence}", "en": "Up and about at night{told}: {evidence}"},
    "night_wandering_over": {"zh": "夜间走动已结束", "en": "No longer about"},
    "bed_exit": {"zh": "离开了床{told}：{evidence}", "en": "Left the bed{told}: {evidence}"},
    "bed_exit_over": {"zh": "已经回到床上", "en": "Back in bed"},
    "emergency_call": {"zh": "按下了呼叫按钮{told}：{evidence}", "en": "The call button was pressed{told}: {evidence}"},
    "emergency_call_over": {"zh": "呼叫按钮已松开", "en": "The call button is no longer pressed"},
    "smoke": {"zh": "烟雾报警{told}：{evidence}", "en": "Smoke alarm{told}: {evidence}"},
    "smoke_over": {"zh": "烟雾报警已停止", "en": "The smoke alarm has stopped"},
    "gas": {"zh": "燃气报警{told}：{evidence}", "en": "Gas alarm{told}: {evidence}"},
    "gas_over": {"zh": "燃气报警已停止", "en": "The gas alarm has stopped"},
    "water": {"zh": "地上有水{told}：{evidence}", "en": "Water on the floor{told}: {evidence}"},
    "water_over": {"zh": "地上不再有水", "en": "No more water on the floor"},
    "not_found": {"zh": "很久没有看到人{told}：{evidence}", "en": "Nobody was seen for long{told}: {evidence}"},
    "not_found_over": {"zh": "又看到人了", "en": "Somebody was seen again"},
    "cry_for_help_over": {"zh": "不再呼救", "en": "No longer crying for help"},
    "set_out": {"zh": "机器人前往查看", "en": "The robot goes there"},
    "arrived": {"zh": "机器人到达身边", "en": "The robot is beside the person"},
    "approach_failed": {"zh": "机器人到不了身边：{reason}", "en": "The robot can not come near: {reason}"},
    "asked": {"zh": "机器人大声询问是否还好", "en": "The robot asked aloud whether all is well"},
    "answered_fine": {"zh": "回答没事：“{text}”", "en": "The person answered that all is well: “{text}”"},
    "answered_not_fine": {"zh": "回答需要帮助，已通知护士：“{text}”", "en": "The person needs help: “{text}”"},
    "answer_unclear": {"zh": "听不清的回答：“{text}”", "en": "An answer that was not clear: “{text}”"},
    "wait_over": {"zh": "无人回答，已通知护士", "en": "No answer: the nurse was called"},
    "unattended": {"zh": "未能及时查看，已通知护士", "en": "Nobody could look in time: the nurse was called"},
    "alarm_repeated": {"zh": "机器人再次说有人会来", "en": "The robot said again that help is coming"},
    "escalated": {"zh": "护士未应答，已通知家人", "en": "No word from the nurse: the family was called"},
    "acknowledged": {"zh": "{who}已接手{note}", "en": "{who} has taken over{note}"},
    "marked_resolved": {"zh": "{who}标记为已解决{note}", "en": "{who} marked it as resolved{note}"},
    "resolved_answered": {"zh": "已回答没事，结束并留下记录", "en": "All is well by the person's own word: closed"},
    "resolved_acknowledged": {"zh": "已有人接手，结束", "en": "In human hands: closed"},
    "restarted": {"zh": "机器人程序重启后继续", "en": "The robot's program was restarted and goes on"},
}

TOLD: Texts = {
    "told_none": {"zh": "（仅记录）", "en": " (only noted)"},
    "told_nurse": {"zh": "，已通知护士", "en": ", the nurse was called"},
    "told_family": {"zh": "，已通知护士和家人", "en": ", nurse and family were called"},
}

DOING: Texts = {
    "do_start": {"zh": "正在启动", "en": "starting"},
    "do_still": {"zh": "站住不动：{why}", "en": "stands still: {why}"},
    "do_still_incident": {"zh": "站住不动：{why}；仍在处理呼救", "en": "stands still: {why}; the incident goes on"},
    "do_choose": {"zh": "正在选择靠近的位置", "en": "chooses a place near the person"},
    "do_approach": {"zh": "正在靠近", "en": "drives to the person"},
    "do_approach_waits": {"zh": "暂时无法靠近：{why}", "en": "can not drive to the person now: {why}"},
    "do_ask": {"zh": "正在询问", "en": "asks the person"},
    "do_listen": {"zh": "正在等待回答", "en": "listens for an answer"},
    "do_stay_answered": {"zh": "她说没事，再陪一会儿", "en": "the person is well; stays a moment"},
    "do_stay_alarmed": {"zh": "已呼叫，等待有人接手", "en": "the alarm is out; stays until somebody takes over"},
    "do_stay_acknowledged": {"zh": "{who}已接手，继续陪伴", "en": "{who} has taken over; stays with the person"},
    "do_dock": {"zh": "电量低，前往充电座", "en": "the battery is low; drives to the dock"},
    "do_dock_waits": {"zh": "电量低，但去不了充电座：{why}", "en": "the battery is low, but it can not dock: {why}"},
    "do_dock_in": {"zh": "电量低，正在进入充电座", "en": "the battery is low; goes into its dock"},
    "do_charge": {"zh": "正在充电", "en": "charges at the dock"},
    "do_say": {"zh": "正在转达", "en": "says what it was asked to say"},
    "do_round_plan": {"zh": "正在规划巡视", "en": "plans its round"},
    "do_round_drive": {"zh": "巡视：前往{room}", "en": "on its round: drives to the {room}"},
    "do_round_look": {"zh": "巡视：查看{room}", "en": "on its round: looks into the {room}"},
    "do_round_end": {"zh": "巡视结束，正在写报告", "en": "the round is over; writes the report"},
    "do_watch_drive": {"zh": "前往守望位置", "en": "drives to where it watches from"},
    "do_watch_waits": {"zh": "去不了守望位置：{why}", "en": "can not drive to its watching place: {why}"},
    "do_watch": {"zh": "守望中", "en": "watches"},
    "do_watch_blind": {"zh": "守望中，但看不见：{why}", "en": "waits, but sees nothing: {why}"},
}

# What a round finds, and the words of its report.
ROUND: Texts = {
    "found_door_open": {"zh": "门开着（{sensor}）", "en": "A door is open ({sensor})"},
    "found_door_shut": {"zh": "门关着（{sensor}）", "en": "A door is shut ({sensor})"},
    "found_smoke": {"zh": "烟雾报警（{sensor}）", "en": "Smoke alarm ({sensor})"},
    "found_gas": {"zh": "燃气报警（{sensor}）", "en": "Gas alarm ({sensor})"},
    "found_water": {"zh": "地上有水（{sensor}）", "en": "Water on the floor ({sensor})"},
    "found_stove": {"zh": "炉灶开着（{sensor}）", "en": "The stove is on ({sensor})"},
    "found_silent": {"zh": "传感器没有消息（{sensor}）", "en": "A sensor is silent ({sensor})"},
    "found_thing": {
        "zh": "有东西在地上：宽约 {width} 米，位置 {x}, {y}",
        "en": "Something stands or lies there: about {width} m wide, at {x}, {y}",
    },
    "found_in_doorway": {"zh": "门口有东西挡着（{door}）", "en": "Something stands in a doorway ({door})"},
    "found_doorway_shut": {"zh": "室内门关着（{door}）", "en": "An inner door is shut ({door})"},
    "report_title": {"zh": "巡视报告", "en": "Report of a round"},
    "report_early": {"zh": "提前结束", "en": "Ended early"},
    "report_found": {"zh": "发现", "en": "What was found"},
    "report_nothing": {"zh": "一切如常", "en": "Nothing out of the ordinary"},
    "report_people": {"zh": "看到的人", "en": "Who was seen"},
    "report_nobody": {"zh": "没有看到人", "en": "Nobody"},
    "report_rooms": {"zh": "房间", "en": "Rooms"},
    "report_aside": {"zh": "中途让路", "en": "Put aside"},
    "report_pictures": {"zh": "图像（已去除身份信息）", "en": "Pictures (de-identified)"},
    "report_looked": {"zh": "已查看", "en": "looked into"},
    "report_changed": {"zh": "有变化", "en": "changed"},
    "report_standing": {"zh": "站着", "en": "standing"},
    "report_walking": {"zh": "走动", "en": "walking"},
    "report_sitting": {"zh": "坐着", "en": "sitting"},
    "report_bending": {"zh": "弯着腰", "en": "bending"},
    "report_kneeling": {"zh": "跪着", "en": "kneeling"},
    "report_getting_up": {"zh": "正在起身", "en": "getting up"},
    "report_falling": {"zh": "正在跌倒", "en": "falling"},
    "report_lying_floor": {"zh": "躺在地上", "en": "lying on the floor"},
    "report_lying_furniture": {"zh": "躺着休息", "en": "lying down"},
    "report_unknown": {"zh": "姿势不明", "en": "posture unknown"},
}

WHY: Texts = {
    "why_latched": {"zh": "停止按钮已按下（{reason}）", "en": "the stop is set ({reason})"},
    "why_emergency_stop": {"zh": "急停已按下", "en": "the emergency stop is pressed"},
    "why_bumper": {"zh": "碰撞条被压住", "en": "the bumper is pressed"},
    "why_no_chain": {"zh": "安全程序没有响应", "en": "the safety program does not answer"},
    "why_no_motors": {"zh": "电机控制器没有响应", "en": "the motor controller does not answer"},
    "why_fault": {"zh": "电机故障（{reason}）", "en": "the motor controller reports a fault ({reason})"},
    "why_not_armed": {"zh": "电机没有使能", "en": "the motors are not armed"},
    "why_no_navigation": {"zh": "导航程序没有响应", "en": "navigation does not answer"},
    "why_no_pose": {"zh": "不知道自己在哪里", "en": "the robot does not know where it is"},
    "why_no_map": {"zh": "没有地图", "en": "there is no map"},
    "why_no_place": {"zh": "不知道人在哪里", "en": "it is not known where the person is"},
    "why_no_path": {"zh": "没有能走的路", "en": "no free way leads there"},
    "why_blocked": {"zh": "路被挡住", "en": "the way is blocked"},
    "why_no_dock": {"zh": "找不到充电座", "en": "the charging dock is not found"},
    "why_not_sure": {"zh": "不能确定哪个是充电座", "en": "it is not sure which is the charging dock"},
    "why_no_contact": {"zh": "充电触点没有接上", "en": "the contacts of the dock do not charge it"},
    "why_stopped": {"zh": "机器人被叫停", "en": "the robot was stopped"},
    "why_refused": {"zh": "导航拒绝了目标", "en": "navigation refused the goal"},
    "why_failed": {"zh": "导航没有到达", "en": "navigation did not get there"},
    "why_taken_back": {"zh": "已被取消", "en": "it was taken back"},
    "why_too_many": {"zh": "要做的事太多了", "en": "there was too much to do"},
    "why_took_too_long": {"zh": "花的时间太长", "en": "it took too long"},
    "why_waited_too_long": {"zh": "等得太久", "en": "it had to wait too long"},
    "why_no_look": {"zh": "按约定不查看这个房间", "en": "nobody may look into this room"},
    "why_no_report": {"zh": "报告写不到磁盘上", "en": "the report can not be written to disk"},
    "why_other_mission": {"zh": "先做更要紧的事", "en": "something more urgent came first"},
    "why_incident": {"zh": "先去帮助人", "en": "somebody needed help"},
    "why_charge": {"zh": "先去充电", "en": "the battery was low"},
    "why_safety": {"zh": "不能动", "en": "it could not move"},
    "why_time": {"zh": "时间已到", "en": "the time for it is over"},
    "why_no_persons": {"zh": "感知程序没有响应", "en": "perception does not answer"},
    "why_blind": {"zh": "摄像头没有可用画面", "en": "the camera gives no usable picture"},
}

SPOKEN = {**SPOKEN, **company.SPOKEN, **stories.TEXTS, **breathing.TEXTS, **exercises.TEXTS}
LOG, DOING, WHY = {**LOG, **company.LOG}, {**DOING, **company.DOING}, {**WHY, **company.WHY}
ALL: Mapping[str, Mapping[str, str]] = {
    **SPOKEN, **LOG, **TOLD, **DOING, **ROUND, **WHY, **company.CHOOSE, **company.PAGE
}  # fmt: skip


def text(code: str, language: str, params: Iterable[tuple[str, str]] = ()) -> str:
    """The words of a code. A parameter that is itself a code is rendered too; a missing one is left empty."""
    values = {name: ALL[value][language] if value in ALL else value for name, value in params}
    return ALL[code][language].format_map(_Blank(values))


class _Blank(dict[str, str]):
    def __missing__(self, key: str) -> str:
        return ""


def log_lines(log: Iterable[Entry], language: Language, names: Mapping[str, str] | None = None) -> tuple[str, ...]:
    """A log for reading: local wall time and words; the same thing again and again becomes one line with a count.

    `names`: what the home calls its places, English -> Chinese.
    """
    runs: list[list[Entry]] = []
    for entry in log:
        if runs and (runs[-1][0].code, runs[-1][0].params) == (entry.code, entry.params):
            runs[-1].append(entry)
        else:
            runs.append([entry])
    return tuple(_line(run, language, names) for run in runs)


def _line(run: list[Entry], language: Language, names: Mapping[str, str] | None) -> str:
    first, last = run[0], run[-1]
    params = [(name, _shown(name, value, language, names)) for name, value in first.params]
    line = f"{_clock(first.wall)} {text(first.code, language, params)}"
    if len(run) == 1:
        return line
    count, latest = len(run), _clock(last.wall)
    return line + {"zh": f"（共 {count} 次，最近 {latest}）", "en": f" ({count} times, last {latest})"}[language]


def _shown(name: str, value: str, language: Language, names: Mapping[str, str] | None) -> str:
    if name == "evidence":
        between = {"zh": "；", "en": "; "}[language]
        return between.join(in_language(each, language, names) for each in value.split("; "))
    return f": {value}" if name == "note" and value else value


def _clock(wall: float) -> str:
    return time.strftime("%H:%M:%S", time.localtime(wall))

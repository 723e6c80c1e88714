"""What the robot says and shows when it keeps somebody company: questions, reminders, the page. Part of `texts.py`."""

from __future__ import annotations

from collections.abc import Mapping

Texts = Mapping[str, Mapping[str, str]]

SPOKEN: Texts = {
    "say_follow": {"zh": "好的，我跟着您走。", "en": "Of course. I am coming with you."},
    "say_come": {"zh": "好的，我过来。", "en": "I am coming to you."},
    "say_bathroom": {
        "zh": "好的，我陪您去，给您照亮。慢慢走。",
        "en": "I am coming with you, with my light on. Take your time.",
    },
    "say_wait_for_me": {"zh": "请等等我，我走得慢。", "en": "Please wait for me, I am slower than you."},
    "say_where_are_you": {"zh": "我看不到您了。您在哪里？", "en": "I can not see you. Where are you?"},
    "say_lost_you": {
        "zh": "我找不到您了，就不跟了。需要我就叫我。",
        "en": "I can not find you, so I stop here. Call me if you need me.",
    },
    "say_wait_outside": {"zh": "我在门外等您。", "en": "I am waiting outside for you."},
    "say_stopped": {"zh": "好的，我停下。", "en": "All right, I have stopped."},
    "say_cannot": {"zh": "现在不行，我正在忙别的事。", "en": "Not now, please: I am busy with something else."},
    "say_thanks": {"zh": "不客气。", "en": "You are welcome."},
    "say_time": {"zh": "现在是{time}。", "en": "It is {time}."},
    "say_louder": {"zh": "好的，我大声一点。", "en": "All right, I will speak louder."},
    "say_softer": {"zh": "好的，我小声一点。", "en": "All right, I will speak more softly."},
    "say_slower": {"zh": "好的，我说慢一点。", "en": "All right, I will speak more slowly."},
    "say_faster": {"zh": "好的，我说快一点。", "en": "All right, I will speak a little faster."},
    "say_no_more": {"zh": "对不起，只能这样了。", "en": "I am sorry, that is as far as it goes."},
    "say_music": {"zh": "好的，放一段音乐。", "en": "Here is some music for you."},
    "say_not_understood_1": {
        "zh": "对不起，我没听懂。您可以说：{choice1}，或者按屏幕。",
        "en": "I am sorry, I did not understand. You can say: {choice1}. Or press the screen.",
    },
    "say_not_understood_2": {
        "zh": "对不起，我没听懂。您可以说：{choice1}，或者{choice2}，也可以按屏幕。",
        "en": "I am sorry, I did not understand. You can say: {choice1}, or: {choice2}. Or press the screen.",
    },
    "say_not_understood_3": {
        "zh": "对不起，我没听懂。您可以说：{choice1}，{choice2}，或者{choice3}，也可以按屏幕。",
        "en": "I am sorry, I did not understand. You can say: {choice1}, {choice2}, or {choice3}. Or press the screen.",
    },
    "say_not_understood_wish": {
        "zh": "对不起，我没听懂。您可以按屏幕上的按钮。",
        "en": "I am sorry, I did not understand. You can press a button on my screen.",
    },
    "ask_medicine": {
        "zh": "该吃药了：{text}。您吃了吗？",
        "en": "It is time for your medicine: {text}. Have you taken it?",
    },
    "ask_medicine_again": {
        "zh": "我再问一次，药吃了吗？{text}。",
        "en": "I am asking once more: have you taken your medicine? {text}.",
    },
    "ask_water": {"zh": "该喝水了。{text}。您喝了吗？", "en": "It is time to drink something: {text}. Did you?"},
    "ask_other": {"zh": "提醒您：{text}。好吗？", "en": "A reminder: {text}. All right?"},
    "ask_check_in": {"zh": "早上好！您今天感觉怎么样？", "en": "Good morning! How are you today?"},
    "tell_water": {"zh": "该喝水了。{text}。", "en": "It is time to drink something: {text}."},
    "tell_other": {"zh": "提醒您：{text}。", "en": "A reminder: {text}."},
    "say_reminder_taken": {"zh": "好的，我记下了。", "en": "Good. I have made a note of it."},
    "say_reminder_later": {"zh": "好的，过一会儿我再提醒您。", "en": "All right, I will remind you again in a while."},
    "say_reminder_no": {
        "zh": "好的。我会告诉照顾您的人。",
        "en": "All right. I will let those who look after you know.",
    },
    "say_reminder_silent": {
        "zh": "我没有听到回答，会告诉照顾您的人。",
        "en": "I heard no answer. I will let those who look after you know.",
    },
    "say_missed_medicine": {
        "zh": "{time}的药我没能提醒您：{text}。请先不要补吃，问一下照顾您的人。",
        "en": "I could not remind you of your medicine at {time}: {text}. Please do not take it now without asking.",
    },
    "say_missed_other": {
        "zh": "{time}我没能提醒您：{text}。",
        "en": "I could not remind you at {time}: {text}.",
    },
    "say_check_in_fine": {"zh": "真好。祝您今天愉快。", "en": "I am glad. Have a good day."},
    "say_check_in_unwell": {
        "zh": "我知道了，我告诉护士，让她来看看您。",
        "en": "I see. I am telling the nurse, so that she looks after you.",
    },
}

# Buttons of the page; the same words are said as what she may answer.
CHOOSE: Texts = {
    "choose_taken": {"zh": "吃了", "en": "Yes, taken"},
    "choose_not_taken": {"zh": "没有吃", "en": "Not taken"},
    "choose_later": {"zh": "等一会儿", "en": "Later"},
    "choose_fine": {"zh": "我很好", "en": "I am fine"},
    "choose_unwell": {"zh": "不太好", "en": "Not so well"},
    "choose_yes": {"zh": "好的", "en": "Yes"},
    "choose_no": {"zh": "不用", "en": "No"},
    "choose_help": {"zh": "求助", "en": "Help"},
    "choose_stop": {"zh": "停", "en": "Stop"},
    "choose_come": {"zh": "过来", "en": "Come here"},
    "choose_follow": {"zh": "跟我走", "en": "Come with me"},
    "choose_story": {"zh": "讲故事", "en": "A story"},
    "choose_exercise": {"zh": "做运动", "en": "Exercise"},
    "choose_breathe": {"zh": "呼吸练习", "en": "Breathing"},
    "choose_music": {"zh": "听音乐", "en": "Music"},
    "choose_repeat": {"zh": "再说一遍", "en": "Say it again"},
}

PAGE: Texts = {
    "page_hello": {"zh": "您好，我是康伴", "en": "Hello, I am Kangban"},
    "page_hello_text": {"zh": "要我做什么？", "en": "What can I do for you?"},
    "page_question": {"zh": "请回答", "en": "A question"},
    "page_follow": {"zh": "我跟着您", "en": "I am coming with you"},
    "page_light": {"zh": "慢慢走", "en": "Take your time"},
    "page_story": {"zh": "故事", "en": "A story"},
    "page_breathe": {"zh": "呼吸练习", "en": "Breathing"},
    "page_music": {"zh": "音乐", "en": "Music"},
    "page_exercise": {"zh": "运动", "en": "Exercise"},
    "page_help_coming": {"zh": "有人会来帮您", "en": "Help is coming"},
    "page_going_to_you": {"zh": "我马上过来", "en": "I am coming to you"},
    "page_still": {"zh": "我现在不能动", "en": "I can not move now"},
    "page_smoke": {"zh": "烟雾报警", "en": "Smoke alarm"},
    "page_gas": {"zh": "燃气报警", "en": "Gas alarm"},
}

LOG: Texts = {
    "medicine_unconfirmed": {"zh": "没有确认吃药{told}：{evidence}", "en": "Medicine not confirmed{told}: {evidence}"},
    "medicine_unconfirmed_over": {"zh": "后来确认吃药了", "en": "The medicine was confirmed after all"},
    "check_in_unanswered": {"zh": "早上的问候{told}：{evidence}", "en": "The morning question{told}: {evidence}"},
    "check_in_unanswered_over": {"zh": "后来回答了", "en": "The answer came after all"},
}

DOING: Texts = {
    "do_follow": {"zh": "跟着她走", "en": "goes with her"},
    "do_follow_stand": {"zh": "站在她身边", "en": "stands by her"},
    "do_follow_aside": {"zh": "给她让路", "en": "makes room for her"},
    "do_follow_find": {"zh": "在找要跟的人", "en": "looks for whom to go with"},
    "do_follow_seek": {"zh": "看不到她，去她刚才的地方", "en": "has lost sight of her, goes where she was"},
    "do_follow_look": {"zh": "看不到她，四处看看", "en": "has lost sight of her, looks around"},
    "do_follow_outside": {"zh": "在门外等她", "en": "waits outside for her"},
    "do_visit": {"zh": "去她身边", "en": "goes to her"},
    "do_visit_ask": {"zh": "问她：{text}", "en": "asks her: {text}"},
    "do_visit_tell": {"zh": "告诉她：{text}", "en": "tells her: {text}"},
    "do_tell": {"zh": "在讲给她听", "en": "tells her something"},
    "do_exercise": {"zh": "一起做运动", "en": "exercises with her"},
}

WHY: Texts = {
    "why_nobody_to_follow": {"zh": "没有看到要跟的人", "en": "nobody was seen to go with"},
    "why_lost_her": {"zh": "找不到她了", "en": "she was lost from sight"},
    "why_long_in_there": {"zh": "她在里面很久了", "en": "she has been in there for long"},
    "why_asked_to_stop": {"zh": "被叫停", "en": "it was asked to stop"},
    "why_not_answered": {"zh": "没有回答", "en": "there was no answer"},
    "why_cannot_see_arms": {"zh": "看不到她的动作", "en": "her movements could not be seen"},
}

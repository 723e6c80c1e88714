"""The words of the exercises: what to do, and what the robot says while she does it."""

from __future__ import annotations

TEXTS = {
    "exercise_arm_raise": {
        "zh": "我们来抬手臂。请把两只手臂从身边慢慢举过头顶，再放下。",
        "en": "Let us raise our arms. Slowly lift both arms over your head, and lower them again.",
    },
    "exercise_stretch": {
        "zh": "我们来伸展。请把两只手臂向两边打开，和肩一样高，再放下。",
        "en": "Let us stretch. Open both arms to the sides, as high as your shoulders, and lower them again.",
    },
    "exercise_sit_to_stand": {
        "zh": "我们来站起坐下。请扶稳，慢慢站起来，再慢慢坐下。",
        "en": "Let us stand up and sit down. Hold on to something, stand up slowly, and sit down slowly.",
    },
    "coach_higher": {"zh": "手臂再抬高一点点。", "en": "Raise your arms a little higher."},
    "coach_higher_left": {"zh": "左手再抬高一点点。", "en": "Raise your left arm a little higher."},
    "coach_higher_right": {"zh": "右手再抬高一点点。", "en": "Raise your right arm a little higher."},
    "coach_lower": {"zh": "再慢慢放下来。", "en": "Now lower them slowly, all the way."},
    "coach_stand_taller": {"zh": "再站直一点。", "en": "Stand up a little taller."},
    "coach_sit_down": {"zh": "现在慢慢坐下。", "en": "Now sit down slowly."},
    "coach_slower": {"zh": "慢一点，不着急。", "en": "A little slower, there is no hurry."},
    "coach_no_arms": {"zh": "我看不到您的手臂。请面对着我。", "en": "I can not see your arms. Please face me."},
    "coach_no_legs": {
        "zh": "我看不到您的腿。请离我远一点。",
        "en": "I can not see your legs. Please move back a little.",
    },
    "coach_no_one": {"zh": "我看不到您。请站到我面前。", "en": "I can not see you. Please come before me."},
    "coach_good": {"zh": "很好。", "en": "Good."},
    "coach_done": {"zh": "太好了，做完了。一共{count}次。", "en": "Very good, that was it. You did {count}."},
    "coach_rest": {"zh": "好的，休息一下。您做了{count}次。", "en": "All right, have a rest. You did {count}."},
    "coach_unseen": {
        "zh": "我一直看不清您的动作，今天数不了。我们下次再做。",
        "en": "I can not see you well enough to count today. Let us do it another time.",
    },
}

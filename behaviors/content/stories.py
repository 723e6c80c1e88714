"""A few short stories, a line at a time."""

from __future__ import annotations

from collections.abc import Mapping

Line = tuple[str, str]  # Chinese, English

STORIES: Mapping[str, tuple[Line, ...]] = {
    "lamp": (
        ("给您讲一个故事：门口的灯。", "Here is a story: the lamp by the door."),
        (
            "从前有位老木匠，每天傍晚都在门口点一盏灯。",
            "There was once an old carpenter who lit a lamp by his door every evening.",
        ),
        ("邻居问他：您在等谁呀？", "A neighbour asked him: whom are you waiting for?"),
        (
            "他说：不等谁，路上黑，总有人要走过。",
            "Nobody, he said. But the lane is dark, and somebody always comes by.",
        ),
        (
            "有一年冬天，他病了，灯没有点。",
            "One winter he fell ill, and the lamp stayed dark.",
        ),
        ("那天晚上，整条巷子的人家都点起了灯。", "That night every house in the lane put a lamp by its door."),
        ("一盏一盏，一直亮到他的窗前。", "One after another they shone, all the way to his window."),
        ("他笑了，说：原来大家都看见了。", "He smiled and said: so you did see it, all of you."),
    ),
    "kettle": (
        ("给您讲一个故事：会唱歌的水壶。", "Here is a story: the kettle that sang."),
        ("奶奶有一把旧水壶，水一开就唱歌。", "Grandmother had an old kettle that sang when the water boiled."),
        ("孙女说：奶奶，换一把新的吧，新的不吵。", "Get a new one, said her granddaughter. The new ones are quiet."),
        ("奶奶摇摇头，给她倒了一杯茶。", "Grandmother shook her head and poured her a cup of tea."),
        (
            "她说：你爷爷一听到它唱，就从院子里回来了。",
            "When it sang, she said, your grandfather came in from the garden.",
        ),
        ("孙女没有再说话。", "The girl said no more."),
        (
            "第二天，她送来一块布，把水壶擦得亮亮的。",
            "The next day she came with a cloth and polished the kettle bright.",
        ),
        ("水开了，两个人一起听它唱完。", "The water boiled, and the two of them listened until the song was over."),
    ),
    "pear": (
        ("给您讲一个故事：梨树和风。", "Here is a story: the pear tree and the wind."),
        ("院子里有一棵梨树，最怕刮风。", "In a yard stood a pear tree that feared the wind."),
        ("风说：我不是来欺负你的，我是来送信的。", "I do not come to harm you, said the wind. I bring the post."),
        ("梨树问：谁会给我写信呢？", "Who would write to me? asked the tree."),
        ("风把山里的花粉，带到了它的花上。", "The wind laid pollen from beyond the hills upon its blossoms."),
        ("到了秋天，梨树第一次结满了果。", "That autumn the tree bore fruit as never before."),
        ("它弯下枝条，把最甜的一个送给了风。", "It bent a branch and gave the sweetest pear to the wind."),
        ("风笑着说：这就是回信啦。", "And the wind laughed: now that is an answer."),
    ),
}


def code(story: str, line: int) -> str:
    return f"story_{story}_{line}"


TEXTS = {code(name, k): {"zh": zh, "en": en} for name, lines in STORIES.items() for k, (zh, en) in enumerate(lines)}

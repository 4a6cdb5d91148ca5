"""Which instructions and instances are dropped, by which rule; and which are not."""

# ruff: noqa: RUF001 - texts in many scripts

from __future__ import annotations

from typing import Any

import pytest
from pydantic import TypeAdapter

from selfinstruct_chains.config import Filter
from selfinstruct_chains.files.languages import load_language
from selfinstruct_chains.files.seeds import read_seeds
from selfinstruct_chains.files.shipped import SEEDS
from selfinstruct_chains.method.filters import drop_instruction, keep_instances, scripts
from selfinstruct_chains.method.lexicon import lexicon
from selfinstruct_chains.tasks import Instance

ENGLISH = lexicon([load_language("en")])
SEED_TASKS = read_seeds(SEEDS)
LATIN = frozenset({"LATIN"})


def rule_of(text: str, using: tuple[Filter, ...], known: frozenset[str]) -> str | None:
    """The rule that drops an instruction where the chain's language is English."""
    return drop_instruction(text, using, known, ENGLISH)


def filters(*settings: dict[str, Any] | str) -> tuple[Filter, ...]:
    """Filters as a chain file gives them; a string is a kind without settings."""
    values = [{"kind": each} if isinstance(each, str) else each for each in settings]
    return TypeAdapter(tuple[Filter, ...]).validate_python(values)


ALL = filters("length", "keywords", "opening", "empty", "echo", "colon", "refusal", "duplicate", "conflict")


def kept(pairs: list[tuple[str, str]], using: tuple[Filter, ...] = ALL, **options: Any) -> tuple[list[int], list[str]]:
    """The positions of the instances that stay, and the rules of the others in order."""
    instances = [Instance(input=given, output=made) for given, made in pairs]
    options = {"is_classification": False, "max_instances": 10, "lexicon": ENGLISH} | options
    stay, dropped = keep_instances(instances, using, **options)
    assert len(stay) + len(dropped) == len(instances)
    return [index for index, each in enumerate(instances) if any(each is one for one in stay)], [
        d.rule for d in dropped
    ]


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("", "too_short"),
        ("Name three rivers", "too_short"),
        ("Name three long rivers", None),
        ("word " * 150, None),
        ("word " * 151, "too_long"),
        ("写一首关于春天的诗", None),
        ("写诗", "too_short"),
        ("字" * 302, "too_long"),
        ("เขียนบทกวีเกี่ยวกับฤดูใบไม้ผลิ", None),
    ],
)
def test_length(text: str, rule: str | None) -> None:
    """Words are separated by spaces; in scripts without spaces two characters make one."""
    assert rule_of(text, filters("length"), frozenset()) == rule


def test_length_limits_are_inclusive() -> None:
    """Both limits are lengths that may stay."""
    limits = filters({"kind": "length", "min_words": 2, "max_words": 3})
    found = [rule_of("w " * count, limits, LATIN) for count in (1, 2, 3, 4)]
    assert found == ["too_short", None, None, "too_long"]


@pytest.mark.parametrize(
    "text",
    [
        "Explain how map and filter differ in Python.",
        "Explain how map and filter differ.",
        "What is a knowledge graph good for?",
        "Create a knowledge graph of the family in this text.",
        "Describe the log file format of a web server.",
        "Draw a conclusion from these facts.",
        "Draw a comparison between cats and dogs.",
        "What is the chance to draw a red card from a full deck?",
        "Summarize the plot of a novel you like.",
        "Invent a plot for a crime story set on a boat.",
        "Describe the image of success in advertising.",
        "Rewrite this paragraph in plain words.",
        "Explain photosynthesis to a ten-year-old.",
        "Explain how to draw a cat step by step.",
        "How do you open a file in Excel?",
        "Write Python code to plot the data in a list.",
        "Draw a cat as ASCII art.",
        "Make a flowchart of the process in Mermaid.",
        "Write a caption for a photo of a sunset.",
        "Write an email asking a colleague to open the attached report.",
        "Write a story in which two friends go to the website of a bank.",
        "Find a path in the graph with nodes A, B, C and edges AB, BC.",
        "Is the following graph with edges AB, BC and CA bipartite?",
        "Suggest a title for a video about bread.",
        "Create a video script about saving water.",
        "Design a map-based board game.",
        "Make a mind map of the causes of the French Revolution in words.",
        "Explain attachment theory in three sentences.",
        "What is the time complexity of a binary search?",
        "Name the parts of the URL https://example.com/a?b=1.",
        "Write the lyrics of a song about autumn.",
        "Which instruments play in a string quartet?",
        "Describe a picture that hangs in your grandmother's kitchen.",
        "Tell me about the music of the Baroque.",
        "Explain what a heat map is used for.",
        "Compare bar charts with pie charts.",
        "Recommend three movies to watch with children.",
        "How can I set boundaries with my boss?",
    ],
)
def test_keywords_pass_what_is_text_alone(text: str) -> None:
    """Words that the paper's list drops pass where a text model can do what is asked."""
    assert rule_of(text, filters("keywords"), LATIN) is None


@pytest.mark.parametrize(
    "text",
    [
        "Draw a picture of a cat.",
        "Please draw me a house with a garden.",
        "Describe this image.",
        "Describe the image in detail.",
        "What is the man in the picture doing?",
        "Caption the following photo.",
        "Look at the photograph and count the birds.",
        "Edit the photo so that the sky is blue.",
        "Plot the data.",
        "Plot a graph of the sales per month.",
        "Make a bar chart of the monthly sales.",
        "Use the numbers to draw a chart.",
        "Create an infographic about sleep.",
        "Generate an image of a dragon.",
        "A picture of a dragon with a hat.",
        "Paint a portrait of your mother.",
        "As shown in the graph, when did prices rise?",
        "Which road, as shown in the map, is the shortest?",
        "Say what is displayed in the chart.",
        "Based on the diagram, name the parts of the cell.",
        "Use the map below to find the capital.",
        "Open the attached file and list its headings.",
        "Summarize the attached document.",
        "Download the file from the server.",
        "Print this document in color.",
        "Play a song by the Beatles.",
        "Listen to the recording and write down what you hear.",
        "Sing me a song.",
        "Transcribe this audio.",
        "Watch the video and list its main points.",
        "Go to the website of the city and find the opening hours.",
        "Visit https://example.com and summarize it.",
        "Summarize the article at https://example.com/news/1.",
        "Search the web for cheap flights.",
        "Click on the link and fill in the form.",
        "Follow this link: what does it say?",
        "Take a photo of your lunch.",
        "Set an alarm for seven.",
        "Turn off the lights in the kitchen.",
        "What is the current weather in Paris?",
        "Read the text, then draw a map of the island.",
    ],
)
def test_keywords_drop_what_a_text_model_cannot_do(text: str) -> None:
    """Orders to see, draw, hear, open or fetch something go."""
    assert rule_of(text, filters("keywords"), LATIN) == "keyword"


@pytest.mark.parametrize(
    ("words", "text", "rule"),
    [
        (["crypto"], "Explain CRYPTO to my aunt.", "keyword"),
        (["crypto"], "Explain cryptography to my aunt.", None),
        (["art"], "Explain the start of spring.", None),
        (["c++"], "Write a loop in C++ please.", "keyword"),
        (["a.b"], "Explain what axb means here.", None),
        (["stock market"], "How does the stock market work?", "keyword"),
        (["Überraschung"], "Plane eine überraschung für Oma.", "keyword"),
    ],
)
def test_own_keywords(words: list[str], text: str, rule: str | None) -> None:
    """A chain file's words count as whole words or phrases, in any case of letters, and never as patterns."""
    assert rule_of(text, filters({"kind": "keywords", "words": words}), LATIN) == rule


def test_built_in_keywords_can_be_switched_off() -> None:
    """With `builtin: false` the chain file's words alone count."""
    own = filters({"kind": "keywords", "words": ["crypto"], "builtin": False})
    assert rule_of("Draw a picture of a cat.", own, LATIN) is None
    assert rule_of("Explain crypto to my aunt.", own, LATIN) == "keyword"


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("- Write a poem about rain.", "punctuation"),
        ("...and then they left", "punctuation"),
        ("$5 is how much in euros?", "punctuation"),
        ("😀 what does this mean?", "punctuation"),
        ("¿Cuál es la capital de Perú?", None),
        ("« a » ou « à » ? Indique ce qui manque.", None),
        ("\u201eDas\u201c oder \u201edass\u201c: Was fehlt im Satz?", None),
        ("\u201cImply\u201d or \u201cinfer\u201d: which is right here?", None),
        ("\u201cWrite a poem about rain.\u201d", "punctuation"),
        ("« Bonjour", "punctuation"),
        ("3 reasons to learn Latin", None),
        ("Überprüfe diesen Satz.", None),
        ("A我们需要写一篇文章", "script"),
        ("写一首关于春天的诗", "script"),
        ("Напиши стихотворение о весне", "script"),
        ("Translate 'Привет, как ваши дела сегодня вечером' to English.", None),
        ("Translate into English: 我们明天去北京看望爷爷奶奶吧，好不好，妈妈", None),
        ("1 + 1 = ?", None),
        ("Write a program that sorts numbers.", "write_a_program"),
        ("write a program to go through a list", "write_a_program"),
        ("Write a program in Python that sorts numbers.", None),
        ("Write a program in C that sorts numbers.", None),
        ("Write a program for a choir that sings in d minor", "write_a_program"),
        ("Write a Python program that sorts numbers.", None),
        ("Write a programme for a concert.", None),
    ],
)
def test_opening(text: str, rule: str | None) -> None:
    """What starts with punctuation, is in a script of no seed, or wants a program in no language, goes."""
    assert rule_of(text, filters("opening"), LATIN) == rule


def test_programs_may_pass() -> None:
    """The paper's rule on programs can be switched off."""
    lenient = filters({"kind": "opening", "write_a_program": False})
    assert rule_of("Write a program that sorts numbers.", lenient, LATIN) is None


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (["Write a poem.", "Schreibe ein Gedicht über Ärger."], {"LATIN"}),
        (["Translate 'Привет' to English, please."], {"LATIN"}),
        (["Напиши стихотворение.", "写一首诗", "詩を書いてください", "시를 써 주세요"], {"CYRILLIC", "CJK", "HANGUL"}),
        (["1 + 1", "", "?!"], set()),
    ],
)
def test_scripts(texts: list[str], expected: set[str]) -> None:
    """A text's script is that of most of its letters; Han and Kana are one."""
    assert scripts(texts) == expected


def test_own_script_passes() -> None:
    """What is written in a seed's script passes, and with no seed's script known everything does."""
    russian = "Напиши стихотворение о весне."
    assert rule_of(russian, filters("opening"), scripts(["Переведи этот текст."])) is None
    assert rule_of(russian, filters("opening"), frozenset()) is None


def test_first_rule_wins() -> None:
    """Filters apply in the chain file's order."""
    assert rule_of("- Draw", filters("opening", "length"), LATIN) == "punctuation"
    assert rule_of("- Draw", filters("length", "opening"), LATIN) == "too_short"


def test_refusing_instructions_go() -> None:
    """A refusal in place of a list of tasks doesn't become a task."""
    assert rule_of("I'm sorry, but I can't assist with that.", ALL, LATIN) == "refusal"


def test_without_filters_everything_stays() -> None:
    """Rules whose filter is not in the chain file don't apply."""
    assert rule_of("- 图", (), LATIN) is None
    assert kept([("", ""), ("a", "a")], ()) == ([0, 1], [])


@pytest.mark.parametrize("task", SEED_TASKS, ids=lambda task: task.id)
def test_every_seed_passes(task: Any) -> None:
    """No shipped seed, and none of its instances, breaks a rule."""
    assert rule_of(task.instruction, ALL, LATIN) is None
    stay, dropped = keep_instances(
        task.instances, ALL, is_classification=task.is_classification, max_instances=9, instruction=task.instruction
    )
    assert (stay, dropped) == (list(task.instances), [])


@pytest.mark.parametrize(
    ("given", "made", "rule"),
    [
        ("2 and 3", "5", None),
        ("2 and 3", "", "empty"),
        ("2 and 3", " \n", "empty"),
        ("", "A poem.", None),
        ("The sun is hot.", "The sun is hot.", "echo"),
        ("The  sun\nis hot.", "The sun is hot.", "echo"),
        ("The sun is very hot in summer and in spring.", "The sun is very hot in summer and in sprin", "echo"),
        ("The sun is hot.", "The moon is cold.", None),
        ("yes", "YES", None),
        ("Paris", "Here is the list:", "colon"),
        ("Paris", "Here is the list:\n- one", None),
        ("Paris", "这是清单\uff1a", "colon"),
        ("Which sign ends this?", ":", None),
        ("Smile", "Good night :", None),
        ("Start a loop", "for x in range(3):", None),
        ("Start a function", "def f(x):", None),
        ("a", "I'm sorry, but I cannot assist with that request.", "refusal"),
        ("a", "I’m sorry, I can’t help with that.", "refusal"),
        ("a", "As an AI language model, I do not have opinions.", "refusal"),
        ("a", "I am unable to view images.", "refusal"),
        ("a", '"I cannot assist with that."', "refusal"),
        ("a", "Unfortunately, I cannot provide the answer.", "refusal"),
        ("a", "No input was provided.", "refusal"),
        ("a", "Please provide the text you would like me to translate.", "refusal"),
        ("a", "I don't have access to the file.", "refusal"),
        ("a", "I'm sorry to hear that your order was late.", None),
        ("a", "I am unable to attend on Friday.", None),
        ("a", "I can't believe it! We won.", None),
        ("a", "I cannot recommend Tom highly enough.", None),
        ("a", "As an artist, I paint.", None),
        ("a", "Please provide feedback by Monday.", None),
        ("a", "[Your answer here]", "placeholder"),
        ("a", "Output", "placeholder"),
        ("input.json", "b", "placeholder"),
        ("a", "...", "placeholder"),
        ("[insert text here]", "b", "placeholder"),
        ("a", "Dear [name],\n\nthank you.", None),
        ("a", "See https://example.com/a at 12:30", None),
    ],
)
def test_instance_rules(given: str, made: str, rule: str | None) -> None:
    """Each rule drops what it names, and spares what only looks like it."""
    assert kept([(given, made)]) == (([0], []) if rule is None else ([], [rule]))


def test_corrections_are_no_echoes() -> None:
    """Where the task is to correct a text, a near copy is the answer; an exact one is still an echo."""
    given, made = "She go to school by bus every day of the week.", "She goes to school by bus every day of the week."
    assert kept([(given, made)], instruction="Correct the grammar.") == ([0], [])
    assert kept([(given, made)], instruction="Continue the story.") == ([], ["echo"])
    assert kept([(given, given)], instruction="Correct the grammar.") == ([], ["echo"])


def test_echo_threshold_is_a_setting() -> None:
    """The chain file says from which similarity on an output repeats its input."""
    pairs = [("abcdefghij", "abcdefghxy")]
    assert kept(pairs, filters({"kind": "echo", "similarity": 0.8})) == ([], ["echo"])
    assert kept(pairs, filters({"kind": "echo", "similarity": 0.81})) == ([0], [])


def test_own_refusals() -> None:
    """A chain file's phrases count at the start of an output, in any case of letters."""
    own = filters({"kind": "refusal", "phrases": ["Es tut mir leid"]})
    assert kept([("a", "es tut mir LEID, das geht nicht."), ("b", "Sag: es tut mir leid.")], own) == ([1], ["refusal"])


def test_classification_needs_an_input() -> None:
    """A label without an input is empty; an answer without an input is not."""
    assert kept([("", "Positive")], is_classification=True) == ([], ["empty"])
    assert kept([("", "Positive")]) == ([0], [])


def test_an_instruction_with_its_material_needs_no_input() -> None:
    """A label without an input stays where the instruction has options or a quoted text in it."""
    instances = [Instance(output="(e)")]
    instruction = "Which of these is no input type? (a) number (e) all of these"
    kept, dropped = keep_instances(instances, ALL, is_classification=True, max_instances=5, instruction=instruction)
    assert (kept, dropped) == (instances, [])


def test_duplicates_keep_the_first() -> None:
    """Instances that differ in white space alone are one, the first."""
    assert kept([("a", "b"), ("c", "d"), ("a ", "b\n"), ("a", "B")], filters("duplicate")) == ([0, 1, 3], ["duplicate"])


def test_labels_are_the_same_however_written() -> None:
    """For classification "Positive" and "positive." are one label, neither a second instance nor a conflict."""
    pairs = [("a", "Positive"), ("a", "positive."), ("b", "Negative")]
    assert kept(pairs, is_classification=True) == ([0, 2], ["duplicate"])


def test_conflicts_take_only_their_own() -> None:
    """Of one input with different outputs nothing stays; instances with other inputs do."""
    pairs = [("x", "1"), ("capital of France?", "Paris"), ("y", "2"), ("capital  of France?", "Lyon"), ("z", "3")]
    assert kept(pairs) == ([0, 2, 4], ["conflict", "conflict"])


def test_without_input_the_first_stays() -> None:
    """Several answers without an input: the first stays, the others can't be told from contradictions."""
    assert kept([("", "A poem."), ("", "Another poem.")]) == ([0], ["conflict"])


def test_inputs_for_all_or_none() -> None:
    """Where the first instance or most have an input, those without lack theirs; where not, they are whole."""
    assert kept([("x", "y"), ("", "A poem."), ("z", "w")]) == ([0, 2], ["empty"])
    assert kept([("x", ""), ("", "A poem.")]) == ([1], ["empty"])
    assert kept([("", "A poem."), ("x", "y"), ("z", "w")]) == ([1, 2], ["empty"])
    assert kept([("", "A poem."), ("x", "y")]) == ([0, 1], [])


def test_dropped_instances_conflict_with_none() -> None:
    """An instance that another rule dropped doesn't take a good one with it."""
    assert kept([("capital?", "Paris"), ("capital?", ""), ("capital?", "I cannot provide that.")])[0] == [0]


def test_first_instances_stay() -> None:
    """Beyond `max_instances` the last ones go, counted after all other rules."""
    pairs = [("a", ""), ("b", "1"), ("c", "2"), ("d", "3"), ("e", "4")]
    assert kept(pairs, max_instances=2) == ([1, 2], ["empty", "max_instances", "max_instances"])


def test_order_is_kept() -> None:
    """What stays and what goes keeps the order of the reply."""
    pairs = [(str(n), str(n) if n % 3 == 0 else f"{n} squared is {n * n}") for n in range(30)]
    stay, rules = kept(pairs, max_instances=30)
    assert stay == [n for n in range(30) if n % 3]
    assert rules == ["echo"] * 10

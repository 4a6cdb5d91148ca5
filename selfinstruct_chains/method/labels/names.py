"""What models call the parts of an instance: the names that stand before a colon, by language."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Literal, NamedTuple, TypeAlias

Kind: TypeAlias = Literal["example", "task", "input", "output", "field"]
"""What a label says of the text behind it; "field" is a name of the model's own."""
Family: TypeAlias = Literal["example", "task", "echo", "input", "material", "output", "class", "answer"]
"""The groups of names. "material" (Sentence, Email) and "answer" (Answer, Category) are labels where no others are."""

LONGEST_NAME = 40  # characters of a name before its colon
_LOOSE: frozenset[Family] = frozenset({"echo", "material", "answer"})
_KINDS: dict[Family, Kind] = {"echo": "task", "material": "input", "class": "output", "answer": "output"}


class Label(NamedTuple):
    """What a name stands for."""

    family: Family
    kind: Kind
    is_loose: bool
    """It is common inside texts too."""


_NAMES: dict[str, dict[Family, str]] = {
    "en": {
        "example": "example, instance, sample",
        "task": "task",
        "echo": "instruction, task description, problem statement",
        "input": "input, inputs, input text, input sentence, input data",
        "material": "question, q, text, sentence, sentences, email, e-mail, review, passage, paragraph, article, "
        "document, comment, tweet, post, thread, message, statement, list, code, code snippet, problem, equation, "
        "dialogue, dialog, conversation, query, context, story, headline, description, word, words, phrase, poem, "
        "product, topic, numbers, opinion, claim, book, movie, product review, movie review, customer review, "
        "social media post",
        "output": "output, outputs, output text",
        "class": "class label, class, label, class name",
        "answer": "answer, a, response, result, solution, reply, category, classification, sentiment, type, genre, "
        "prediction, verdict, completion",
    },
    "de": {
        "example": "beispiel",
        "task": "aufgabe",
        "echo": "anweisung, aufgabenstellung",
        "input": "eingabe, eingaben, eingabetext",
        "material": "frage, satz, absatz, nachricht, bewertung, rezension, artikel, liste, "
        "kommentar, aussage, dokument",
        "output": "ausgabe, ausgaben, ausgabetext, erwartete ausgabe",
        "class": "klasse, klassenlabel, klassenbezeichnung, etikett",
        "answer": "antwort, ergebnis, lösung, kategorie, klassifikation, klassifizierung, stimmung",
    },
    "fr": {
        "example": "exemple",
        "task": "tâche",
        "echo": "consigne, énoncé",
        "input": "entrée, entrées, texte d'entrée",
        "material": "phrase, texte, paragraphe, courriel, avis, liste, commentaire, document, critique",
        "output": "sortie, sorties, sortie attendue",
        "class": "classe, étiquette, étiquette de classe, libellé",
        "answer": "réponse, résultat, catégorie, classification",
    },
    "es": {
        "example": "ejemplo",
        "task": "tarea",
        "echo": "instrucción",
        "input": "entrada, entradas, texto de entrada",
        "material": "pregunta, texto, oración, frase, párrafo, correo, correo electrónico, reseña, artículo, lista, "
        "comentario, mensaje",
        "output": "salida, salidas, salida esperada",
        "class": "clase, etiqueta, etiqueta de clase",
        "answer": "respuesta, resultado, solución, categoría, clasificación, sentimiento",
    },
    "pt": {
        "example": "exemplo",
        "task": "tarefa",
        "echo": "instrução, enunciado",
        "input": "entrada, entradas, texto de entrada",
        "material": "pergunta, texto, frase, sentença, parágrafo, e-mail, avaliação, resenha, artigo, lista, "
        "comentário, mensagem",
        "output": "saída, saídas, saída esperada",
        "class": "classe, rótulo, rótulo de classe, rótulo da classe, etiqueta",
        "answer": "resposta, resultado, solução, categoria, classificação, sentimento",
    },
    "ru": {
        "example": "пример",
        "task": "задача, задание",
        "echo": "инструкция",
        "input": "ввод, вход, входные данные, входной текст",
        "material": "вопрос, текст, предложение, письмо, отзыв, абзац, статья, комментарий, сообщение, список",
        "output": "вывод, выход, выходные данные, ожидаемый вывод",
        "class": "метка, класс, метка класса",
        "answer": "ответ, результат, решение, категория, классификация, тональность",
    },
    "zh": {
        "example": "示例, 例子, 例, 样例, 实例, 範例, 示範",
        "task": "任务, 任務",
        "echo": "指令, 说明, 題目, 题目",
        "input": "输入, 輸入, 输入文本, 输入内容",
        "material": "问题, 問題, 问, 文本, 句子, 段落, 邮件, 郵件, 评论, 評論, 文章, 列表, 题干, 对话",
        "output": "输出, 輸出, 预期输出, 输出结果",
        "class": "类别标签, 類別標籤, 类标签, 标签, 標籤, 类别, 類別, 分类标签",
        "answer": "答案, 回答, 答, 结果, 結果, 分类, 分類, 情感",
    },
    "ja": {
        "example": "例, 例題, 事例, サンプル",
        "task": "タスク, 課題",
        "echo": "指示, 命令",
        "input": "入力, 入力文, インプット",
        "material": "質問, 問い, 文, 文章, テキスト, 段落, メール, レビュー, 記事, リスト, コメント",
        "output": "出力, 出力文, アウトプット, 期待される出力",
        "class": "クラスラベル, ラベル, クラス, 分類ラベル",
        "answer": "回答, 答え, 解答, 結果, カテゴリ, カテゴリー, 分類",
    },
    "ar": {
        "example": "مثال, المثال",
        "task": "المهمة, مهمة",
        "echo": "التعليمات, التعليمة",
        "input": "المدخل, المدخلات, الإدخال, مدخل, إدخال",
        "material": "السؤال, سؤال, النص, نص, الجملة, جملة, الفقرة, الرسالة, المراجعة, المقال, التعليق, القائمة",
        "output": "المخرج, المخرجات, الإخراج, مخرج, إخراج, الناتج",
        "class": "تسمية الفئة, التسمية, الفئة, الصنف, فئة, تصنيف الفئة",
        "answer": "الإجابة, الجواب, إجابة, جواب, النتيجة, الحل, التصنيف",
    },
    "hi": {
        "example": "उदाहरण",
        "task": "कार्य",
        "echo": "निर्देश",
        "input": "इनपुट",
        "material": "प्रश्न, सवाल, पाठ, वाक्य, अनुच्छेद, ईमेल, समीक्षा, लेख, सूची, टिप्पणी, संदेश",
        "output": "आउटपुट, अपेक्षित आउटपुट",
        "class": "वर्ग लेबल, लेबल, वर्ग, क्लास लेबल",
        "answer": "उत्तर, जवाब, परिणाम, हल, श्रेणी, वर्गीकरण",
    },
}

_NOTHINGS = """
n/a, none, no input, no input needed, no input required, noinput, empty, not applicable, -
keine, keine eingabe, aucune, aucune entrée, ninguna, ninguno, sin entrada, nenhuma, nenhum, sem entrada
не требуется, нет ввода, 无, 無, 无输入, なし, 入力なし, لا يوجد, कोई नहीं
"""
NOTHING = frozenset(name.strip() for line in _NOTHINGS.split("\n") for name in line.split(",") if name.strip())
"""What models write where there is no input, in lower case and without brackets."""

# A name earlier in the table wins: "classe" is French and Portuguese, and means the same.
_LABELS: dict[str, Label] = {
    unicodedata.normalize("NFKC", name).casefold(): Label(family, _KINDS.get(family, family), family in _LOOSE)  # type: ignore[arg-type]
    for families in reversed(_NAMES.values())
    for family, names in families.items()
    for name in names.split(", ")
}
_ADJECTIVES = re.compile(
    "(?:expected|correct|sample|example|desired|final|predicted|true|gold|target|model|given|new|user|actual|suggested"
    "|the) (?P<name>.+)"
)
_NUMBER = re.compile(r"\s?(?:[#№]\s?)?(?:\d{1,3}|[一二三四五六七八九十]{1,3})[.)]?\Z")
_OF_EXAMPLE = re.compile(r"(?P<example>\w{1,20}) \d{1,3} (?P<name>\w.*)")
_QUALIFIER = re.compile(r"\s?\(|\s[-\u2013\u2014]\s")


class Name(NamedTuple):
    """A name as it was written before a colon, or alone on its line."""

    text: str
    """Folded: one width, one case, without number and qualifier."""
    is_numbered: bool
    label: Label | None
    """What it stands for; None for a name of the model's own."""


@lru_cache(maxsize=4096)
def read_name(raw: str) -> Name:
    """What a name of at most LONGEST_NAME characters stands for, in any case and width: "INPUT 2", "Input 1 - List"."""
    folded = unicodedata.normalize("NFKC", raw).casefold().replace("_", " ")
    words = " ".join(folded.strip(" \t*`\"'[]<>【】「」").split())
    text = _QUALIFIER.split(words, maxsplit=1)[0]
    match = None if text in _LABELS else _NUMBER.search(text)
    text = text[: match.start()] if match else text
    label = _LABELS.get(text)
    return Name(text, match is not None, label or _qualified(text))


def _qualified(text: str) -> Label | None:
    """What "expected output" and "example 2 input" stand for."""
    match = _OF_EXAMPLE.fullmatch(text)
    if match and (label := _LABELS.get(match["example"])) and label.kind == "example":
        return _LABELS.get(match["name"])
    described = _ADJECTIVES.fullmatch(text)
    return _LABELS.get(described["name"]) if described else None
